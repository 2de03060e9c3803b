// The sums of kernels/cpu/README.md as plain loops over f32, one rounding per line: the same bits
// as the `cpu` device's. The lengths of runs are arguments, so that tests can show what they
// change.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tests/kernels/test_inputs.h"

namespace jupiter {

// In place of a length: one run over everything, which is how version 1 added.
inline constexpr std::int64_t kNoRuns = std::numeric_limits<std::int64_t>::max() / 2;

// x . w, in leaves that end at `leaf_ends`, with chains of `chain` columns from each leaf's first.
float DenseSum(std::span<const float> x, std::span<const float> w, std::int64_t chain,
               std::span<const std::int64_t> leaf_ends);

// act8 row `row` of x times row `feature` of q8_0, q4_0, q4_K or q6_K weights, of which x covers
// the columns from `begin` on.
float QuantisedSum(const Tensor& x, std::int64_t row, const HostMatrix& weight,
                   std::int64_t feature, std::int64_t begin,
                   std::span<const std::int64_t> leaf_ends);

// One query head: keys and values [positions][head_dim] in logical order; runs of `run` positions.
std::vector<float> AttentionHead(std::span<const float> q,
                                 const std::vector<std::vector<float>>& keys,
                                 const std::vector<std::vector<float>>& values, float scale,
                                 std::int64_t run);

// In runs of `run` columns.
float LogSumExpOf(std::span<const float> x, std::int64_t run);

}  // namespace jupiter
