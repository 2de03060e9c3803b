// Greedy choice, the two cuts, and the frequencies of many draws.
#include "model/sampling/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
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
