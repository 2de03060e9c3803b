// Loss and derivatives against the formula of the loss in double.
#include "model/medusa/head_gradient.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/rng.h"

namespace jupiter {
namespace {

constexpr int kHidden = 5;
constexpr int kVocab = 7;
const std::vector<std::int32_t> kTargets = {3, -1, 0, 6};

std::vector<float> Noise(std::uint64_t seed, std::size_t count) {
  const CounterRng rng(seed);
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(rng.Bits(i) >> 40) / (1 << 23) - 1;  // of [-1, 1)
  }
  return values;
}

std::vector<double> Times(const std::vector<float>& matrix, const std::vector<double>& x) {
  std::vector<double> product(matrix.size() / x.size());
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    product[i / x.size()] += double{matrix[i]} * x[i % x.size()];
  }
  return product;
}

double ReferenceLoss(const HeadWeights& head, const std::vector<float>& output,
                     const std::vector<float>& x, const std::vector<std::int32_t>& targets) {
  double loss = 0;
  int counted = 0;
  for (std::size_t row = 0; row < targets.size(); ++row) {
    if (targets[row] < 0) continue;
    ++counted;
    std::vector<double> y(x.begin() + static_cast<std::ptrdiff_t>(row * kHidden),
                          x.begin() + static_cast<std::ptrdiff_t>((row + 1) * kHidden));
    for (const HeadWeights::Block& block : head.blocks) {
      const std::vector<double> product = Times(block.weight, y);
      for (std::size_t i = 0; i < y.size(); ++i) {
        const double z = product[i] + block.bias[i];
        y[i] += z / (1 + std::exp(-z));
      }
    }
    const std::vector<double> logits = Times(head.output.empty() ? output : head.output, y);
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit);
    loss += std::log(sum) - logits[static_cast<std::size_t>(targets[row])];
  }
  return loss / counted;
}

HeadWeights SomeHead(int blocks, bool own) {
  HeadWeights head = MakeIdentityHead(
      blocks, kHidden, own ? std::vector<float>(kVocab * kHidden) : std::vector<float>());
  std::uint64_t seed = 1;
  for (std::vector<float>* part : head.Parts()) *part = Noise(seed++, part->size());
  return head;
}

struct Shape {
  int blocks;
  bool own;
};

TEST(HeadGradientTest, IsTheSlopeOfTheLoss) {
  const std::vector<float> output = Noise(50, kVocab * kHidden);
  const std::vector<float> x = Noise(51, kTargets.size() * kHidden);
  for (const auto& [blocks, own] : {Shape{1, false}, {1, true}, {3, false}, {2, true}, {0, true}}) {
    HeadWeights head = SomeHead(blocks, own);
    HeadGradient gradient(head, kHidden, kVocab, output);
    EXPECT_NEAR(gradient.Compute(head, x, kTargets), ReferenceLoss(head, output, x, kTargets),
                1e-5);
    const auto parts = head.Parts(), slopes = gradient.gradient().Parts();
    ASSERT_EQ(parts.size(), slopes.size());
    for (std::size_t part = 0; part < parts.size(); ++part) {
      for (std::size_t i = 0; i < parts[part]->size(); ++i) {
        float& value = (*parts[part])[i];
        const float before = value, up = before + 1e-3f, down = before - 1e-3f;
        value = up;
        const double above = ReferenceLoss(head, output, x, kTargets);
        value = down;
        const double below = ReferenceLoss(head, output, x, kTargets);
        value = before;
        EXPECT_NEAR((*slopes[part])[i], (above - below) / (double{up} - double{down}), 1e-5)
            << blocks << own << " part " << part << ", " << i;
      }
    }
  }
}

TEST(HeadGradientTest, KeepsNothingOfTheMinibatchBefore) {
  const std::vector<float> output = Noise(50, kVocab * kHidden);
  const HeadWeights head = SomeHead(2, true);
  HeadGradient used(head, kHidden, kVocab, output), fresh(head, kHidden, kVocab, output);
  const std::vector<std::int32_t> ones(9, 1), none(2, -1);
  used.Compute(head, Noise(60, 9 * kHidden), ones);
  EXPECT_EQ(used.Compute(head, Noise(61, 2 * kHidden), none), 0);
  for (const std::vector<float>* part : used.gradient().Parts()) {
    EXPECT_EQ(*part, std::vector<float>(part->size()));
  }
  const std::vector<float> x = Noise(51, kTargets.size() * kHidden);
  EXPECT_EQ(used.Compute(head, x, kTargets), fresh.Compute(head, x, kTargets));
  for (std::size_t part = 0; part < used.gradient().Parts().size(); ++part) {
    EXPECT_EQ(*used.gradient().Parts()[part], *fresh.gradient().Parts()[part]);
  }
}

}  // namespace
}  // namespace jupiter
