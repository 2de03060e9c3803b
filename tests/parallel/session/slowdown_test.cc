// Slow ranks: ops last as many times as long, in the record as on the clock.
#include "parallel/session/slowdown.h"

#include <gtest/gtest.h>
#include <time.h>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"

namespace jupiter {
namespace {

class Collector : public OpObserver {
 public:
  void OnOp(const OpCall& record, double start) override {
    records.push_back(record);
    starts.push_back(start);
  }
  std::vector<OpCall> records;
  std::vector<double> starts;
};

std::string SlowdownRefusal(std::string_view text, int ranks) {
  try {
    ParseSlowdown(text, ranks);
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

double ProcessorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

TEST(ParseSlowdownTest, AFactorPerRank) {
  EXPECT_EQ(ParseSlowdown("1,2,2,4", 4), (std::vector<double>{1, 2, 2, 4}));
  EXPECT_EQ(ParseSlowdown("1.5", 1), std::vector<double>{1.5});
}

TEST(ParseSlowdownTest, RefusesWhatIsWrong) {
  for (const char* text : {"", "a", "1,", ",1", "1;2", "1,2x", "0.5,1", "-1,1", "0,1", "nan,1",
                           "inf,1", "1e9,1", "1", "1,2,3"}) {
    const std::string error = SlowdownRefusal(text, 2);
    EXPECT_EQ(error.find(std::string("--slowdown ") + text), 0u) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
}

TEST(SlowdownTest, PassesOpsOnStretched) {
  Collector collector;
  Slowdown slowdown(3);
  slowdown.Forward(&collector);
  OpCall record{.kind = OpKind::kLinear, .rows = 7};
  record.seconds = 0.001;
  slowdown.OnOp(record, 42);
  ASSERT_EQ(collector.records.size(), 1u);
  EXPECT_DOUBLE_EQ(collector.records[0].seconds, 0.003);
  EXPECT_EQ(collector.records[0].kind, OpKind::kLinear);
  EXPECT_EQ(collector.records[0].rows, 7);
  EXPECT_EQ(collector.starts[0], 42);
}

// 200 ops of 0.1 ms, three times as slow: 40 ms more, less what may be owed in the end, and asleep.
TEST(SlowdownTest, SleepsWhatManyShortOpsOwe) {
  Slowdown slowdown(3);
  OpCall record;
  record.seconds = 1e-4;
  const double start = Now();
  const double processor = ProcessorSeconds();
  for (int i = 0; i < 200; ++i) slowdown.OnOp(record, 0);
  const double passed = Now() - start;
  EXPECT_GE(passed, 0.0395 - 1e-6);
  EXPECT_LT(passed, 2);
  EXPECT_LT(ProcessorSeconds() - processor, 0.5 * passed);
}

TEST(SlowdownTest, FactorOneOwesNothing) {
  Slowdown slowdown(1);
  OpCall record;
  record.seconds = 100;
  const double start = Now();
  slowdown.OnOp(record, 0);
  EXPECT_LT(Now() - start, 10);
}

}  // namespace
}  // namespace jupiter
