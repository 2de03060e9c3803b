#include "model/checkpoint/fingerprint.h"

#include <algorithm>
#include <string_view>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"

namespace jupiter {
namespace {

// Every number that decides what the model computes; names and paths may differ between ranks.
std::string ConfigText(const ModelConfig& config) {
  return fmt::format(
      "{} {} {} {} {} {} {} {} {} {} [{}] {} {} {} {}", static_cast<int>(config.architecture),
      config.layers, config.hidden, config.heads, config.kv_heads, config.head_dim, config.ffn,
      config.vocab, config.context, config.rope_base, fmt::join(config.rope_factors, " "),
      static_cast<int>(config.rope_style), config.norm_epsilon, config.tied_head, config.qkv_bias);
}

std::uint64_t HashFirstRow(Checkpoint& checkpoint, const TensorInfo& info, std::uint64_t hash) {
  hash = HashBytes(fmt::format("{} {} {} {}", info.name, Name(info.dtype), info.rows, info.columns),
                   hash);
  const HostTensor row = checkpoint.Read(info.name, {0, 1, 0, info.columns});
  const auto* bytes = reinterpret_cast<const char*>(row.view.data);
  return HashBytes({bytes, static_cast<std::size_t>(RowBytes(info.dtype, info.columns))}, hash);
}

}  // namespace

std::uint64_t FingerprintModel(Checkpoint& checkpoint) {
  constexpr std::size_t kSamples = 16;
  const std::vector<TensorInfo>& tensors = checkpoint.tensors();
  const std::size_t step = std::max<std::size_t>(1, tensors.size() / kSamples);
  std::uint64_t hash = HashBytes(ConfigText(checkpoint.config()));
  for (std::size_t i = 0; i < tensors.size(); i += step) {
    hash = HashFirstRow(checkpoint, tensors[i], hash);
  }
  return HashFirstRow(checkpoint, tensors.back(), hash);
}

std::uint64_t FingerprintWeights(Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config();
  std::uint64_t hash =
      HashBytes(fmt::format("{} {} {}", config.layers, config.hidden, config.vocab));
  for (const char* name : {"embed", "final_norm", "layers.0.w_down"}) {
    hash = HashFirstRow(checkpoint, checkpoint.Info(name), hash);
  }
  return hash;
}

}  // namespace jupiter
