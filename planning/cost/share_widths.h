// How much of each layer a rank has, where ranks share layers.
#pragma once

#include <cstdint>

#include "model/config/model_shape.h"
#include "planning/plan/shares.h"

namespace jupiter {

// In columns: of q (and of what wo takes), of k and of v each, of the feed-forward block.
struct ShareWidths {
  std::int64_t queries = 0;
  std::int64_t keys = 0;
  std::int64_t columns = 0;
};
ShareWidths WholeWidths(const ModelConfig& config);
// Of so many KV heads, each with the query heads that read it, and columns.
ShareWidths WidthsOf(const ModelConfig& config, std::int64_t kv_heads, std::int64_t columns);
// All of them where the shares have no list.
ShareWidths WidthsOf(const ModelConfig& config, const Shares& shares, int rank);

}  // namespace jupiter
