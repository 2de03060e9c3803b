#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "kernels/base/half.h"
#include "kernels/base/rng.h"
#include "model/loaders/open_checkpoint.h"
#include "model/loaders/synthetic.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/decode.h"

namespace jupiter {
namespace {

constexpr const char* kTypes[] = {"f32", "f16", "bf16", "q8_0", "q4_0", "q4_K", "q6_K"};

HostTensor ReadAll(Checkpoint& checkpoint, const std::string& name) {
  const TensorInfo info = checkpoint.Info(name);
  return checkpoint.Read(name, Shard::Whole(info.rows, info.columns));
}

struct Moments {
  double mean = 0;
  double deviation = 0;
};

Moments MomentsOf(const std::vector<float>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / n)};
}

TEST(Synthetic, RowsMadeAloneEqualRowsMadeTogether) {
  for (const char* type : kTypes) {
    const auto checkpoint = OpenSynthetic(std::string("synthetic:tiny:") + type);
    for (const char* name : {"embed", "layers.3.w_down", "layers.5.wk", "layers.0.attn_norm"}) {
      const TensorInfo info = checkpoint->Info(name);
      const HostTensor whole = ReadAll(*checkpoint, name);
      for (std::int64_t row = 0; row < info.rows; row += 1 + info.rows / 7) {
        const HostTensor one = checkpoint->Read(name, {row, row + 1, 0, info.columns});
        ASSERT_EQ(std::memcmp(one.view.data, whole.view.Row<std::byte>(row),
                              static_cast<std::size_t>(whole.view.row_bytes)),
                  0)
            << type << " " << name << " row " << row;
      }
    }
  }
}

TEST(Synthetic, EveryTypeHasTheSameDeviation) {
  for (const char* type : kTypes) {
    const auto checkpoint = OpenSynthetic(std::string("synthetic:tiny:") + type);
    const auto expect = [&](const char* name, double mean, double deviation) {
      const Moments moments = MomentsOf(Decode(ReadAll(*checkpoint, name).view));
      EXPECT_NEAR(moments.mean, mean, 0.05 * deviation) << type << " " << name;
      EXPECT_NEAR(moments.deviation, deviation, 0.05 * deviation) << type << " " << name;
    };
    expect("embed", 0, 2);
    expect("layers.0.wq", 0, 3 / 16.0);
    expect("layers.0.wk", 0, 1 / 16.0);
    expect("layers.5.w_down", 0, 1 / std::sqrt(512.0));
    expect("head", 0, 1 / 16.0);
    EXPECT_EQ(checkpoint->Info("final_norm").dtype, DType::kF32);
    const Moments norm = MomentsOf(Decode(ReadAll(*checkpoint, "final_norm").view));
    EXPECT_NEAR(norm.mean, 1, 0.05);
    EXPECT_NEAR(norm.deviation, 0.15, 0.03);
  }
}

TEST(Synthetic, DenseTypesRoundTheSameValues) {
  const auto f32 = OpenSynthetic("synthetic:tiny:f32:seed=5");
  const auto f16 = OpenSynthetic("synthetic:tiny:f16:seed=5");
  const auto bf16 = OpenSynthetic("synthetic:tiny:bf16:seed=5");
  const std::vector<float> exact = Decode(ReadAll(*f32, "layers.1.w_up").view);
  const std::vector<float> half = Decode(ReadAll(*f16, "layers.1.w_up").view);
  const std::vector<float> brain = Decode(ReadAll(*bf16, "layers.1.w_up").view);
  for (std::size_t i = 0; i < exact.size(); ++i) {
    ASSERT_EQ(half[i], HalfToFloat(ToHalf(exact[i]).bits));
    ASSERT_NEAR(brain[i], exact[i], std::abs(exact[i]) * 0x1p-8f);
  }
}

TEST(Synthetic, SeedAndNameChangeTheWeights) {
  const auto zero = OpenSynthetic("synthetic:tiny");
  const auto also_zero = OpenSynthetic("synthetic:tiny:f32:seed=0");
  const auto one = OpenSynthetic("synthetic:tiny:seed=1");
  EXPECT_EQ(ReadBytes(*zero, "layers.0.wk"), ReadBytes(*also_zero, "layers.0.wk"));
  EXPECT_NE(ReadBytes(*zero, "layers.0.wk"), ReadBytes(*one, "layers.0.wk"));
  EXPECT_NE(ReadBytes(*zero, "layers.0.wk"), ReadBytes(*zero, "layers.0.wv"));
  EXPECT_NE(ReadBytes(*zero, "layers.0.wk"), ReadBytes(*zero, "layers.1.wk"));
}

