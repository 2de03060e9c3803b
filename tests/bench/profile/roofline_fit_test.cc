// Fits against ops whose times come from known terms.
#include "bench/profile/roofline_fit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/base/rng.h"
#include "planning/testbed/profile_write.h"

namespace jupiter {
namespace {

constexpr double kBandwidth = 12e9;
constexpr double kPerOp = 2e-7;
constexpr double kQ8Rate = 3e11;
constexpr double kOtherRate = 2e10;

OpCall Linear(DType weight, std::int64_t rows, std::int64_t inner, std::int64_t outer) {
  OpCall op;
  op.kind = OpKind::kLinear;
  op.weight = weight;
  op.input = IsQuantised(weight) ? DType::kAct8 : DType::kF32;
  op.rows = rows;
  op.inner = inner;
  op.outer = outer;
  op.bytes = outer * RowBytes(weight, inner) + rows * (RowBytes(op.input, inner) + 4 * outer);
  op.operations = 2 * rows * inner * outer;
  return op;
}

OpCall Attention(std::int64_t rows, std::int64_t context) {
  OpCall op;
  op.kind = OpKind::kAttention;
  op.rows = rows;
  op.inner = 256;
  op.outer = 2048;
  op.context = context * rows;
  op.bytes = 8 * rows * 2048;  // the keys stay in a cache
  op.operations = 4 * op.context * 2048;
  return op;
}

OpCall Copy(std::int64_t rows, std::int64_t width) {
  OpCall op;
  op.kind = OpKind::kCopy;
  op.rows = rows;
  op.outer = width;
  op.bytes = 8 * rows * width;
  return op;
}

double Rate(const OpCall& op) {
  if (op.kind != OpKind::kLinear) return kOtherRate;
  return op.weight == DType::kQ8_0 ? kQ8Rate : kQ8Rate / 4;
}

// Ops of a model with their times by the terms above, off by up to `noise`, some by a factor of 5.
std::vector<OpCall> Ops(double noise, bool outliers) {
  std::vector<OpCall> ops;
  for (const std::int64_t rows : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}) {
    for (const DType weight : {DType::kQ8_0, DType::kF16}) {
      for (const std::int64_t outer : {256, 2048, 5632}) {
        ops.push_back(Linear(weight, rows, 2048, outer));
      }
    }
    for (const std::int64_t context : {10, 100, 1000}) ops.push_back(Attention(rows, context));
    ops.push_back(Copy(rows, 32));
  }
  const CounterRng rng(11);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    OpCall& op = ops[i];
    op.seconds = kPerOp + std::max(static_cast<double>(op.operations) / Rate(op),
                                   static_cast<double>(op.bytes) / kBandwidth);
    op.seconds *= 1 + noise * (2 * rng.Uniform(i) - 1);
    if (outliers && i % 17 == 5) op.seconds *= 5;
  }
  return ops;
}

void ExpectTerms(const Roofline& roofline, double tolerance) {
  EXPECT_NEAR(roofline.memory_bandwidth.value / kBandwidth, 1, tolerance);
  EXPECT_NEAR(roofline.op_rate.at(DType::kQ8_0).value / kQ8Rate, 1, tolerance);
  EXPECT_NEAR(roofline.op_rate.at(DType::kF16).value / (kQ8Rate / 4), 1, tolerance);
  EXPECT_NEAR(roofline.other_rate.value / kOtherRate, 1, tolerance);
  EXPECT_NEAR(roofline.seconds_per_op.value / kPerOp, 1, tolerance + 0.15);  // the shortest op
}

TEST(RooflineFitTest, ExactTimesGiveTheTerms) {
  const RooflineFit fit = FitRoofline(Ops(0, false), "test");
  ExpectTerms(fit.roofline, 0.01);
  EXPECT_LT(fit.median_error, 0.01);
}

TEST(RooflineFitTest, NoiseMovesTheTermsLittle) {
  const RooflineFit fit = FitRoofline(Ops(0.1, false), "test");
  ExpectTerms(fit.roofline, 0.06);
  EXPECT_LT(fit.median_error, 0.1);
}

TEST(RooflineFitTest, OutliersMoveTheTermsLittle) {
  ExpectTerms(FitRoofline(Ops(0.05, true), "test").roofline, 0.1);
}

TEST(RooflineFitTest, TheOrderOfOpsDoesNotMatterMuch) {
  std::vector<OpCall> ops = Ops(0.1, false);
  const Roofline a = FitRoofline(ops, "test").roofline;
  std::reverse(ops.begin(), ops.end());
  const Roofline b = FitRoofline(ops, "test").roofline;
  EXPECT_NEAR(a.memory_bandwidth.value / b.memory_bandwidth.value, 1, 0.03);
  EXPECT_NEAR(a.other_rate.value / b.other_rate.value, 1, 0.03);
}

TEST(RooflineFitTest, WhatNoOpShowsSaysWhatStandsForIt) {
  std::vector<OpCall> ops = Ops(0, false);
  const Roofline mixed = FitRoofline(ops, "test").roofline;
  EXPECT_DOUBLE_EQ(mixed.op_rate.at(DType::kF32).value, mixed.other_rate.value);
  EXPECT_NE(mixed.op_rate.at(DType::kF32).source.find("no f32 weights"), std::string::npos);

  ops.erase(std::remove_if(ops.begin(), ops.end(),
                           [](const OpCall& op) { return op.kind != OpKind::kLinear; }),
            ops.end());
  const Roofline linear = FitRoofline(ops, "test").roofline;
  EXPECT_DOUBLE_EQ(linear.op_rate.at(DType::kF32).value, linear.op_rate.at(DType::kF16).value);
  EXPECT_DOUBLE_EQ(linear.other_rate.value, linear.op_rate.at(DType::kF32).value);
  EXPECT_NE(linear.other_rate.source.find("no other ops"), std::string::npos);
}

TEST(RooflineFitTest, SourcesSayWhereTheMeasurementIsFrom) {
  const Roofline roofline = FitRoofline(Ops(0, false), "measured on a, 2025-01-31").roofline;
  EXPECT_EQ(roofline.memory_bandwidth.source.rfind("measured on a, 2025-01-31", 0), 0u);
  for (const auto& [dtype, rate] : roofline.op_rate) {
    EXPECT_EQ(rate.source.rfind("measured on a, 2025-01-31", 0), 0u) << Name(dtype);
  }
}

// Times that a clock cannot see, or one single op, give terms that a profile may hold.
TEST(RooflineFitTest, DegenerateTimesGiveTermsThatLoad) {
  OpCall still = Copy(1, 32);
  OpCall one = Copy(1, 32);
  one.seconds = 1e-6;
  DeviceProfile profile;
  profile.name = "one";
  profile.total_memory = profile.usable_memory = {1e9, "test"};
  profile.roofline = FitRoofline({still, one}, "test").roofline;
  const DeviceProfile loaded = ParseDeviceProfile(ToYaml(profile), "one");
  EXPECT_EQ(loaded.roofline.memory_bandwidth.value, profile.roofline.memory_bandwidth.value);
}

}  // namespace
}  // namespace jupiter
