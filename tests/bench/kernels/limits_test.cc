// Shares of known limits, from known times.
#include "bench/kernels/limits.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

MachineLimits Limits() {
  MachineLimits limits;
  limits.read_bytes = 10e9;
  limits.copied_bytes = 8e9;
  limits.f32_operations = 100e9;
  limits.int8_operations = 400e9;
  return limits;
}

OpCall Call(OpKind kind, std::int64_t bytes, std::int64_t operations) {
  OpCall call;
  call.kind = kind;
  call.bytes = bytes;
  call.operations = operations;
  return call;
}

TEST(LimitsTest, TrafficBindsWhereItTakesLonger) {
  // 1 s of reading, 0.5 s of arithmetic.
  const OpCall call = Call(OpKind::kLinear, 10'000'000'000, 50'000'000'000);
  const LimitShare share = ShareOfLimit(call, 2, Limits());
  EXPECT_EQ(share.bound, Bound::kBandwidth);
  EXPECT_DOUBLE_EQ(share.percent, 50);
  EXPECT_DOUBLE_EQ(share.bytes_per_second, 5e9);
  EXPECT_DOUBLE_EQ(share.operations_per_second, 25e9);
  EXPECT_EQ(Name(share.bound), "bandwidth");
}

TEST(LimitsTest, ArithmeticOfProductsIsThatOfTheirRows) {
  OpCall call = Call(OpKind::kLinear, 1'000'000'000, 200'000'000'000);
  const LimitShare dense = ShareOfLimit(call, 4, Limits());
  EXPECT_EQ(dense.bound, Bound::kCompute);
  EXPECT_DOUBLE_EQ(dense.percent, 50);  // 2 s of f32
  EXPECT_EQ(Name(dense.bound), "compute");
  call.input = DType::kAct8;
  EXPECT_DOUBLE_EQ(ShareOfLimit(call, 4, Limits()).percent, 12.5);  // 0.5 s of int8
}

TEST(LimitsTest, OpsThatWriteAsMuchAreComparedWithACopy) {
  EXPECT_DOUBLE_EQ(ShareOfLimit(Call(OpKind::kCopy, 8'000'000'000, 0), 2, Limits()).percent, 50);
  EXPECT_DOUBLE_EQ(ShareOfLimit(Call(OpKind::kArgMax, 10'000'000'000, 0), 2, Limits()).percent, 50);
}

TEST(LimitsTest, ASharedContextIsReadOnce) {
  OpCall call = Call(OpKind::kAttention, 0, 0);
  call.weight = DType::kF16;
  call.rows = 4;
  call.inner = 64;
  call.outer = 256;
  call.context = 7 + 8 + 9 + 10;
  const std::int64_t rows = 2 * 4 * 256 * 4;  // query and result
  call.bytes = rows + 2 * call.context * 64 * 2;
  EXPECT_EQ(WithSharedContext(call, 10).bytes, rows + 2 * 10 * 64 * 2);
  EXPECT_EQ(WithSharedContext(call, 34).bytes, call.bytes);  // nothing is shared
}

TEST(LimitsTest, CopiesExceedTheCache) {
  EXPECT_EQ(CopiesBeyondCache(100, 175), 4);
  EXPECT_EQ(CopiesBeyondCache(100, 200), 5);
  EXPECT_EQ(CopiesBeyondCache(400, 200), 2);
  EXPECT_EQ(CopiesBeyondCache(401, 200), 1);  // leaves the cache on its own
  EXPECT_EQ(CopiesBeyondCache(1, 0), 1);      // no cache is known
}

}  // namespace
}  // namespace jupiter
