#include "model/config/config.h"

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr int kMostOfAnything = 1 << 24;

void CheckConfigRange(const std::string& source, const char* what, int value, int most) {
  if (value < 1 || value > most) {
    FailUser("{}: {} is {}, expected 1 to {}", source, what, value, most);
  }
}

}  // namespace

void ValidateConfig(const ModelConfig& config, const std::string& source) {
  CheckConfigRange(source, "the number of layers", config.layers, 4096);
  CheckConfigRange(source, "the hidden width", config.hidden, 1 << 20);
  CheckConfigRange(source, "the number of heads", config.heads, 1 << 14);
  CheckConfigRange(source, "the number of KV heads", config.kv_heads, 1 << 14);
  CheckConfigRange(source, "the head width", config.head_dim, 1 << 14);
  CheckConfigRange(source, "the feed-forward width", config.ffn, 1 << 22);
  CheckConfigRange(source, "the vocabulary size", config.vocab, kMostOfAnything);
  CheckConfigRange(source, "the context length", config.context, kMostOfAnything);
  if (config.heads % config.kv_heads != 0) {
    FailUser("{}: {} heads cannot share {} KV heads evenly", source, config.heads, config.kv_heads);
  }
  if (config.head_dim % 2 != 0) {
    FailUser("{}: the head width {} is odd, rotary positions need pairs", source, config.head_dim);
  }
  if (!config.rope_factors.empty() &&
      static_cast<int>(config.rope_factors.size()) != config.head_dim / 2) {
    FailUser("{}: {} rotary frequency factors, expected {}", source, config.rope_factors.size(),
             config.head_dim / 2);
  }
  if (!(config.rope_base > 1.0f) || !(config.norm_epsilon > 0.0f && config.norm_epsilon < 1.0f)) {
    FailUser("{}: rotary base {} or norm epsilon {} is out of range", source, config.rope_base,
             config.norm_epsilon);
  }
}

}  // namespace jupiter
