#include "tests/kernels/contract.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "kernels/base/math.h"
#include "kernels/block_formats.h"
#include "kernels/cpu/exp_kernel.h"
#include "kernels/cpu/vec_portable.h"
#include "kernels/leaves.h"

namespace jupiter {
namespace {

float Exp(float x) { return cpu::Exp<cpu::Portable>(cpu::Portable::Set(x)).v[0]; }

// 16 lanes by index mod 16, then the tree.
class Lanes {
 public:
  float& operator[](std::int64_t i) { return lanes_[i % 16]; }
  float Sum() const {
    float v[16];
    std::copy(lanes_, lanes_ + 16, v);
    for (int half = 8; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) v[i] = v[i] + v[i + half];
    }
    return v[0];
  }

 private:
  float lanes_[16] = {};
};

// The sums of columns [begin, end), one leaf after the other, added by the tree.
float SumOfLeaves(std::span<const std::int64_t> ends,
                  const std::function<float(std::int64_t begin, std::int64_t end)>& sum_of) {
  std::vector<float> sums;
  std::int64_t begin = 0;
  for (std::int64_t end : ends) {
    sums.push_back(sum_of(begin, end));
    begin = end;
  }
  for (const LeafAddition& addition : LeafTree(static_cast<int>(ends.size()))) {
    sums[addition.left] = sums[addition.left] + sums[addition.right];
  }
  return sums[0];
}

// sum_of(begin, end) of every run, added in ascending order.
float SumOfRuns(std::int64_t begin, std::int64_t end, std::int64_t run,
                const std::function<float(std::int64_t begin, std::int64_t end)>& sum_of) {
  float total = sum_of(begin, std::min(end, begin + run));
  for (std::int64_t at = begin + run; at < end; at += run) {
    total = total + sum_of(at, std::min(end, at + run));
  }
  return total;
}

struct Terms {
  float maximum, sum;
};

float Finite(float maximum) { return std::isinf(maximum) && maximum < 0 ? 0 : maximum; }

Terms TermsOf(std::span<const float> x) {
  const float maximum = *std::max_element(x.begin(), x.end());
  Lanes lanes;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto column = static_cast<std::int64_t>(i);
    lanes[column] = lanes[column] + Exp(x[i] - Finite(maximum));
  }
  return {maximum, lanes.Sum()};
}

Terms Combine(Terms a, Terms b) {
  const float maximum = std::max(a.maximum, b.maximum);
  const float first = a.sum * Exp(a.maximum - Finite(maximum));
  const float second = b.sum * Exp(b.maximum - Finite(maximum));
  return {maximum, first + second};
}

}  // namespace

float DenseSum(std::span<const float> x, std::span<const float> w, std::int64_t chain,
               std::span<const std::int64_t> leaf_ends) {
  const auto chain_of = [&](std::int64_t begin, std::int64_t end) {
    float sum = 0;
    for (std::int64_t k = begin; k < end; ++k) sum = std::fma(x[k], w[k], sum);
    return sum;
  };
  return SumOfLeaves(leaf_ends, [&](std::int64_t begin, std::int64_t end) {
    return SumOfRuns(begin, end, chain, chain_of);
  });
}

float QuantisedSum(const Tensor& x, std::int64_t row, const HostMatrix& weight,
                   std::int64_t feature, std::int64_t begin,
                   std::span<const std::int64_t> leaf_ends) {
  const auto* q = x.view().Row<std::int8_t>(row);
  const auto* scales = reinterpret_cast<const float*>(q + x.columns());
  const std::byte* weights = weight.view().Row<std::byte>(feature);
  return SumOfLeaves(leaf_ends, [&](std::int64_t leaf_begin, std::int64_t leaf_end) {
    float sum = 0;
    for (std::int64_t b = leaf_begin / 32; b < leaf_end / 32; ++b) {
      const WeightBlock block = ReadBlock(weight.dtype, weights, begin / 32 + b);
      int dots[2] = {0, 0}, total = 0;
      for (int i = 0; i < 32; ++i) {
        dots[i / 16] += block.q[i] * q[32 * b + i];
        total += q[32 * b + i];
      }
      const float scale = scales[b];
      if (weight.dtype == DType::kQ6_K) {
        for (int half : {0, 1}) {
          sum = std::fma(static_cast<float>(dots[half]), block.scales[half] * scale, sum);
        }
        continue;
      }
      sum = std::fma(static_cast<float>(dots[0] + dots[1]), block.scales[0] * scale, sum);
      if (weight.dtype == DType::kQ4_K) {
        sum = std::fma(block.minimum, -(scale * static_cast<float>(total)), sum);
      }
    }
    return sum;
  });
}

std::vector<float> AttentionHead(std::span<const float> q,
                                 const std::vector<std::vector<float>>& keys,
                                 const std::vector<std::vector<float>>& values, float scale,
                                 std::int64_t run) {
  const std::int64_t positions = std::ssize(keys);
  std::vector<float> weights;
  for (const std::vector<float>& key : keys) {
    Lanes dot;
    for (std::int64_t i = 0; i < std::ssize(q); ++i) dot[i] = std::fma(q[i], key[i], dot[i]);
    weights.push_back(dot.Sum() * scale);
  }
  const float maximum = *std::max_element(weights.begin(), weights.end());
  for (float& weight : weights) weight = Exp(weight - maximum);
  const float sum = SumOfRuns(0, positions, run, [&](std::int64_t begin, std::int64_t end) {
    Lanes lanes;
    for (std::int64_t p = begin; p < end; ++p) lanes[p] = lanes[p] + weights[p];
    return lanes.Sum();
  });
  std::vector<float> out;
  for (std::size_t i = 0; i < q.size(); ++i) {
    const float total = SumOfRuns(0, positions, run, [&](std::int64_t begin, std::int64_t end) {
      float chain = 0;
      for (std::int64_t p = begin; p < end; ++p) chain = std::fma(weights[p], values[p][i], chain);
      return chain;
    });
    out.push_back(total * (1 / sum));
  }
  return out;
}

float LogSumExpOf(std::span<const float> x, std::int64_t run) {
  const auto length = static_cast<std::size_t>(std::min(run, std::ssize(x)));
  Terms all = TermsOf(x.first(length));
  for (std::size_t at = length; at < x.size(); at += length) {
    all = Combine(all, TermsOf(x.subspan(at, std::min(length, x.size() - at))));
  }
  return static_cast<float>(double{all.maximum} + DeterministicLog(double{all.sum}));
}

}  // namespace jupiter
