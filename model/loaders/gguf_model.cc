#include "model/loaders/gguf_model.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/config_limits.h"
#include "model/loaders/gguf_types.h"

namespace jupiter {
namespace {

// Keys of one architecture: "llama.block_count" and so on.
class GgufKeys {
 public:
  GgufKeys(const GgufFile& gguf, std::string prefix) : gguf_(gguf), prefix_(std::move(prefix)) {}

  bool Has(const char* key) const { return gguf_.Has(prefix_ + key); }
  std::string Place(const char* key) const {
    return fmt::format("{}: key '{}{}'", gguf_.file().path(), prefix_, key);
  }
  int Count(const char* key) const { return NarrowCount(Place(key), gguf_.Integer(prefix_ + key)); }
  int CountOr(const char* key, int other) const { return Has(key) ? Count(key) : other; }
  float Positive(const char* key) const {
    return NarrowPositive(Place(key), gguf_.Real(prefix_ + key));
  }
  std::int64_t IntegerOr(const char* key, std::int64_t other) const {
    return Has(key) ? gguf_.Integer(prefix_ + key) : other;
  }
  std::string TextOr(const char* key, std::string other) const {
    return Has(key) ? gguf_.String(prefix_ + key) : other;
  }

 private:
  const GgufFile& gguf_;
  std::string prefix_;
};

Architecture ReadGgufArchitecture(const GgufFile& gguf, const std::string& name) {
  if (name == "llama") return Architecture::kLlama;
  if (name == "qwen2") return Architecture::kQwen2;
  FailUser("{}: architecture {} is not supported, expected llama (Mistral included) or qwen2",
           gguf.file().path(), Quote(name));
}

void RefuseGgufVariants(const GgufFile& gguf, const GgufKeys& keys) {
  const std::string& path = gguf.file().path();
  if (gguf.Has("split.count") && gguf.Integer("split.count") > 1) {
    FailUser("{}: is one of {} parts of a split model; merge them into one file first", path,
             gguf.Integer("split.count"));
  }
  if (keys.IntegerOr("expert_count", 0) > 0) {
    FailUser("{} is {}: mixtures of experts are not supported", keys.Place("expert_count"),
             keys.IntegerOr("expert_count", 0));
  }
}

void ReadGgufWidths(const GgufFile& gguf, const GgufKeys& keys, ModelConfig& config) {
  config.layers = keys.Count("block_count");
  config.hidden = keys.Count("embedding_length");
  config.ffn = keys.Count("feed_forward_length");
  config.heads = keys.Count("attention.head_count");
  config.kv_heads = keys.CountOr("attention.head_count_kv", config.heads);
  if (!keys.Has("attention.key_length") && config.hidden % config.heads != 0) {
    FailUser("{}: {} heads do not divide the embedding length {}", gguf.file().path(), config.heads,
             config.hidden);
  }
  config.head_dim = keys.CountOr("attention.key_length", config.hidden / config.heads);
  for (const char* key : {"attention.value_length", "rope.dimension_count"}) {
    const int width = keys.CountOr(key, config.head_dim);
    if (width != config.head_dim) {
      FailUser("{} is {}, expected the head width {}", keys.Place(key), width, config.head_dim);
    }
  }
}

// The embedding table decides: a vocabulary may be padded.
void ReadVocabularySize(const GgufFile& gguf, const GgufKeys& keys, ModelConfig& config) {
  const GgufTensor* embed = FindGgufTensor(gguf, "token_embd.weight");
  if (embed == nullptr) FailUser("{}: tensor token_embd.weight is missing", gguf.file().path());
  const std::int64_t rows = embed->dimensions.size() < 2 ? 1 : embed->dimensions[1];
  config.vocab =
      NarrowCount(gguf.file().path() + ": the number of rows of token_embd.weight", rows);
  const int declared = keys.CountOr("vocab_size", config.vocab);
  if (declared != config.vocab) {
    FailUser("{} is {}, but token_embd.weight has {} rows", keys.Place("vocab_size"), declared,
             config.vocab);
  }
}

void ReadGgufContext(const GgufKeys& keys, ModelConfig& config) {
  config.context = keys.Count("context_length");
  const std::int64_t window = keys.IntegerOr("attention.sliding_window", 0);
  if (window > 0 && window < config.context) {
    config.context = NarrowCount(keys.Place("attention.sliding_window"), window);
    config.name += fmt::format(" (context limited to the sliding window of {})", window);
  }
}

// rope_freqs.weight: f32 [head_dim / 2], written by converters for llama3 scaling.
std::vector<float> ReadRopeFactors(const GgufFile& gguf, const GgufTensor& tensor, int pairs) {
  const std::string& path = gguf.file().path();
  const std::uint64_t bytes = static_cast<std::uint64_t>(pairs) * sizeof(float);
  if (tensor.type != 0 || tensor.dimensions[0] != pairs || tensor.dimensions.size() != 1) {
    FailUser(
        "{}: tensor rope_freqs.weight has type {} and {} elements in {} dimension(s), expected "
        "type F32 and {} elements",
        path, tensor.type, tensor.dimensions[0], tensor.dimensions.size(), pairs);
  }
  if (bytes > gguf.data().size() - tensor.offset) {
    FailUser("{}: tensor rope_freqs.weight of {} bytes ends outside the file", path, bytes);
  }
  std::vector<float> factors(static_cast<std::size_t>(pairs));
  std::memcpy(factors.data(), gguf.data().data() + tensor.offset, bytes);
  for (const float factor : factors)
    NarrowPositive(path + ": a value of rope_freqs.weight", factor);
  return factors;
}

void ReadGgufRope(const GgufFile& gguf, const GgufKeys& keys, ModelConfig& config) {
  if (keys.Has("rope.freq_base")) config.rope_base = keys.Positive("rope.freq_base");
  if (config.head_dim % 2 != 0) {
    FailUser("{}: the head width {} is odd, rotary positions need pairs", gguf.file().path(),
             config.head_dim);
  }
  const std::string scaling = keys.TextOr("rope.scaling.type", "none");
  const GgufTensor* factors = FindGgufTensor(gguf, "rope_freqs.weight");
  if (scaling == "linear") {
    const float factor = keys.Positive("rope.scaling.factor");
    config.rope_factors.assign(static_cast<std::size_t>(config.head_dim / 2), factor);
  } else if (scaling != "none") {
    FailUser("{} is {}, expected none or linear", keys.Place("rope.scaling.type"), Quote(scaling));
  } else if (factors != nullptr) {
    config.rope_factors = ReadRopeFactors(gguf, *factors, config.head_dim / 2);
  }
}

// For reports: one line, whatever the file says.
std::string ReadName(const GgufFile& gguf) {
  constexpr std::size_t kMostBytes = 100;
  if (!gguf.Has("general.name")) {
    return std::filesystem::path(gguf.file().path()).stem().string();
  }
  std::string name = gguf.String("general.name").substr(0, kMostBytes);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }, '?');
  return name;
}

