#include "model/loaders/synthetic_shapes.h"

#include <charconv>
#include <string_view>
#include <vector>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"

namespace jupiter {
namespace {

constexpr std::string_view kPrefix = "synthetic:";

struct SyntheticShape {
  std::string_view name;
  Architecture architecture;
  int layers, hidden, heads, kv_heads, head_dim, ffn, vocab, context;
  float rope_base;
  float norm_epsilon;
};

// As published in the config.json of each model; tiny is ours, every width a multiple of 256 except
// that of a head, so that every weight type fits.
constexpr SyntheticShape kShapes[] = {
    {"tiny", Architecture::kLlama, 6, 256, 8, 4, 32, 512, 512, 1024, 1e4f, 1e-5f},
    {"tinyllama-1.1b", Architecture::kLlama, 22, 2048, 32, 4, 64, 5632, 32000, 2048, 1e4f, 1e-5f},
    {"llama2-7b", Architecture::kLlama, 32, 4096, 32, 32, 128, 11008, 32000, 4096, 1e4f, 1e-5f},
    {"llama2-13b", Architecture::kLlama, 40, 5120, 40, 40, 128, 13824, 32000, 4096, 1e4f, 1e-5f},
    {"llama2-70b", Architecture::kLlama, 80, 8192, 64, 8, 128, 28672, 32000, 4096, 1e4f, 1e-5f},
    {"llama3-8b", Architecture::kLlama, 32, 4096, 32, 8, 128, 14336, 128256, 8192, 5e5f, 1e-5f},
    {"qwen2-1.5b", Architecture::kQwen2, 28, 1536, 12, 2, 128, 8960, 151936, 131072, 1e6f, 1e-6f},
};

const SyntheticShape& FindShape(const std::string& name, std::string_view shape_name) {
  std::string choices;
  for (const SyntheticShape& shape : kShapes) {
    if (shape.name == shape_name) return shape;
    choices += fmt::format("{}{}", choices.empty() ? "" : ", ", shape.name);
  }
  FailUser("{}: unknown synthetic shape {}, expected one of {}", Quote(name), Quote(shape_name),
           choices);
}

ModelConfig MakeConfig(const SyntheticShape& shape) {
  ModelConfig config;
  config.name = fmt::format("synthetic {}", shape.name);
  config.architecture = shape.architecture;
  config.layers = shape.layers;
  config.hidden = shape.hidden;
  config.heads = shape.heads;
  config.kv_heads = shape.kv_heads;
  config.head_dim = shape.head_dim;
  config.ffn = shape.ffn;
  config.vocab = shape.vocab;
  config.context = shape.context;
  config.rope_base = shape.rope_base;
  config.rope_style = RopeStyle::kHalf;
  config.norm_epsilon = shape.norm_epsilon;
  config.tied_head = config.qkv_bias = shape.architecture == Architecture::kQwen2;
  return config;
}

std::uint64_t ParseSeed(const std::string& name, std::string_view digits) {
  std::uint64_t seed = 0;
  const char* const end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, seed);
  if (digits.empty() || result.ec != std::errc() || result.ptr != end) {
    FailUser("{}: the seed {} is not a whole number from 0 to 2^64 - 1", Quote(name),
             Quote(digits));
  }
  return seed;
}

DType ParseMatrixType(const std::string& name, std::string_view text) {
  const std::optional<DType> dtype = ParseDType(text);
  if (!dtype.has_value() || *dtype == DType::kAct8) {
    FailUser(
        "{}: unknown weight type {}, expected f32, f16, bf16, q8_0, q4_0, q4_K, q6_K or seed=N",
        Quote(name), Quote(text));
  }
  return *dtype;
}

}  // namespace

std::vector<std::string_view> SplitAtColons(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':')) {
    parts.push_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  parts.push_back(text);
  return parts;
}

SyntheticWeights ParseSyntheticWeights(const std::string& name,
                                       std::span<const std::string_view> parts, DType default_type,
                                       std::string_view form) {
  constexpr std::string_view kSeed = "seed=";
  SyntheticWeights weights{default_type, 0};
  std::size_t next = 0;
  if (next < parts.size() && parts[next].substr(0, kSeed.size()) != kSeed) {
    weights.dtype = ParseMatrixType(name, parts[next++]);
  }
  if (next < parts.size() && parts[next].substr(0, kSeed.size()) == kSeed) {
    weights.seed = ParseSeed(name, parts[next++].substr(kSeed.size()));
  }
  if (next == parts.size()) return weights;
  FailUser("{}: {} is too much, expected {}", Quote(name), Quote(parts[next]), form);
}

SyntheticName ParseSyntheticName(const std::string& name) {
  constexpr std::string_view kForm = "synthetic:<shape>[:<type>][:seed=<n>]";
  if (name.compare(0, kPrefix.size(), kPrefix) != 0) {
    FailUser("{}: expected {}", Quote(name), kForm);
  }
  const auto parts = SplitAtColons(std::string_view(name).substr(kPrefix.size()));
  const SyntheticShape& shape = FindShape(name, parts[0]);
  const DType default_type = shape.name == "tiny" ? DType::kF32 : DType::kF16;
  return {MakeConfig(shape),
          ParseSyntheticWeights(name, std::span(parts).subspan(1), default_type, kForm)};
}

}  // namespace jupiter
