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
#include "model/checkpoint/checkpoint.h"
#include "model/stage/stage.h"
#include "parallel/decoding/drafter.h"

namespace jupiter {

struct ModelDrafterOptions {
  std::optional<DType> quantise;
  DType kv = DType::kF32;
  int length = 4;     // drafted tokens
  int positions = 1;  // of one sequence at most, drafts included
  int requests = 1;   // at once, each with positions of its own
};

// The small model, see OpenCheckpoint. Throws UserError when it is the target itself, or has
// another vocabulary.
std::unique_ptr<Checkpoint> OpenDraftModel(const std::string& path, Checkpoint& target);

// Bytes of the drafter, known before anything is allocated.
StageMemory PlanModelDrafterMemory(const Device& device, Checkpoint& checkpoint,
                                   const ModelDrafterOptions& options);

std::unique_ptr<Drafter> MakeModelDrafter(Device& device, std::unique_ptr<Checkpoint> checkpoint,
                                          const ModelDrafterOptions& options);

}  // namespace jupiter
