// Times of ops against closed forms.
#include <chrono>
#include <cmath>
#include <cstdio>

#include "kernels/base/rng.h"
#include "planning/testbed/device_profile.h"
#include "planning/testbed/profile_costs.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

DeviceProfile PlainProfile() {
  DeviceProfile profile;
  profile.name = "plain";
  profile.roofline.memory_bandwidth = {1e9, "test"};
  profile.roofline.seconds_per_op = {1e-5, "test"};
  profile.roofline.op_rate[DType::kF32] = {1e10, "test"};
  profile.roofline.op_rate[DType::kQ4_0] = {4e10, "test"};
  profile.roofline.other_rate = {2e9, "test"};
  return profile;
}

OpCall Linear(std::int64_t rows, std::int64_t inner, std::int64_t outer) {
  OpCall op;
  op.kind = OpKind::kLinear;
  op.rows = rows;
  op.inner = inner;
  op.outer = outer;
  op.bytes = 4 * (inner * outer + rows * (inner + outer));
  op.operations = 2 * rows * inner * outer;
  return op;
}

OpCall Attention(std::int64_t rows, std::int64_t context_sum) {
  OpCall op;
  op.kind = OpKind::kAttention;
  op.rows = rows;
  op.inner = 64;
  op.outer = 256;
  op.context = context_sum;
  op.bytes = 8 * rows * 256 + 8 * context_sum * 64;
  op.operations = 4 * context_sum * 256;
  return op;
}

MeasuredOp Measured(std::int64_t inner, std::int64_t outer, std::vector<MeasuredPoint> points) {
  MeasuredOp op;
  op.inner = inner;
  op.outer = outer;
  op.points = std::move(points);
  return op;
}

TEST(ProfileCostsTest, RooflineIsOverheadPlusTheSlowerOfArithmeticAndMemory) {
  const ProfileCosts costs(PlainProfile());
  OpCall op = Linear(1, 100, 1000);
  op.bytes = 5'000'000;
  op.operations = 10'000'000;
  EXPECT_DOUBLE_EQ(costs.Seconds(op), 1e-5 + 5e-3);
  op.operations = 100'000'000;
  EXPECT_DOUBLE_EQ(costs.Seconds(op), 1e-5 + 1e-2);
  op.weight = DType::kQ4_0;
  EXPECT_DOUBLE_EQ(costs.Seconds(op), 1e-5 + 5e-3);  // 2.5 ms of arithmetic
  op.weight = DType::kBF16;                          // as f32
  EXPECT_DOUBLE_EQ(costs.Seconds(op), 1e-5 + 1e-2);
  op.kind = OpKind::kSwiGlu;
  EXPECT_DOUBLE_EQ(costs.Seconds(op), 1e-5 + 5e-2);
}

TEST(ProfileCostsTest, MeasuredRowsAreInterpolatedAndExtrapolated) {
  DeviceProfile profile = PlainProfile();
  profile.measured.push_back(
      Measured(64, 128, {{32, 0, 0.9}, {1, 0, 0.1}, {8, 0, 0.3}}));  // any order
  const ProfileCosts costs(profile);
  EXPECT_DOUBLE_EQ(costs.Seconds(Linear(1, 64, 128)), 0.1);
  EXPECT_DOUBLE_EQ(costs.Seconds(Linear(8, 64, 128)), 0.3);
  EXPECT_DOUBLE_EQ(costs.Seconds(Linear(32, 64, 128)), 0.9);
  EXPECT_DOUBLE_EQ(costs.Seconds(Linear(5, 64, 128)), 0.1 + 0.2 * 4 / 7);
  EXPECT_DOUBLE_EQ(costs.Seconds(Linear(20, 64, 128)), 0.6);
  EXPECT_DOUBLE_EQ(costs.Seconds(Linear(128, 64, 128)), 0.9 + 96 * 0.6 / 24);
  EXPECT_DOUBLE_EQ(costs.RooflineSeconds(Linear(1, 64, 128)), 1e-5 + 33.536e-6);
}

TEST(ProfileCostsTest, TimesStayPositiveBeyondNoisyPoints) {
  DeviceProfile profile = PlainProfile();
  profile.measured.push_back(Measured(64, 128, {{8, 0, 1e-3}, {16, 0, 9e-3}, {32, 0, 2e-3}}));
  const ProfileCosts costs(profile);
  EXPECT_EQ(costs.Seconds(Linear(1, 64, 128)), 1e-9);               // the line is below zero
  EXPECT_DOUBLE_EQ(costs.Seconds(Linear(1 << 20, 64, 128)), 2e-3);  // falls no further
  EXPECT_DOUBLE_EQ(costs.Seconds(Linear(24, 64, 128)), 5.5e-3);
}

TEST(ProfileCostsTest, RowsAndContextAreBilinear) {
  // t = 2 + 3 rows + 5 context + 7 rows context is bilinear, so a grid reproduces it everywhere.
  const auto t = [](double rows, double context) {
    return 2 + 3 * rows + 5 * context + 7 * rows * context;
  };
  DeviceProfile profile = PlainProfile();
  MeasuredOp op = Measured(64, 256, {});
  op.kind = OpKind::kAttention;
  for (const std::int64_t rows : {1, 4, 16}) {
    for (const double context : {10.0, 100.0, 1000.0}) {
      op.points.push_back({rows, context, t(static_cast<double>(rows), context)});
    }
  }
  profile.measured.push_back(op);
  const ProfileCosts costs(profile);
  for (const std::int64_t rows : {1, 2, 4, 9, 16, 64}) {
    for (const std::int64_t context : {1, 10, 55, 100, 333, 1000, 5000}) {
      const double expected = t(static_cast<double>(rows), static_cast<double>(context));
      EXPECT_NEAR(costs.Seconds(Attention(rows, rows * context)), expected, 1e-9 * expected);
    }
  }
  // Context per row is a mean and need not be whole.
  EXPECT_NEAR(costs.Seconds(Attention(4, 4 * 50 + 2)), t(4, 50.5), 1e-9 * t(4, 50.5));
}

