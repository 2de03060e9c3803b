// Drafts of a small model that runs at the source beside its stage of the large one (speculative
// decoding: Leviathan et al., ICML 2023, arXiv 2211.17192).
//
// A draft is a chain of the small model's greedy tokens. It reads what it has not seen yet, the
// accepted tokens included, before it drafts, so its cost is that of a decoding step per drafted
// token.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kernels/device.h"
#include "model/loaders/checkpoint.h"
#include "parallel/decoding/drafter.h"

namespace jupiter {

struct ModelDrafterOptions {
  std::string path;  // see OpenCheckpoint
  std::optional<DType> quantise;
  DType kv = DType::kF32;
  int length = 4;     // drafted tokens
  int positions = 1;  // of one sequence at most, drafts included
};

// Throws UserError when it is the target itself, or has another vocabulary.
std::unique_ptr<Drafter> MakeModelDrafter(Device& device, Checkpoint& target,
                                          const ModelDrafterOptions& options);

}  // namespace jupiter
