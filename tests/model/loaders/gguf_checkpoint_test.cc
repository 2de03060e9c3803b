#include <gtest/gtest.h>

#include "model/loaders/gguf_checkpoint.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {
namespace {

std::unique_ptr<Checkpoint> LoadGguf(const GgufBuilder& builder) {
  return LoadGguf(MappedFile::FromBytes("model.gguf", builder.Build()));
}

void ExpectGgufRefused(const GgufBuilder& builder, std::vector<std::string> parts) {
  parts.insert(parts.begin(), "model.gguf: ");
  ExpectRefusal([&builder] { LoadGguf(builder); }, parts);
}

GgufBuilder SmallGguf() { return ToGguf(MakeTestModel(SmallConfig())); }

TEST(GgufCheckpoint, HoldsTheModelInEveryType) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0,
                            DType::kQ4_K, DType::kQ6_K}) {
    const TestModel model = MakeTestModel(WideConfig(), dtype);
    const auto checkpoint = LoadGguf(ToGguf(model));
    EXPECT_EQ(checkpoint->format(), "gguf");
    EXPECT_EQ(checkpoint->source(), "model.gguf");
    EXPECT_EQ(checkpoint->config().name, "small");
    EXPECT_EQ(checkpoint->config().rope_style, RopeStyle::kInterleaved);
    ExpectSameWidths(checkpoint->config(), model.config);
    ExpectHolds(*checkpoint, model);
  }
}

TEST(GgufCheckpoint, Qwen2HasBiasesAndRotatesHalves) {
  ModelConfig config = SmallConfig();
  config.architecture = Architecture::kQwen2;
  config.qkv_bias = true;
  config.tied_head = true;
  const TestModel model = MakeTestModel(config);
  const auto checkpoint = LoadGguf(ToGguf(model));
  ExpectSameWidths(checkpoint->config(), config);
  EXPECT_EQ(checkpoint->config().rope_style, RopeStyle::kHalf);
  ExpectHolds(*checkpoint, model);
  GgufBuilder builder = ToGguf(model);
  builder.RemoveTensor("blk.1.attn_k.bias");
  ExpectGgufRefused(builder, {"blk.1.attn_k.bias", "missing"});
}

TEST(GgufCheckpoint, ReadsSharesAndCountsTheirBytes) {
  const TestModel model = MakeTestModel(WideConfig(), DType::kQ4_K);
  const auto checkpoint = LoadGguf(ToGguf(model));
  EXPECT_EQ(checkpoint->bytes_read(), 0);
  const HostTensor rows = checkpoint->Read("layers.1.w_down", {3, 7, 0, 512});
  EXPECT_EQ(rows.view.rows, 4);
  EXPECT_EQ(rows.view.columns, 512);
  EXPECT_EQ(
      std::memcmp(rows.view.data, model.Tensor("layers.1.w_down").bytes.data() + 3 * 288, 4 * 288),
      0);
  EXPECT_EQ(checkpoint->bytes_read(), 4 * 288);
  checkpoint->Read("layers.1.w_down", {0, 10, 256, 512});
  EXPECT_EQ(checkpoint->bytes_read(), 4 * 288 + 10 * 144);
  ExpectRefusal(
      [&] {
        checkpoint->Read("layers.1.w_down", {0, 10, 16, 512});
      },
      {"layers.1.w_down", "multiples of 32"});
  checkpoint->Read("layers.1.w_down", {0, 8, 32, 512});  // within a block: in proportion
  EXPECT_EQ(checkpoint->bytes_read(), 4 * 288 + 10 * 144 + 8 * 288 * 480 / 512);
  ExpectRefusal(
      [&] {
        checkpoint->Read("layers.1.w_down", {0, 257, 0, 512});
      },
      {"layers.1.w_down", "leaves the tensor"});
  ExpectRefusal(
      [&] {
        checkpoint->Read("layers.2.wq", {0, 1, 0, 256});
      },
      {"model.gguf", "layers.2.wq"});
}

