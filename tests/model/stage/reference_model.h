// The transformer written down as its formulas, in double, one token at a time: the oracle of
// stages.
#pragma once

#include <cstdint>
#include <vector>

#include "model/checkpoint/checkpoint.h"

namespace jupiter {

// Of every layer: KV heads with their query heads, and columns of the feed-forward block.
struct ReferencePart {
  int kv_head_begin = 0;
  int kv_head_end = 0;
  int column_begin = 0;
  int column_end = 0;
};

// Logits of every token of a text.
std::vector<std::vector<float>> ReferenceLogits(Checkpoint& checkpoint,
                                                const std::vector<std::int32_t>& tokens);
// The same of the decoupled model of `detransformer`: y = x + sum over parts of (a + m), where a is
// the attention of the part's heads and m the feed-forward of its columns on norm(x + a).
std::vector<std::vector<float>> DecoupledReferenceLogits(Checkpoint& checkpoint,
                                                         const std::vector<std::int32_t>& tokens,
                                                         const std::vector<ReferencePart>& parts);

}  // namespace jupiter
