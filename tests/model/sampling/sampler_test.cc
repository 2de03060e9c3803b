// Greedy choice, the two cuts, and the frequencies of many draws.
#include "model/sampling/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

using Logits = std::vector<float>;

// Shares of each token in draws 0 ... count - 1.
std::vector<double> Shares(const SamplingOptions& options, const Logits& logits,
                           int count = 20000) {
  std::vector<double> shares(logits.size());
  for (int i = 0; i < count; ++i) {
    ++shares[static_cast<std::size_t>(SampleToken(options, logits, i))];
  }
  for (double& share : shares) share /= count;
  return shares;
}

// Within four standard deviations of a count of 20000 draws; seeds are fixed, so it never flickers.
void ExpectShares(const SamplingOptions& options, const Logits& logits,
                  const std::vector<double>& expected) {
  const std::vector<double> shares = Shares(options, logits);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double deviation = std::sqrt(expected[i] * (1 - expected[i]) / 20000);
    EXPECT_NEAR(shares[i], expected[i], 4 * deviation) << "token " << i;
  }
}

// Probabilities 1/8, 1/2, 1/4, 1/8 at temperature 1.
const Logits kLogits = {std::log(1.0f), std::log(4.0f), std::log(2.0f), std::log(1.0f)};

TEST(SamplerTest, GreedyTakesTheFirstLargest) {
  EXPECT_EQ(SampleToken({}, Logits{1, 5, 3, 5}, 0), 1);
  EXPECT_EQ(SampleToken({}, Logits{0.0f, -0.0f}, 7), 0);
  EXPECT_EQ(SampleToken({}, Logits{-0.0f, 0.0f}, 7), 0);
  EXPECT_EQ(SampleToken({}, Logits{-kInfinity, -kInfinity}, 0), 0);
  EXPECT_EQ(SampleToken({}, Logits{1, kInfinity, kInfinity}, 0), 1);
  EXPECT_EQ(SampleToken({}, Logits{-3}, 0), 0);
}

TEST(SamplerTest, DrawsFollowTheSoftmax) {
  ExpectShares({.temperature = 1}, kLogits, {0.125, 0.5, 0.25, 0.125});
  // Temperature 0.5 squares the weights: 1, 16, 4, 1.
  ExpectShares({.temperature = 0.5f, .seed = 3}, kLogits, {1. / 22, 16. / 22, 4. / 22, 1. / 22});
}

TEST(SamplerTest, TemperatureHasItsLimits) {
  for (float cold : {1e-30f, 1e-3f}) {
    EXPECT_EQ(Shares({.temperature = cold}, kLogits)[1], 1.0) << cold;
  }
  // exp(ln 4 / 100) is 1.4 % above 1: nearly uniform.
  const double sum = 2 + std::pow(4, 0.01) + std::pow(2, 0.01);
  ExpectShares({.temperature = 100}, kLogits,
               {1 / sum, std::pow(4, 0.01) / sum, std::pow(2, 0.01) / sum, 1 / sum});
}

TEST(SamplerTest, TopKKeepsTheLikeliest) {
  ExpectShares({.temperature = 1, .top_k = 2}, kLogits, {0, 2. / 3, 1. / 3, 0});
  EXPECT_EQ(Shares({.temperature = 1, .top_k = 1}, kLogits)[1], 1.0);
  // Of the two that tie for the third place the smaller id stays.
  ExpectShares({.temperature = 1, .top_k = 3}, kLogits, {1. / 7, 4. / 7, 2. / 7, 0});
  ExpectShares({.temperature = 1, .top_k = 50}, kLogits, {0.125, 0.5, 0.25, 0.125});
}

TEST(SamplerTest, TopPKeepsTheFewestThatReachIt) {
  EXPECT_EQ(Shares({.temperature = 1, .top_p = 0.45f}, kLogits)[1], 1.0);
  ExpectShares({.temperature = 1, .top_p = 0.6f}, kLogits, {0, 2. / 3, 1. / 3, 0});
  ExpectShares({.temperature = 1, .top_p = 0.8f}, kLogits, {1. / 7, 4. / 7, 2. / 7, 0});
  EXPECT_EQ(Shares({.temperature = 1, .top_p = 1e-6f}, kLogits)[1], 1.0);
  ExpectShares({.temperature = 1, .top_p = 1}, kLogits, {0.125, 0.5, 0.25, 0.125});
}

TEST(SamplerTest, TopPIsOfWhatTopKLeft) {
  // After top-k 2 the shares are 2/3 and 1/3: 0.6 is reached by the first alone.
  EXPECT_EQ(Shares({.temperature = 1, .top_k = 2, .top_p = 0.6f}, kLogits)[1], 1.0);
}

TEST(SamplerTest, DependsOnSeedAndIndexAlone) {
  const Logits flat(50, 0.0f);
  const auto draw = [&](std::uint64_t seed) {
    std::vector<std::int32_t> tokens;
    for (int i = 0; i < 40; ++i) {
      tokens.push_back(SampleToken({.temperature = 1, .seed = seed}, flat, i));
    }
    return tokens;
  };
  EXPECT_EQ(draw(5), draw(5));
  EXPECT_NE(draw(5), draw(6));
  EXPECT_NE(draw(0), draw(1));
  EXPECT_NE(draw(5)[0], draw(5)[1]);
}

