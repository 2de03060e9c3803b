#include "model/medusa/adam.h"

#include <gtest/gtest.h>

#include <cmath>

namespace jupiter {
namespace {

constexpr double kRate = 0.01;

HeadWeights OneBlock(const std::vector<float>& weight, const std::vector<float>& bias,
                     const std::vector<float>& output) {
  HeadWeights head;
  head.blocks.push_back({weight, bias});
  head.output = output;
  return head;
}

// Algorithm 1 of the paper for one number.
struct Reference {
  double mean = 0, square = 0, value = 0;
  int steps = 0;
  void Step(double gradient) {
    ++steps;
    mean = 0.9 * mean + 0.1 * gradient;
    square = 0.999 * square + 0.001 * gradient * gradient;
    const double unbiased_mean = mean / (1 - std::pow(0.9, steps));
    const double unbiased_square = square / (1 - std::pow(0.999, steps));
    value -= kRate * unbiased_mean / (std::sqrt(unbiased_square) + 1e-8);
  }
};

TEST(AdamTest, StepsAsThePaperSays) {
  HeadWeights weights = OneBlock({1}, {-2}, {0.5f, 3});
  Adam adam(weights);
  std::vector<Reference> expected(4);
  for (std::size_t i = 0; i < 4; ++i) expected[i].value = std::vector{1.0, -2.0, 0.5, 3.0}[i];
  for (int step = 0; step < 20; ++step) {
    const auto g = static_cast<float>(std::sin(step));
    HeadWeights gradient = OneBlock({g}, {100 * g}, {-g, 0});
    adam.Step(kRate, gradient, weights);
    expected[0].Step(g);
    expected[1].Step(100 * g);
    expected[2].Step(-g);
    expected[3].Step(0);
  }
  EXPECT_NEAR(weights.blocks[0].weight[0], expected[0].value, 1e-5);
  EXPECT_NEAR(weights.blocks[0].bias[0], expected[1].value, 1e-5);
  EXPECT_NEAR(weights.output[0], expected[2].value, 1e-5);
  EXPECT_EQ(weights.output[1], 3);
}

}  // namespace
}  // namespace jupiter
