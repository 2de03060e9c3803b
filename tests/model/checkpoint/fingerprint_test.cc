// Fingerprints of models and logits: the same for the same, another for any change they look at.
#include "model/checkpoint/fingerprint.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "model/loaders/gguf_checkpoint.h"
#include "model/loaders/open_checkpoint.h"
#include "model/sampling/logits_hash.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {
namespace {

std::uint64_t Of(const TestModel& model, const std::string& file_name = "a.gguf") {
  return FingerprintModel(*LoadGguf(MappedFile::FromBytes(file_name, ToGguf(model).Build())));
}

std::uint64_t Of(const std::string& model) { return FingerprintModel(*OpenCheckpoint(model)); }

TEST(FingerprintTest, IsOfTheModelNotOfItsName) {
  TestModel model = MakeTestModel(SmallConfig());
  const std::uint64_t before = Of(model);
  EXPECT_EQ(Of(model), before);
  EXPECT_EQ(Of(model, "elsewhere/b.gguf"), before);
  model.config.name = "another name";
  EXPECT_EQ(Of(model), before);
  EXPECT_EQ(Of("synthetic:tiny"), Of("synthetic:tiny:f32:seed=0"));
}

TEST(FingerprintTest, ChangesWithEveryNumberOfTheConfig) {
  const std::vector<std::function<void(ModelConfig&)>> changes = {
      [](ModelConfig&) {},
      [](ModelConfig& config) { config.layers = 3; },
      [](ModelConfig& config) { config.hidden = 32, config.head_dim = 8; },
      [](ModelConfig& config) { config.heads = 8, config.head_dim = 2; },
      [](ModelConfig& config) { config.kv_heads = 4; },
      [](ModelConfig& config) { config.ffn = 32; },
      [](ModelConfig& config) { config.vocab = 48; },
      [](ModelConfig& config) { config.context = 65; },
      [](ModelConfig& config) { config.rope_base = 10001.0f; },
      [](ModelConfig& config) { config.norm_epsilon = 1.1e-5f; },
      [](ModelConfig& config) { config.tied_head = true; },
      [](ModelConfig& config) {
        config.architecture = Architecture::kQwen2;
        config.qkv_bias = true;
      },
  };
  std::set<std::uint64_t> seen;
  for (const auto& change : changes) {
    ModelConfig config = SmallConfig();
    change(config);
    EXPECT_TRUE(seen.insert(Of(MakeTestModel(config))).second) << seen.size();
  }
}

TEST(FingerprintTest, ChangesWithTheWeights) {
  const TestModel model = MakeTestModel(SmallConfig());
  std::set<std::uint64_t> seen = {Of(model)};
  for (const char* name : {"embed", "head"}) {
    TestModel changed = model;
    for (TestTensor& tensor : changed.tensors) {
      if (tensor.info.name == name) tensor.bytes[5] ^= 1;
    }
    EXPECT_TRUE(seen.insert(Of(changed)).second) << name;
  }
  for (const char* other : {"synthetic:tiny", "synthetic:tiny:seed=1", "synthetic:tiny:f16",
                            "synthetic:tiny:q8_0", "synthetic:tiny:q4_K"}) {
    EXPECT_TRUE(seen.insert(Of(other)).second) << other;
  }
}

TEST(FingerprintTest, ReadsOnlyAFewRows) {
  const std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:llama2-7b");
  FingerprintModel(*checkpoint);
  EXPECT_GT(checkpoint->bytes_read(), 0);
  EXPECT_LT(checkpoint->bytes_read(), 1 << 20);
}

TEST(LogitsHashTest, RangesOfColumnsAddUp) {
  std::vector<float> logits;
  for (int i = 0; i < 100; ++i) logits.push_back(0.37f * static_cast<float>(i % 7 - 3));
  const std::span<const float> all(logits);
  for (std::uint32_t cut : {0u, 1u, 64u, 100u}) {
    EXPECT_EQ(HashLogits(all.subspan(cut), cut) + HashLogits(all.first(cut)), HashLogits(all));
  }
  EXPECT_NE(HashLogits(all.first(7)), HashLogits(all.subspan(7, 7), 7));
  // Equal values do not cancel where columns change places by a power of two.
  EXPECT_NE(HashLogits(std::vector<float>{1, 2, 2, 1}), HashLogits(std::vector<float>{2, 1, 1, 2}));
}

TEST(LogitsHashTest, SeesEveryBitAndTheOrder) {
  std::vector<float> logits(100, 0.25f);
  std::set<std::uint64_t> seen = {HashLogits(logits)};
  EXPECT_EQ(HashLogits(logits), *seen.begin());
  for (std::size_t i : {0u, 1u, 50u, 99u}) {
    for (std::uint32_t bit : {0u, 13u, 31u}) {
      std::vector<float> changed = logits;
      changed[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(changed[i]) ^ (1u << bit));
      EXPECT_TRUE(seen.insert(HashLogits(changed)).second) << i << " bit " << bit;
    }
  }
  EXPECT_TRUE(seen.insert(HashLogits({})).second);
  EXPECT_NE(HashLogits(std::vector<float>{1, 2}), HashLogits(std::vector<float>{2, 1}));
  EXPECT_NE(HashLogits(std::vector<float>{0.0f}), HashLogits(std::vector<float>{-0.0f}));
  EXPECT_NE(CombineHash(CombineHash(0, 1), 2), CombineHash(CombineHash(0, 2), 1));
}

}  // namespace
}  // namespace jupiter