constexpr std::pair<std::string_view, std::string_view> kGgufWholeNames[] = {
    {"embed", "token_embd.weight"},
    {"final_norm", "output_norm.weight"},
    {"head", "output.weight"},
};
constexpr std::pair<std::string_view, std::string_view> kGgufLayerNames[] = {
    {"attn_norm", "attn_norm.weight"},
    {"mlp_norm", "ffn_norm.weight"},
    {"wq", "attn_q.weight"},
    {"wk", "attn_k.weight"},
    {"wv", "attn_v.weight"},
    {"wo", "attn_output.weight"},
    {"bq", "attn_q.bias"},
    {"bk", "attn_k.bias"},
    {"bv", "attn_v.bias"},
    {"w_gate", "ffn_gate.weight"},
    {"w_up", "ffn_up.weight"},
    {"w_down", "ffn_down.weight"},
};

}  // namespace

const GgufTensor* FindGgufTensor(const GgufFile& gguf, const std::string& name) {
  const auto& tensors = gguf.tensors();
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&name](const GgufTensor& t) { return t.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

ModelConfig ReadGgufConfig(const GgufFile& gguf) {
  const std::string& architecture = gguf.String("general.architecture");
  ModelConfig config;
  config.architecture = ReadGgufArchitecture(gguf, architecture);
  config.name = ReadName(gguf);
  const GgufKeys keys(gguf, architecture + ".");
  RefuseGgufVariants(gguf, keys);
  ReadGgufWidths(gguf, keys, config);
  ReadVocabularySize(gguf, keys, config);
  ReadGgufContext(keys, config);
  ReadGgufRope(gguf, keys, config);
  config.norm_epsilon = keys.Positive("attention.layer_norm_rms_epsilon");
  config.rope_style =
      config.architecture == Architecture::kQwen2 ? RopeStyle::kHalf : RopeStyle::kInterleaved;
  config.tied_head = FindGgufTensor(gguf, "output.weight") == nullptr;
  config.qkv_bias = config.architecture == Architecture::kQwen2 ||
                    FindGgufTensor(gguf, "blk.0.attn_q.bias") != nullptr;
  return config;
}

std::string GgufTensorName(const std::string& canonical_name) {
  for (const auto& [ours, theirs] : kGgufWholeNames) {
    if (canonical_name == ours) return std::string(theirs);
  }
  // "layers.N.<part>"
  const std::size_t dot = canonical_name.rfind('.');
  const std::string part = canonical_name.substr(dot + 1);
  for (const auto& [ours, theirs] : kGgufLayerNames) {
    if (part == ours) return fmt::format("blk.{}.{}", canonical_name.substr(7, dot - 7), theirs);
  }
  JUPITER_FAIL("tensor {}", canonical_name);
}

}  // namespace jupiter