TEST(GgufCheckpoint, RefusesOtherArchitecturesByName) {
  GgufBuilder builder = SmallGguf();
  builder.SetString("general.architecture", "gemma3");
  ExpectGgufRefused(builder, {"'gemma3'", "expected llama"});
  builder.Remove("general.architecture");
  ExpectGgufRefused(builder, {"general.architecture", "missing"});
  builder = SmallGguf();
  builder.SetU32("llama.expert_count", 8);
  ExpectGgufRefused(builder, {"llama.expert_count", "mixtures of experts"});
  builder = SmallGguf();
  builder.SetU32("split.count", 3);
  ExpectGgufRefused(builder, {"3 parts"});
}

TEST(GgufCheckpoint, RefusesOtherTypesByName) {
  const auto with = [](std::uint32_t type, std::size_t bytes) {
    GgufBuilder builder = ToGguf(MakeTestModel(WideConfig(), DType::kF16));
    builder.At("blk.0.attn_q.weight").type = type;
    builder.At("blk.0.attn_q.weight").bytes.resize(bytes);
    builder.Place();
    return builder;
  };
  ExpectGgufRefused(with(7, 256 * 256 / 32 * 24), {"blk.0.attn_q.weight", "type Q5_1"});
  ExpectGgufRefused(with(10, 256 * 84), {"blk.0.attn_q.weight", "type Q2_K"});
  ExpectGgufRefused(with(77, 256), {"blk.0.attn_q.weight", "type 77 (unknown)"});
  GgufBuilder builder = ToGguf(MakeTestModel(WideConfig()));
  builder.At("output_norm.weight").type = 8;
  ExpectGgufRefused(builder, {"output_norm.weight", "q8_0", "expected f32, f16 or bf16"});
  builder = SmallGguf();
  builder.At("blk.0.attn_q.weight").type = 8;  // rows of 16
  ExpectGgufRefused(builder, {"blk.0.attn_q.weight", "Q8_0", "multiple of 32"});
}

TEST(GgufCheckpoint, NamesEveryMissingKey) {
  for (const char* key : {"llama.block_count", "llama.embedding_length",
                          "llama.feed_forward_length", "llama.attention.head_count",
                          "llama.context_length", "llama.attention.layer_norm_rms_epsilon"}) {
    GgufBuilder builder = SmallGguf();
    builder.Remove(key);
    ExpectGgufRefused(builder, {key, "missing"});
    builder.SetString(key, "many");
    ExpectGgufRefused(builder, {key, "a string"});
    builder.SetI32(key, -1);
    ExpectGgufRefused(builder, {key, "-1"});
  }
}

TEST(GgufCheckpoint, DefaultsFollowTheSpecification) {
  ModelConfig config = SmallConfig();
  config.kv_heads = config.heads;
  GgufBuilder builder = ToGguf(MakeTestModel(config));
  builder.Remove("llama.attention.head_count_kv");
  builder.Remove("llama.rope.freq_base");
  builder.Remove("llama.vocab_size");
  ExpectSameWidths(LoadGguf(builder)->config(), config);
}

TEST(GgufCheckpoint, RefusesNumbersThatDoNotFit) {
  GgufBuilder builder = SmallGguf();
  builder.SetU32("llama.attention.head_count", 5);
  ExpectGgufRefused(builder, {"5 heads", "16"});
  builder.SetU32("llama.attention.head_count", 4);
  builder.SetU32("llama.attention.head_count_kv", 3);
  ExpectGgufRefused(builder, {"4 heads", "3 KV heads"});
  builder = SmallGguf();
  builder.SetU32("llama.block_count", 4000000000u);
  ExpectGgufRefused(builder, {"llama.block_count", "4000000000"});
  builder.SetU32("llama.block_count", 1u << 24);
  ExpectGgufRefused(builder, {"number of layers"});
  builder = SmallGguf();
  builder.SetU32("llama.vocab_size", 31);
  ExpectGgufRefused(builder, {"llama.vocab_size", "31", "32 rows"});
  builder = SmallGguf();
  builder.SetF32("llama.attention.layer_norm_rms_epsilon", std::numeric_limits<float>::quiet_NaN());
  ExpectGgufRefused(builder, {"layer_norm_rms_epsilon", "nan"});
}

TEST(GgufCheckpoint, HeadWidthMayBeExplicit) {
  ModelConfig config = SmallConfig();
  config.head_dim = 6;
  GgufBuilder builder = ToGguf(MakeTestModel(config));
  builder.SetU32("llama.attention.key_length", 6);
  builder.SetU32("llama.attention.value_length", 6);
  EXPECT_EQ(LoadGguf(builder)->config().head_dim, 6);
  builder.SetU32("llama.attention.value_length", 8);
  ExpectGgufRefused(builder, {"llama.attention.value_length", "8", "6"});
  builder = SmallGguf();
  builder.SetU32("llama.rope.dimension_count", 2);
  ExpectGgufRefused(builder, {"llama.rope.dimension_count", "2", "4"});
}

