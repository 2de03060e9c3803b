// The three encodings of stories260K hold the same model.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "kernels/base/half.h"
#include "model/checkpoint/fingerprint.h"
#include "model/loaders/open_checkpoint.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/decode.h"

namespace jupiter {
namespace {

class StoriesTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const models = std::getenv("JUPITER_TEST_MODELS");
    folder_ = std::string(models != nullptr ? models : "") + "/stories260K/";
    if (!std::filesystem::exists(folder_ + "stories260K.bin")) {
      GTEST_SKIP() << "set JUPITER_TEST_MODELS to the folder that holds stories260K/";
    }
    bin_ = OpenCheckpoint(folder_ + "stories260K.bin");
    f32_ = OpenCheckpoint(folder_ + "stories260K-f32.gguf");
    f16_ = OpenCheckpoint(folder_ + "stories260K-f16.gguf");
    hf_ = OpenCheckpoint(folder_ + "safetensors");
  }

  std::string folder_;
  std::unique_ptr<Checkpoint> bin_, f32_, f16_, hf_;
};

std::vector<float> Values(Checkpoint& checkpoint, const std::string& name) {
  const TensorInfo info = checkpoint.Info(name);
  return Decode(checkpoint.Read(name, Shard::Whole(info.rows, info.columns)).view);
}

bool IsRotated(const std::string& name) {
  return name.size() > 3 &&
         (name.substr(name.size() - 3) == ".wq" || name.substr(name.size() - 3) == ".wk");
}

// Rows of interleaved pairs (0,1), (2,3), ... to rows of halves: pair p becomes rows p and p + d/2
// of its head.
std::vector<float> ToHalves(const std::vector<float>& rows, int head_dim, std::size_t columns) {
  std::vector<float> out(rows.size());
  const auto width = static_cast<std::size_t>(head_dim);
  for (std::size_t row = 0; row < rows.size() / columns; ++row) {
    const std::size_t head = row / width;
    const std::size_t within = row % width;
    const std::size_t target = head * width + within / 2 + (within % 2) * (width / 2);
    for (std::size_t c = 0; c < columns; ++c) out[target * columns + c] = rows[row * columns + c];
  }
  return out;
}

TEST_F(StoriesTest, FingerprintOfWeightsKnowsTheModelInEveryFormat) {
  const std::uint64_t weights = FingerprintWeights(*bin_);
  EXPECT_EQ(FingerprintWeights(*f32_), weights);
  EXPECT_EQ(FingerprintWeights(*hf_), weights);
  EXPECT_NE(FingerprintWeights(*f16_), weights);
}

TEST_F(StoriesTest, ConfigsAgree) {
  for (const auto* checkpoint : {f32_.get(), f16_.get(), hf_.get()}) {
    ExpectSameWidths(checkpoint->config(), bin_->config());
  }
  EXPECT_EQ(bin_->config().hidden, 64);
  EXPECT_EQ(bin_->config().ffn, 172);
  EXPECT_EQ(bin_->config().layers, 5);
  EXPECT_EQ(bin_->config().heads, 8);
  EXPECT_EQ(bin_->config().kv_heads, 4);
  EXPECT_EQ(bin_->config().vocab, 512);
  EXPECT_TRUE(bin_->config().tied_head);
  EXPECT_EQ(bin_->config().rope_style, RopeStyle::kInterleaved);
  EXPECT_EQ(f32_->config().rope_style, RopeStyle::kInterleaved);
  EXPECT_EQ(hf_->config().rope_style, RopeStyle::kHalf);
}

TEST_F(StoriesTest, ValuesAgree) {
  for (const TensorInfo& info : bin_->tensors()) {
    const std::vector<float> expected = Values(*bin_, info.name);
    EXPECT_EQ(Values(*f32_, info.name), expected) << info.name;
    const auto columns = static_cast<std::size_t>(info.columns);
    EXPECT_EQ(Values(*hf_, info.name), IsRotated(info.name)
                                           ? ToHalves(expected, bin_->config().head_dim, columns)
                                           : expected)
        << info.name;
  }
}

TEST_F(StoriesTest, HalfPrecisionIsTheRoundedModel) {
  int matrices = 0;
  for (const TensorInfo& info : f32_->tensors()) {
    const std::vector<float> exact = Values(*f32_, info.name);
    const std::vector<float> rounded = Values(*f16_, info.name);
    if (f16_->Info(info.name).dtype == DType::kF32) {
      EXPECT_EQ(rounded, exact) << info.name;
      continue;
    }
    ++matrices;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      ASSERT_EQ(rounded[i], HalfToFloat(ToHalf(exact[i]).bits)) << info.name << " " << i;
    }
  }
  EXPECT_GT(matrices, 5 * 7);
}

TEST_F(StoriesTest, ValuesSurviveDroppedPages) {
  for (auto* checkpoint : {bin_.get(), f32_.get(), hf_.get()}) {
    const std::string before = ReadBytes(*checkpoint, "layers.4.w_down");
    checkpoint->DropPages();
    EXPECT_EQ(ReadBytes(*checkpoint, "layers.4.w_down"), before);
    EXPECT_EQ(checkpoint->bytes_read(), 2 * 64 * 172 * 4);
  }
}

}  // namespace
}  // namespace jupiter
