// Names and shapes of draft heads in the layout of the public Medusa checkpoints (Cai et al., ICML
// 2024, arXiv 2401.10774; names as in FasterDecoding/Medusa). Head K, counted from 0, drafts the
// token K + 2 places after the position it looks at.
//
//   K.J.linear.weight [hidden, hidden], K.J.linear.bias [hidden]   residual block J
//   K.B.weight        [vocab, hidden]   the output matrix, after B blocks
//
// Heads without output matrices use the model's own, as in Medusa's first version.
#pragma once

#include <string>
#include <vector>

#include "model/checkpoint/checkpoint.h"

namespace jupiter {

struct MedusaLayout {
  int heads = 0;
  int blocks = 1;  // of each head
  bool own_output = false;
  bool operator==(const MedusaLayout&) const = default;
};

inline constexpr int kMostMedusaHeads = 64;
inline constexpr int kMostMedusaBlocks = 64;

std::string MedusaBlockWeight(int head, int block);
std::string MedusaBlockBias(int head, int block);
std::string MedusaOutput(int head, int blocks);

// All tensors of heads for this model (dtype left kF32), head by head.
std::vector<TensorInfo> MedusaTensors(const MedusaLayout& layout, const ModelConfig& config);

// What the names of a file's tensors say. All may have one prefix ("medusa_head."), which ends
// before the first part that is a number. Throws UserError, beginning with `path`, for names that
// belong to no head and for heads that are missing; Checkpoint::Publish finds other missing
// tensors.
struct MedusaNames {
  MedusaLayout layout;
  std::string prefix;
};
MedusaNames ReadMedusaNames(const std::string& path, const std::vector<std::string>& names);

}  // namespace jupiter