TEST(SamplerTest, SeedAndIndexAreNotInterchangeable) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (std::int64_t index = 0; index < static_cast<std::int64_t>(seed); ++index) {
      EXPECT_NE(RandomOfToken(seed, index),
                RandomOfToken(static_cast<std::uint64_t>(index), static_cast<std::int64_t>(seed)))
          << seed << " " << index;
    }
  }
}

TEST(SamplerTest, TokenSOfSeedSIsNotAlwaysTheSame) {
  std::set<float> diagonal;
  for (std::int64_t i = 0; i < 1000; ++i) {
    diagonal.insert(RandomOfToken(static_cast<std::uint64_t>(i), i));
  }
  EXPECT_GE(diagonal.size(), 999u);  // two of 1000 meet in 2^24 values once in 34 tries
}

// Chi-squared of 64 bins over tokens of one seed, over the first token of many seeds, over the
// diagonal, and over pairs of neighbours. 63 degrees of freedom: above 120 once in 60000 tries.
TEST(SamplerTest, RandomNumbersAreUniform) {
  constexpr int kCount = 64000;
  const auto chi_squared = [](const auto& bin_of) {
    std::vector<double> bins(64);
    for (std::int64_t i = 0; i < kCount; ++i) ++bins[static_cast<std::size_t>(bin_of(i))];
    double sum = 0;
    for (double count : bins) sum += (count - 1000) * (count - 1000) / 1000;
    return sum;
  };
  const auto u = [](std::int64_t i) { return static_cast<std::uint64_t>(i); };
  const auto slice = [](float x, int slices) { return static_cast<int>(x * slices); };
  for (std::uint64_t seed : {0ull, 1ull, ~0ull}) {
    EXPECT_LT(chi_squared([&](std::int64_t i) { return slice(RandomOfToken(seed, i), 64); }), 120);
    EXPECT_LT(chi_squared([&](std::int64_t i) {
                return 8 * slice(RandomOfToken(seed, i), 8) + slice(RandomOfToken(seed, i + 1), 8);
              }),
              120);
  }
  EXPECT_LT(chi_squared([&](std::int64_t i) { return slice(RandomOfToken(u(i), 0), 64); }), 120);
  EXPECT_LT(chi_squared([&](std::int64_t i) { return slice(RandomOfToken(u(i), i), 64); }), 120);
  EXPECT_LT(chi_squared([&](std::int64_t i) {
              return 8 * slice(RandomOfToken(u(i), 3), 8) + slice(RandomOfToken(u(i) + 1, 3), 8);
            }),
            120);
}

// Of an independent computation; answers that are sampled change with any of these.
TEST(SamplerTest, RandomNumbersStay) {
  EXPECT_EQ(RandomOfToken(0, 0), 0xa706ddp-24f);
  EXPECT_EQ(RandomOfToken(0, 1), 0xb382a3p-24f);
  EXPECT_EQ(RandomOfToken(1, 0), 0x5e41abp-24f);
  EXPECT_EQ(RandomOfToken(5, 5), 0xff76cap-24f);
  EXPECT_EQ(RandomOfToken(7, 1000), 0xd86160p-24f);
  EXPECT_EQ(RandomOfToken(~0ull, 123456789), 0x4a400bp-24f);
}

TEST(SamplerTest, ForbiddenTokensAreNeverDrawn) {
  const std::vector<double> shares =
      Shares({.temperature = 100}, {-kInfinity, 1, -kInfinity, 2, -1e30f});
  EXPECT_EQ(shares[0] + shares[2] + shares[4], 0.0);
}

TEST(SamplerTest, InfiniteLogitsWin) {
  EXPECT_EQ(Shares({.temperature = 1}, {1, kInfinity, 5, -kInfinity}, 100)[1], 1.0);
  ExpectShares({.temperature = 1}, {kInfinity, 3, kInfinity}, {0.5, 0, 0.5});
}

TEST(SamplerTest, NotANumberEndsTheRun) {
  for (float temperature : {0.0f, 1.0f}) {
    for (std::size_t place : {0u, 2u}) {
      Logits logits = {1, 2, 3};
      logits[place] = kNan;
      try {
        SampleToken({.temperature = temperature}, logits, 17);
        ADD_FAILURE() << "NaN at " << place;
      } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("token 17"), std::string::npos) << error.what();
      }
    }
  }
}

TEST(SamplerTest, ChecksItsOptions) {
  EXPECT_NO_THROW(CheckSampling({}));
  EXPECT_NO_THROW(CheckSampling({.temperature = 100, .top_k = 1 << 30, .top_p = 1e-6f}));
  for (float wrong : {-0.1f, 100.5f, kInfinity, kNan}) {
    EXPECT_THROW(CheckSampling({.temperature = wrong}), UserError) << wrong;
  }
  for (float wrong : {0.0f, -1.0f, 1.01f, kNan}) {
    EXPECT_THROW(CheckSampling({.top_p = wrong}), UserError) << wrong;
  }
  EXPECT_THROW(CheckSampling({.top_k = -1}), UserError);
}

}  // namespace
}  // namespace jupiter
