// Stages against the formulas in double: biases, tied heads, both rotary styles, shared KV heads,
// and both devices.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "kernels/make_device.h"
#include "model/loaders/gguf_checkpoint.h"
#include "model/loaders/open_checkpoint.h"
#include "model/sampling/sampler.h"
#include "tests/model/loaders/test_model.h"
#include "tests/model/stage/reference_model.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

// A logit is a chain of some 10 sums per layer, each of at most a few hundred products: with 2^-24
// per rounding and errors that add up at random, 1e-5 of the largest logit; ten times that is
// allowed.
constexpr double kModelBound = 1e-4;

struct Shape {
  const char* name;
  Architecture architecture;
  bool tied;
  int heads;
  int kv_heads;
};

// Through the GGUF loader, which gives llama interleaved and qwen2 half rotations.
std::unique_ptr<Checkpoint> MakeCheckpoint(const Shape& shape) {
  ModelConfig config = SmallConfig();
  config.architecture = shape.architecture;
  config.qkv_bias = shape.architecture == Architecture::kQwen2;
  config.tied_head = shape.tied;
  config.heads = shape.heads;
  config.kv_heads = shape.kv_heads;
  config.head_dim = config.hidden / shape.heads;
  TestModel model = MakeTestModel(config);
  return LoadGguf(MappedFile::FromBytes("test.gguf", ToGguf(model).Build()));
}

class ReferenceTest : public testing::TestWithParam<Shape> {};

TEST_P(ReferenceTest, StagesComputeTheFormulas) {
  for (const char* device : {"cpu", "eigen"}) {
    std::unique_ptr<Checkpoint> checkpoint = MakeCheckpoint(GetParam());
    ASSERT_EQ(checkpoint->config().qkv_bias, GetParam().architecture == Architecture::kQwen2);
    ASSERT_EQ(checkpoint->config().tied_head, GetParam().tied);
    const Ids tokens = SomeTokens(checkpoint->config(), 12, 1);
    const std::vector<Floats> expected = ReferenceLogits(*checkpoint, tokens);
    const StageOptions options = WholeModel(checkpoint->config(), 16);
    TestStage stage(MakeDevice(device, {}), std::move(checkpoint), options);
    EXPECT_LT(RelativeDifference(stage.Flat(tokens, {7, 1}), expected), kModelBound) << device;
  }
}

TEST_P(ReferenceTest, SlicesAndTreesKeepTheBits) {
  std::unique_ptr<Checkpoint> checkpoint = MakeCheckpoint(GetParam());
  const Ids tokens = SomeTokens(checkpoint->config(), 9, 2);
  const StageOptions options = WholeModel(checkpoint->config(), 16);
  TestStage stage(MakeDevice("cpu", {}), std::move(checkpoint), options);
  EXPECT_EQ(stage.Flat(tokens, {5}), stage.Flat(tokens));
  stage.Open(0);
  stage.Run(Item(0, tokens));
  const std::vector<Floats> tree = stage.Run(Item(0, {1, 2, 3, 4}, {-1, 0, 0, 2}, true));
  EXPECT_EQ(tree[1], stage.Flat(Joined(tokens, {1, 2})).back());
  EXPECT_EQ(tree[3], stage.Flat(Joined(tokens, {1, 3, 4})).back());
}

INSTANTIATE_TEST_SUITE_P(Shapes, ReferenceTest,
                         testing::Values(Shape{"Llama", Architecture::kLlama, false, 4, 2},
                                         Shape{"LlamaTiedOneKvHead", Architecture::kLlama, true, 8,
                                               1},
                                         Shape{"QwenBiases", Architecture::kQwen2, false, 4, 4},
                                         Shape{"QwenBiasesTied", Architecture::kQwen2, true, 4, 2}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ReferenceTinyTest, SyntheticModelOnBothDevices) {
  const std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny");
  const Ids tokens = SomeTokens(checkpoint->config(), 6, 3);
  const std::vector<Floats> expected = ReferenceLogits(*checkpoint, tokens);
  for (const char* device : {"cpu", "eigen"}) {
    TestStage stage("synthetic:tiny", device, 8);
    EXPECT_LT(RelativeDifference(stage.Flat(tokens, {4, 1}), expected), kModelBound) << device;
  }
}

// Both quantise activations to 127 levels per 32. Sums that differ in their last bit agree to float
// precision until one of them rounds to another level; from there on the streams are two quantised
// ones of the same model, each off by about half a level (0.4 %) in each product of six layers.
TEST(ReferenceTinyTest, QuantisedWeightsOnEigenAreNearCpu) {
  for (const char* type : {"q8_0", "q4_0", "q4_K", "q6_K"}) {
    const std::string model = std::string("synthetic:tiny:") + type;
    TestStage cpu(model, "cpu", 8);
    TestStage eigen(model, "eigen", 8);
    const Ids tokens = SomeTokens(cpu.config(), 6, 4);
    const double difference =
        RelativeDifference(eigen.Flat(tokens, {4, 1}), cpu.Flat(tokens, {4, 1}));
    EXPECT_LT(difference, 0.05) << type;
  }
}

Ids Greedy(const std::string& model, const std::string& device, const Ids& prompt, int count) {
  TestStage stage(model, device, 64);
  stage.Open(0);
  Floats logits = stage.Run(Item(0, prompt)).back();
  Ids ids;
  for (int i = 0; i < count; ++i) {
    ids.push_back(SampleToken({}, logits, i));
    logits = stage.Run(Item(0, {ids.back()})).back();
  }
  return ids;
}

TEST(StoriesStageTest, BothDevicesTellTheSameStory) {
  const char* const models = std::getenv("JUPITER_TEST_MODELS");
  const std::string folder = std::string(models != nullptr ? models : "") + "/stories260K/";
  if (!std::filesystem::exists(folder + "stories260K.bin")) {
    GTEST_SKIP() << "set JUPITER_TEST_MODELS to the folder that holds stories260K/";
  }
  // "Once upon a time", and how it goes on in float (greedy.json beside the model).
  const Ids prompt = {1, 403, 407, 261, 378};
  const Ids expected = {432, 383, 286, 261, 376, 298, 315, 421, 395, 317, 426, 338,
                        401, 396, 267, 337, 410, 408, 419, 292, 411, 322, 265, 282,
                        295, 433, 426, 385, 328, 432, 358, 394, 261, 370, 432, 352};
  for (const char* file : {"stories260K.bin", "stories260K-f32.gguf", "safetensors"}) {
    for (const char* device : {"cpu", "eigen"}) {
      EXPECT_EQ(Greedy(folder + file, device, prompt, 36), expected) << file << " " << device;
    }
  }
  EXPECT_LT(RelativeDifference(TestStage(folder + "stories260K.bin", "eigen").Flat(prompt, {5}),
                               TestStage(folder + "stories260K.bin", "cpu").Flat(prompt)),
            kModelBound);
}

}  // namespace
}  // namespace jupiter
