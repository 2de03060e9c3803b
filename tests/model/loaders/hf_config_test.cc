#include <gtest/gtest.h>

#include "model/loaders/hf_model.h"
#include "model/loaders/rope_scaling.h"
#include "tests/model/loaders/checks.h"

namespace jupiter {
namespace {

nlohmann::json SmallJson(Architecture architecture = Architecture::kLlama) {
  ModelConfig config = SmallConfig();
  config.architecture = architecture;
  return nlohmann::json::parse(ToConfigJson(config));
}

ModelConfig Read(const nlohmann::json& json) {
  return ReadHfConfig(json.dump(), "dir/config.json", "model");
}

void ExpectJsonRefused(const nlohmann::json& json, std::vector<std::string> parts) {
  parts.insert(parts.begin(), "dir/config.json: ");
  ExpectRefusal([&json] { Read(json); }, parts);
}

void ExpectRefusedWith(const char* key, const nlohmann::json& value,
                       const std::vector<std::string>& parts) {
  nlohmann::json json = SmallJson();
  json[key] = value;
  ExpectJsonRefused(json, parts);
}

TEST(HfConfig, NamesArchitectures) {
  EXPECT_EQ(Read(SmallJson(Architecture::kMistral)).architecture, Architecture::kMistral);
  EXPECT_EQ(Read(SmallJson(Architecture::kQwen2)).architecture, Architecture::kQwen2);
  EXPECT_TRUE(Read(SmallJson(Architecture::kQwen2)).qkv_bias);
  ExpectRefusedWith("architectures", {"GPT2LMHeadModel"}, {"'GPT2LMHeadModel'", "expected Llama"});
  ExpectRefusedWith("architectures", {"LlamaForCausalLM", "X"}, {"architectures"});
  ExpectRefusedWith("architectures", nullptr, {"architectures", "missing"});
}

TEST(HfConfig, RefusesOptionsItWouldIgnore) {
  ExpectRefusedWith("hidden_act", "gelu", {"hidden_act", "'gelu'"});
  ExpectRefusedWith("attention_bias", true, {"attention_bias"});
  ExpectRefusedWith("mlp_bias", true, {"mlp_bias"});
  ExpectRefusedWith("quantization_config", {{"bits", 4}}, {"quantization_config"});
  ExpectRefusedWith("partial_rotary_factor", 0.5, {"partial_rotary_factor"});
}

TEST(HfConfig, ChecksEveryNumber) {
  for (const char* key : {"hidden_size", "intermediate_size", "num_hidden_layers",
                          "num_attention_heads", "vocab_size", "max_position_embeddings"}) {
    ExpectRefusedWith(key, nullptr, {key, "missing"});
    ExpectRefusedWith(key, "16", {key, "string", "a whole number"});
    ExpectRefusedWith(key, 1.5, {key, "a whole number"});
    ExpectRefusedWith(key, 0, {key, "is 0"});
    ExpectRefusedWith(key, 1ll << 40, {key});
    ExpectRefusedWith(key, ~0ull, {key, "too large"});
  }
  ExpectRefusedWith("rms_norm_eps", 0, {"rms_norm_eps"});
  ExpectRefusedWith("rms_norm_eps", 1e300, {"rms_norm_eps"});
  ExpectRefusedWith("rope_theta", "big", {"rope_theta", "a number"});
  ExpectRefusedWith("num_key_value_heads", 3, {"3 KV heads"});
  ExpectRefusedWith("head_dim", 3, {"head width 3 is odd"});
  ExpectRefusedWith("tie_word_embeddings", 1, {"tie_word_embeddings", "true or false"});
  nlohmann::json json = SmallJson();
  json.erase("head_dim");
  EXPECT_EQ(Read(json).head_dim, 4);
  json["num_attention_heads"] = 6;
  ExpectJsonRefused(json, {"6 heads", "16"});
}

TEST(HfConfig, SlidingWindowsLimitTheContext) {
  nlohmann::json json = SmallJson(Architecture::kMistral);
  json["max_position_embeddings"] = 32768;
  EXPECT_EQ(Read(json).context, 32768);
  json["sliding_window"] = 1000;
  EXPECT_EQ(Read(json).context, 1000);
  EXPECT_NE(Read(json).name.find("sliding window of 1000"), std::string::npos);
  json.erase("sliding_window");
  EXPECT_EQ(Read(json).context, 4096);

  json = SmallJson(Architecture::kQwen2);
  json["sliding_window"] = 32;
  json["use_sliding_window"] = false;
  EXPECT_EQ(Read(json).context, 64);
  json["use_sliding_window"] = true;
  EXPECT_EQ(Read(json).context, 32);
}

TEST(HfConfig, RotaryScaling) {
  nlohmann::json json = SmallJson();
  EXPECT_TRUE(Read(json).rope_factors.empty());
  json["rope_scaling"] = {{"type", "linear"}, {"factor", 2.0}};
  EXPECT_EQ(Read(json).rope_factors, (std::vector<float>{2.0f, 2.0f}));
  json["rope_scaling"] = {{"rope_type", "yarn"}, {"factor", 2.0}};
  ExpectJsonRefused(json, {"rope_scaling.key 'rope_type'", "'yarn'"});
  json["rope_scaling"] = {{"rope_type", "default"}};
  EXPECT_TRUE(Read(json).rope_factors.empty());
  json["rope_scaling"] = 3;
  ExpectJsonRefused(json, {"rope_scaling", "an object"});
  json.erase("rope_scaling");
  json["rope_parameters"] = {{"rope_type", "linear"}, {"factor", 3.0}, {"rope_theta", 5e5}};
  EXPECT_EQ(Read(json).rope_base, 5e5f);
  EXPECT_EQ(Read(json).rope_factors, (std::vector<float>{3.0f, 3.0f}));
}

TEST(HfConfig, Llama3Scaling) {
  nlohmann::json json = SmallJson();
  const nlohmann::json scaling = {{"rope_type", "llama3"},
                                  {"factor", 8.0},
                                  {"low_freq_factor", 1.0},
                                  {"high_freq_factor", 4.0},
                                  {"original_max_position_embeddings", 8192}};
  json["rope_theta"] = 500000.0;
  json["head_dim"] = 128;
  json["rope_scaling"] = scaling;
  EXPECT_EQ(Read(json).rope_factors, Llama3RopeFactors(500000.0, 128, {8, 1, 4, 8192}));
  for (const auto& [key, value] : scaling.items()) {
    if (key == "rope_type") continue;
    json["rope_scaling"] = scaling;
    json["rope_scaling"].erase(key);
    ExpectJsonRefused(json, {key, "missing"});
  }
  json["rope_scaling"] = scaling;
  json["rope_scaling"]["low_freq_factor"] = 4.0;
  ExpectJsonRefused(json, {"high_freq_factor", "expected more than"});
}

// Worked by hand from the published rule for Llama 3.1 (base 5e5, head width 128, factor 8, bands 1
// and 4 of 8192 positions): wavelength = 2 pi 5e5^(i/64); below 2048 stays, above 8192 is divided
// by 8, between: 1 / ((1 - s) / 8 + s) with s = (8192 / wavelength - 1) / 3.
TEST(Llama3RopeFactors, AgreeWithHandComputedValues) {
  const std::vector<float> factors = Llama3RopeFactors(500000.0, 128, {8, 1, 4, 8192});
  ASSERT_EQ(factors.size(), 64u);
  EXPECT_EQ(factors[0], 1.0f);
  // i = 28: 5e5^(28/64) = 311.386, wavelength 1956.5: short.
  EXPECT_EQ(factors[28], 1.0f);
  // i = 29: wavelength 2 pi * 382.2485 = 2401.738; s = 0.803621; 1 / 0.828168 = 1.207484.
  EXPECT_NEAR(factors[29], 1.207484f, 1e-5f);
  // i = 32: wavelength 2 pi * 707.107 = 4442.88; s = 0.281283; 1 / 0.371122 = 2.694530.
  EXPECT_NEAR(factors[32], 2.694530f, 1e-5f);
  // i = 36: 5e5^(36/64) = 1605.7, wavelength 10089: long.
  EXPECT_EQ(factors[36], 8.0f);
  EXPECT_EQ(factors[63], 8.0f);
  for (std::size_t i = 1; i < factors.size(); ++i) EXPECT_GE(factors[i], factors[i - 1]);
}

TEST(HfTensorName, FollowsTheModules) {
  EXPECT_EQ(HfTensorName("embed"), "model.embed_tokens.weight");
  EXPECT_EQ(HfTensorName("head"), "lm_head.weight");
  EXPECT_EQ(HfTensorName("layers.12.w_gate"), "model.layers.12.mlp.gate_proj.weight");
  EXPECT_EQ(HfTensorName("layers.3.bk"), "model.layers.3.self_attn.k_proj.bias");
}

}  // namespace
}  // namespace jupiter
