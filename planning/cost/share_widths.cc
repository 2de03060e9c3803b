#include "planning/cost/share_widths.h"

namespace jupiter {

ShareWidths WholeWidths(const ModelConfig& config) {
  return {config.q_width(), config.kv_width(), config.ffn};
}

ShareWidths WidthsOf(const ModelConfig& config, std::int64_t kv_heads, std::int64_t columns) {
  const std::int64_t keys = kv_heads * config.head_dim;
  return {keys * (config.heads / config.kv_heads), keys, columns};
}

ShareWidths WidthsOf(const ModelConfig& config, const Shares& shares, int rank) {
  const auto index = static_cast<std::size_t>(rank);
  return WidthsOf(config, shares.heads.empty() ? config.kv_heads : shares.heads[index],
                  shares.columns.empty() ? config.ffn : shares.columns[index]);
}

}  // namespace jupiter