TEST(GgufCheckpoint, RotaryScaling) {
  GgufBuilder builder = SmallGguf();
  builder.AddTensor("rope_freqs.weight", 0, {2}, NumberBytes(1.0f) + NumberBytes(8.0f));
  builder.Place();
  EXPECT_EQ(LoadGguf(builder)->config().rope_factors, (std::vector<float>{1.0f, 8.0f}));
  builder.At("rope_freqs.weight").bytes = NumberBytes(1.0f) + NumberBytes(-1.0f);
  ExpectGgufRefused(builder, {"rope_freqs.weight", "-1"});
  builder.At("rope_freqs.weight").dimensions = {3};
  ExpectGgufRefused(builder, {"rope_freqs.weight", "3"});

  builder = SmallGguf();
  builder.SetString("llama.rope.scaling.type", "linear");
  ExpectGgufRefused(builder, {"llama.rope.scaling.factor", "missing"});
  builder.SetF32("llama.rope.scaling.factor", 4.0f);
  EXPECT_EQ(LoadGguf(builder)->config().rope_factors, (std::vector<float>{4.0f, 4.0f}));
  builder.SetString("llama.rope.scaling.type", "yarn");
  ExpectGgufRefused(builder, {"llama.rope.scaling.type", "'yarn'"});
}

TEST(GgufCheckpoint, SlidingWindowLimitsTheContext) {
  GgufBuilder builder = SmallGguf();
  builder.SetU32("llama.attention.sliding_window", 48);
  const ModelConfig config = LoadGguf(builder)->config();
  EXPECT_EQ(config.context, 48);
  EXPECT_NE(config.name.find("sliding window of 48"), std::string::npos);
  builder.SetU32("llama.attention.sliding_window", 4096);
  EXPECT_EQ(LoadGguf(builder)->config().context, 64);
}

TEST(GgufCheckpoint, RefusesMissingMisshapenAndSurplusTensors) {
  GgufBuilder builder = SmallGguf();
  builder.RemoveTensor("blk.1.ffn_up.weight");
  ExpectGgufRefused(builder, {"blk.1.ffn_up.weight", "missing"});
  builder = SmallGguf();
  builder.RemoveTensor("token_embd.weight");
  ExpectGgufRefused(builder, {"token_embd.weight", "missing"});
  builder = SmallGguf();
  builder.At("blk.0.attn_k.weight").dimensions = {8, 16};
  ExpectGgufRefused(builder, {"blk.0.attn_k.weight", "16 x 8", "expected 8 x 16"});
  builder = SmallGguf();
  builder.AddTensor("blk.0.attn_q_norm.weight", 0, {4}, std::string(16, 0));
  builder.Place();
  ExpectGgufRefused(builder, {"blk.0.attn_q_norm.weight", "change the model"});
  builder = SmallGguf();
  builder.AddTensor("blk.0.attn_rot_embd", 0, {4}, std::string(16, 0));
  builder.Place();
  EXPECT_NO_THROW(LoadGguf(builder));
}

TEST(GgufCheckpoint, RefusesTruncatedAndOverlappingTensors) {
  const std::string file = SmallGguf().Build();
  for (std::size_t cut : {std::size_t{1}, std::size_t{100}, file.size() / 3}) {
    ExpectRefusal(
        [&] { LoadGguf(MappedFile::FromBytes("model.gguf", file.substr(0, file.size() - cut))); },
        {"model.gguf: tensor"});
  }
  GgufBuilder builder = SmallGguf();
  builder.At("blk.0.attn_v.weight").offset = builder.At("blk.0.attn_k.weight").offset + 32;
  ExpectGgufRefused(builder, {"blk.0.attn_v.weight", "blk.0.attn_k.weight", "overlap"});
  builder.At("blk.0.attn_v.weight").offset = builder.At("blk.0.attn_k.weight").offset;
  ExpectGgufRefused(builder, {"overlap"});
}

}  // namespace
}  // namespace jupiter
