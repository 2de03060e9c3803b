// Work through a rate that changes in steps, against hand-made cases and against adding up the work
// done between the steps.
#include "planning/testbed/rate_trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/base/rng.h"

namespace jupiter {
namespace {

TEST(RateTraceTest, DefaultIsRateOneForEver) {
  EXPECT_EQ(RateTrace().Finish(3, 4), 7);
  EXPECT_EQ(RateTrace(std::vector<RateStep>()).Finish(3, 4), 7);
  EXPECT_TRUE(RateTrace().constant());
}

TEST(RateTraceTest, OneStepHoldsBeforeAndAfterItsStart) {
  const RateTrace trace({{10, 0.5}});
  EXPECT_TRUE(trace.constant());
  EXPECT_EQ(trace.Finish(0, 2), 4);
  EXPECT_EQ(trace.Finish(9, 2), 13);
  EXPECT_EQ(trace.Finish(20, 2), 24);
}

TEST(RateTraceTest, WorkCrossesSteps) {
  const RateTrace trace({{0, 1}, {4, 0.5}, {8, 2}});
  EXPECT_FALSE(trace.constant());
  EXPECT_EQ(trace.Finish(1, 2), 3);   // within the first
  EXPECT_EQ(trace.Finish(1, 3), 4);   // up to the step exactly
  EXPECT_EQ(trace.Finish(1, 4), 6);   // 3 in the first, 1 at half rate
  EXPECT_EQ(trace.Finish(1, 9), 10);  // 3, then 2, then 4 at double rate
  EXPECT_EQ(trace.Finish(4, 1), 6);   // begins on the step: the new rate
  EXPECT_EQ(trace.Finish(-2, 3), 1);  // the first rate held before it
  EXPECT_EQ(trace.Finish(100, 8), 104);
}

TEST(RateTraceTest, RateZeroStandsStill) {
  const RateTrace trace({{0, 1}, {2, 0}, {5, 0}, {7, 1}});
  EXPECT_EQ(trace.Finish(0, 2), 2);  // just done before it stops
  EXPECT_EQ(trace.Finish(0, 3), 8);
  EXPECT_EQ(trace.Finish(3, 1), 8);
  EXPECT_EQ(trace.Finish(6, 1), 8);
  EXPECT_EQ(RateTrace({{5, 0}, {7, 1}}).Finish(1, 1), 8);  // it stood still before the first step
}

TEST(RateTraceTest, NoWorkTakesNoTime) {
  const RateTrace trace({{0, 0}, {5, 1}});
  EXPECT_EQ(trace.Finish(1, 0), 1);
  EXPECT_EQ(trace.Finish(9, 0), 9);
}

RateTrace RandomTrace(const CounterRng& rng, int steps) {
  std::vector<RateStep> list;
  double start = -1;
  for (int i = 0; i < steps; ++i) {
    const auto index = static_cast<std::uint64_t>(2 * i);
    start += 0.1 + 3 * rng.Uniform(index);
    const double rate = 2 * rng.Uniform(index + 1);
    list.push_back({start, i + 1 < steps && rate < 0.4 ? 0 : rate + 0.01});
  }
  return RateTrace(list);
}

// Work done between two times, interval by interval.
double Work(const std::vector<RateStep>& steps, double begin, double end) {
  double work = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double infinity = std::numeric_limits<double>::infinity();
    const double from = std::max(begin, i == 0 ? -infinity : steps[i].start);
    const double to = std::min(end, i + 1 == steps.size() ? infinity : steps[i + 1].start);
    if (to > from) work += steps[i].rate * (to - from);
  }
  return work;
}

TEST(RateTraceTest, FinishIsWhenTheWorkIsDone) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const CounterRng rng(seed);
    const RateTrace trace = RandomTrace(rng, 1 + static_cast<int>(rng.Bits(100) % 8));
    for (std::uint64_t i = 0; i < 20; ++i) {
      const double start = 20 * rng.Uniform(1000 + i) - 4;
      const double amount = 10 * rng.Uniform(2000 + i) + 0.001;
      const double finish = trace.Finish(start, amount);
      EXPECT_NEAR(Work(trace.steps(), start, finish), amount, 1e-12) << "seed " << seed;
      EXPECT_GE(trace.Finish(start, amount * 1.5), finish);
      EXPECT_GE(trace.Finish(start + 0.5, amount), finish);
      EXPECT_NEAR(trace.Finish(trace.Finish(start, amount / 4), 3 * amount / 4), finish, 1e-11);
    }
  }
}

TEST(RateTraceDeathTest, StepsAreChecked) {
  using Steps = std::vector<RateStep>;
  EXPECT_DEATH(RateTrace(Steps{{0, 1}, {0, 2}}), "step 1: start 0 after 0");
  EXPECT_DEATH(RateTrace(Steps{{1, 1}, {0, 2}}), "step 1: start 0 after 1");
  EXPECT_DEATH(RateTrace(Steps{{0, -1}, {1, 2}}), "step 0: start 0, rate -1");
  EXPECT_DEATH(RateTrace(Steps{{0, 1}, {1, 0}}), "the last rate is 0");
  EXPECT_DEATH(RateTrace(Steps{{0, std::nan("")}}), "step 0");
  EXPECT_DEATH(RateTrace().Finish(0, -1), "-1 at 0");
}

TEST(RateTraceTest, TheFirstRateAboveZero) {
  EXPECT_EQ(RateTrace().FirstRate(), 1);
  EXPECT_EQ(RateTrace({{3, 0.25}, {4, 2}}).FirstRate(), 0.25);
  EXPECT_EQ(RateTrace({{0, 0}, {1, 0.5}, {2, 1}}).FirstRate(), 0.5);
}

}  // namespace
}  // namespace jupiter