// The bits are part of every saved reference: they must not change between processors or releases.
TEST(Synthetic, BitsAreFixed) {
  const auto hash = [](const std::string& name) {
    return HashBytes(ReadBytes(*OpenSynthetic(name), "layers.2.wo"));
  };
  EXPECT_EQ(hash("synthetic:tiny:f32"), 0x504e7a0328fae4d1ull);
  EXPECT_EQ(hash("synthetic:tiny:f16"), 0xfac55e2b608fa851ull);
  EXPECT_EQ(hash("synthetic:tiny:bf16"), 0xd51b17d3ea2d8b07ull);
  EXPECT_EQ(hash("synthetic:tiny:q8_0"), 0x1d54d1e7999ced54ull);
  EXPECT_EQ(hash("synthetic:tiny:q4_0"), 0x29ab9d6730b6355dull);
  EXPECT_EQ(hash("synthetic:tiny:q4_K"), 0x583b22bc6b0d5e1eull);
  EXPECT_EQ(hash("synthetic:tiny:q6_K"), 0x7b0d308318985288ull);
}

TEST(Synthetic, ShapesAreThePublishedOnes) {
  // Parameters as stated by the publishers, tied tables once.
  const std::pair<const char*, double> kShapes[] = {{"tinyllama-1.1b", 1.1000e9},
                                                    {"llama2-7b", 6.7384e9},
                                                    {"llama2-13b", 13.0159e9},
                                                    {"llama3-8b", 8.0303e9},
                                                    {"qwen2-1.5b", 1.5437e9}};
  for (const auto& [shape, parameters] : kShapes) {
    const auto checkpoint = OpenCheckpoint(std::string("synthetic:") + shape);
    std::int64_t count = 0;
    for (const TensorInfo& info : checkpoint->tensors()) count += info.rows * info.columns;
    EXPECT_NEAR(static_cast<double>(count), parameters, 1e5) << shape;
    EXPECT_EQ(checkpoint->format(), "synthetic");
    EXPECT_EQ(checkpoint->Info("embed").dtype, DType::kF16);
    EXPECT_EQ(checkpoint->Info("final_norm").dtype, DType::kF32);
  }
  EXPECT_EQ(OpenSynthetic("synthetic:llama3-8b")->config().rope_base, 500000.0f);
  EXPECT_TRUE(OpenSynthetic("synthetic:qwen2-1.5b")->config().qkv_bias);
  EXPECT_TRUE(OpenSynthetic("synthetic:qwen2-1.5b")->config().tied_head);
  EXPECT_EQ(OpenSynthetic("synthetic:tiny")->Info("embed").dtype, DType::kF32);
}

TEST(Synthetic, CountsTheBytesOfTheShare) {
  const auto checkpoint = OpenSynthetic("synthetic:tiny:q6_K");
  checkpoint->Read("layers.0.w_down", {0, 4, 256, 512});
  EXPECT_EQ(checkpoint->bytes_read(), 4 * 210);
}

TEST(Synthetic, RefusesUnknownNames) {
  const auto refuse = [](const char* name, const std::vector<std::string>& parts) {
    ExpectRefusal([name] { OpenCheckpoint(name); }, parts);
  };
  refuse("synthetic:huge", {"'synthetic:huge'", "'huge'", "tiny, tinyllama-1.1b"});
  refuse("synthetic:", {"''", "expected one of"});
  refuse("synthetic:tiny:q5_1", {"'q5_1'", "q4_K"});
  refuse("synthetic:tiny:act8", {"'act8'"});
  refuse("synthetic:tiny:f16:seed=", {"seed"});
  refuse("synthetic:tiny:seed=-1", {"'-1'"});
  refuse("synthetic:tiny:seed=99999999999999999999", {"seed"});
  refuse("synthetic:tiny:seed=1:f16", {"'f16'", "too much"});
}

}  // namespace
}  // namespace jupiter