// Batches of r rows after c positions, as jupiter_profile measures them: no two numbers of rows
// share a context.
TEST(ProfileCostsTest, BatchesBehindContextsNeedNoGrid) {
  const auto t = [](double rows, double context) { return rows * (2 + 5 * context); };
  DeviceProfile profile = PlainProfile();
  MeasuredOp op = Measured(64, 256, {});
  op.kind = OpKind::kAttention;
  for (const std::int64_t rows : {1, 4, 16, 64}) {
    for (const double before : {0.0, 100.0, 1000.0}) {
      const auto r = static_cast<double>(rows);
      const double context = before + (r + 1) / 2;
      op.points.push_back({rows, context, t(r, context)});
    }
  }
  profile.measured.push_back(op);
  const ProfileCosts costs(profile);
  for (const std::int64_t rows : {1, 3, 4, 10, 33, 64, 90}) {
    for (const std::int64_t before : {0, 7, 100, 400, 2000}) {
      const std::int64_t sum = rows * before + rows * (rows + 1) / 2;
      const auto r = static_cast<double>(rows);
      const double expected = t(r, static_cast<double>(sum) / r);
      EXPECT_NEAR(costs.Seconds(Attention(rows, sum)), expected, 1e-9 * expected);
    }
  }
}

TEST(ProfileCostsTest, OtherShapesScaleTheNearestByTheRoofline) {
  DeviceProfile profile = PlainProfile();
  profile.measured.push_back(Measured(100, 100, {{1, 0, 1.0}, {3, 0, 2.0}}));
  profile.measured.push_back(Measured(100, 10'000, {{1, 0, 50.0}}));
  profile.measured.push_back(Measured(10'000, 100, {{1, 0, 70.0}}));
  const ProfileCosts costs(profile);
  const auto roofline = [&](const OpCall& op) { return costs.RooflineSeconds(op); };
  // 90000 is 9 times 10^4 and a ninth... of 10^6 it is 1 / 11.1.
  const OpCall small = Linear(2, 300, 300);
  EXPECT_DOUBLE_EQ(costs.Seconds(small), 1.5 * (roofline(small) / roofline(Linear(2, 100, 100))));
  // 200000 is nearer to 10^6; of the two shapes of that size the one with the nearer inner counts.
  const OpCall wide = Linear(1, 200, 1000);
  EXPECT_DOUBLE_EQ(costs.Seconds(wide), 50 * (roofline(wide) / roofline(Linear(1, 100, 10'000))));
  const OpCall tall = Linear(1, 2000, 100);
  EXPECT_DOUBLE_EQ(costs.Seconds(tall), 70 * (roofline(tall) / roofline(Linear(1, 10'000, 100))));
  // Other types have no table.
  OpCall other = small;
  other.weight = DType::kQ4_0;
  EXPECT_DOUBLE_EQ(costs.Seconds(other), roofline(other));
}

TEST(ProfileCostsTest, EveryOpHasAPositiveFiniteTime) {
  DeviceProfile profile = PlainProfile();
  for (std::size_t kind = 0; kind < kOpKinds; ++kind) {
    MeasuredOp op = Measured(64, 64, {{1, 0, 1e-5}, {8, 16, 2e-5}, {8, 0, 1e-5}});
    op.kind = static_cast<OpKind>(kind);
    profile.measured.push_back(op);
  }
  const ProfileCosts costs(profile);
  const CounterRng rng(3);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    OpCall op;
    op.kind = static_cast<OpKind>(rng.Bits(7 * i) % kOpKinds);
    op.rows = 1 + static_cast<std::int64_t>(rng.Bits(7 * i + 1) % 4096);
    op.inner = static_cast<std::int64_t>(rng.Bits(7 * i + 2) % 20'000);
    op.outer = 1 + static_cast<std::int64_t>(rng.Bits(7 * i + 3) % 40'000);
    op.context = static_cast<std::int64_t>(rng.Bits(7 * i + 4) % 100'000);
    op.bytes = static_cast<std::int64_t>(rng.Bits(7 * i + 5) % 1'000'000'000);
    op.operations = static_cast<std::int64_t>(rng.Bits(7 * i + 6) % 1'000'000'000'000);
    const double seconds = costs.Seconds(op);
    EXPECT_GT(seconds, 0) << Name(op.kind);
    EXPECT_TRUE(std::isfinite(seconds)) << Name(op.kind);
  }
}

TEST(ProfileCostsTest, CallsAreFast) {
  DeviceProfile profile = PlainProfile();
  for (const std::int64_t outer : {1024, 4096, 11008, 32000}) {
    std::vector<MeasuredPoint> points;
    for (std::int64_t rows = 1; rows <= 512; rows *= 2) {
      points.push_back({rows, 0, 1e-3 * static_cast<double>(rows)});
    }
    profile.measured.push_back(Measured(4096, outer, points));
  }
  const ProfileCosts costs(profile);
  constexpr int kCalls = 1'000'000;
  double sum = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kCalls; ++i) sum += costs.Seconds(Linear(1 + i % 600, 4096, 5000 + i % 5));
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  std::printf("%.0f ns per call\n", elapsed.count() / kCalls * 1e9);
  EXPECT_GT(sum, 0);
  // Two orders of magnitude of room for sanitizers and loaded machines.
  EXPECT_LT(elapsed.count() / kCalls, 10e-6);
}

}  // namespace
}  // namespace jupiter
