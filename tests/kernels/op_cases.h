// One seeded use of every op, row by row, for tests of bits.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/device.h"

namespace jupiter {

struct OpCase {
  std::string name;
  int rows = 0;
  // Computes the rows `which` of the case's input, in this order; the results lie back to back,
  // equal bytes per row.
  std::function<std::vector<std::byte>(Device& device, const std::vector<int>& which)> run;
};

// Where the KV rows of a case lie; none of it may change a result.
enum class Placement { kInOrder, kReversed, kTwoSegments };

struct AttentionCase {
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  DType kv_dtype = DType::kF32;
  int context = 0;  // row i attends to the first context + i logical positions
  int rows = 0;
};

OpCase MakeAttentionCase(const AttentionCase& attention, Placement placement);

// Five rows of logits whose LogSumExp is near 0, so that its bits show those of the sum.
inline constexpr int kLongLogits = 3000;
std::vector<float> LongLogits();

std::vector<OpCase> AllOpCases();

}  // namespace jupiter
