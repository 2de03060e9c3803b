#include "model/loaders/hf_model.h"

#include <utility>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/config_limits.h"
#include "model/checkpoint/json_object.h"
#include "model/loaders/rope_scaling.h"

namespace jupiter {
namespace {

Architecture ReadHfArchitecture(const JsonObject& config) {
  const nlohmann::json& names = config.Value("architectures");
  if (!names.is_array() || names.size() != 1 || !names[0].is_string()) {
    FailUser("{} is not a list of one name", config.Place("architectures"));
  }
  const auto& name = names[0].get_ref<const std::string&>();
  if (name == "LlamaForCausalLM") return Architecture::kLlama;
  if (name == "MistralForCausalLM") return Architecture::kMistral;
  if (name == "Qwen2ForCausalLM") return Architecture::kQwen2;
  FailUser(
      "{}: architecture {} is not supported, expected LlamaForCausalLM, MistralForCausalLM or "
      "Qwen2ForCausalLM",
      config.Place("architectures"), Quote(name));
}

void RefuseHfVariants(const JsonObject& config) {
  const std::string activation = config.TextOr("hidden_act", "silu");
  if (activation != "silu" && activation != "swish") {
    FailUser("{}: activation {} is not supported, expected silu", config.Place("hidden_act"),
             Quote(activation));
  }
  for (const char* key : {"attention_bias", "mlp_bias"}) {
    if (config.FlagOr(key, false))
      FailUser("{} is true, which is not supported", config.Place(key));
  }
  if (config.Has("quantization_config")) {
    FailUser("{}: quantised safetensors are not supported; use the original weights, or GGUF",
             config.Place("quantization_config"));
  }
}

void ReadHfWidths(const JsonObject& json, ModelConfig& config) {
  config.layers = json.Count("num_hidden_layers");
  config.hidden = json.Count("hidden_size");
  config.ffn = json.Count("intermediate_size");
  config.heads = json.Count("num_attention_heads");
  config.kv_heads = json.CountOr("num_key_value_heads", config.heads);
  config.vocab = json.Count("vocab_size");
  if (json.Has("head_dim")) {
    config.head_dim = json.Count("head_dim");
  } else if (config.hidden % config.heads == 0) {
    config.head_dim = config.hidden / config.heads;
  } else {
    FailUser("{}: {} heads do not divide the hidden width {}", json.Place("num_attention_heads"),
             config.heads, config.hidden);
  }
}

// Width of the sliding window, 0 without. In transformers a Mistral that does not mention it has
// 4096, one that says null has none, and Qwen2 must switch it on.
int ReadWindow(const JsonObject& json, Architecture architecture) {
  constexpr int kMistralDefault = 4096;
  if (architecture == Architecture::kMistral) {
    if (!json.Mentions("sliding_window")) return kMistralDefault;
  } else if (!json.FlagOr("use_sliding_window", false)) {
    return 0;
  }
  return json.Has("sliding_window") ? json.Count("sliding_window") : 0;
}

// A sequence that fits in the window attends to all of itself. Longer ones are refused.
void ReadHfContext(const JsonObject& json, ModelConfig& config) {
  config.context = json.Count("max_position_embeddings");
  const int window = ReadWindow(json, config.architecture);
  if (window == 0) return;
  if (window >= config.context) return;
  config.context = window;
  config.name += fmt::format(" (context limited to the sliding window of {})", window);
}

void ReadLlama3Scaling(const JsonObject& json, ModelConfig& config) {
  Llama3Scaling scaling;
  scaling.factor = json.Positive("factor");
  scaling.low_frequency_factor = json.Positive("low_freq_factor");
  scaling.high_frequency_factor = json.Positive("high_freq_factor");
  scaling.original_context = json.Count("original_max_position_embeddings");
  if (scaling.high_frequency_factor <= scaling.low_frequency_factor) {
    FailUser("{} is {}, expected more than low_freq_factor {}", json.Place("high_freq_factor"),
             scaling.high_frequency_factor, scaling.low_frequency_factor);
  }
  config.rope_factors = Llama3RopeFactors(config.rope_base, config.head_dim, scaling);
}

void ReadScaling(const JsonObject& json, ModelConfig& config) {
  const char* const key = json.Has("rope_type") ? "rope_type" : "type";
  const std::string type = json.TextOr(key, "default");
  if (type == "llama3") {
    ReadLlama3Scaling(json, config);
  } else if (type == "linear") {
    config.rope_factors.assign(static_cast<std::size_t>(config.head_dim / 2),
                               json.Positive("factor"));
  } else if (type != "default") {
    FailUser("{}: rotary scaling {} is not supported, expected default, linear or llama3",
             json.Place(key), Quote(type));
  }
}

// Older files: rope_theta and rope_scaling; newer ones: both in rope_parameters.
void ReadHfRope(const JsonObject& json, ModelConfig& config) {
  if (json.Has("partial_rotary_factor") && json.Positive("partial_rotary_factor") != 1.0f) {
    FailUser("{}: rotating a part of a head is not supported", json.Place("partial_rotary_factor"));
  }
  config.rope_base = json.PositiveOr("rope_theta", config.rope_base);
  if (json.Has("rope_parameters")) {
    const JsonObject parameters = json.Object("rope_parameters");
    config.rope_base = parameters.PositiveOr("rope_theta", config.rope_base);
    ReadScaling(parameters, config);
  } else if (json.Has("rope_scaling")) {
    ReadScaling(json.Object("rope_scaling"), config);
  }
}

constexpr std::pair<std::string_view, std::string_view> kHfWholeNames[] = {
    {"embed", "model.embed_tokens.weight"},
    {"final_norm", "model.norm.weight"},
    {"head", "lm_head.weight"},
};
constexpr std::pair<std::string_view, std::string_view> kHfLayerNames[] = {
    {"attn_norm", "input_layernorm.weight"}, {"mlp_norm", "post_attention_layernorm.weight"},
    {"wq", "self_attn.q_proj.weight"},       {"wk", "self_attn.k_proj.weight"},
    {"wv", "self_attn.v_proj.weight"},       {"wo", "self_attn.o_proj.weight"},
    {"bq", "self_attn.q_proj.bias"},         {"bk", "self_attn.k_proj.bias"},
    {"bv", "self_attn.v_proj.bias"},         {"w_gate", "mlp.gate_proj.weight"},
    {"w_up", "mlp.up_proj.weight"},          {"w_down", "mlp.down_proj.weight"},
};

}  // namespace

ModelConfig ReadHfConfig(std::string_view text, const std::string& path, std::string name) {
  const nlohmann::json root = ParseJson(text, path);
  const JsonObject json(root, path + ": ");
  ModelConfig config;
  config.name = std::move(name);
  config.architecture = ReadHfArchitecture(json);
  RefuseHfVariants(json);
  ReadHfWidths(json, config);
  ReadHfContext(json, config);
  config.norm_epsilon = json.PositiveOr("rms_norm_eps", 1e-6f);  // the default of transformers
  config.rope_style = RopeStyle::kHalf;
  config.tied_head = json.FlagOr("tie_word_embeddings", false);
  config.qkv_bias = config.architecture == Architecture::kQwen2;
  ValidateConfig(config, path);  // bounds the head width before the rotary factors are made
  ReadHfRope(json, config);
  ValidateConfig(config, path);
  return config;
}

std::string HfTensorName(const std::string& canonical_name) {
  for (const auto& [ours, theirs] : kHfWholeNames) {
    if (canonical_name == ours) return std::string(theirs);
  }
  const std::size_t dot = canonical_name.rfind('.');
  const std::string part = canonical_name.substr(dot + 1);
  for (const auto& [ours, theirs] : kHfLayerNames) {
    if (part == ours) return fmt::format("model.{}.{}", canonical_name.substr(0, dot), theirs);
  }
  JUPITER_FAIL("tensor {}", canonical_name);
}

}  // namespace jupiter
