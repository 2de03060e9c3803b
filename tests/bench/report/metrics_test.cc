// Metrics by hand from their definitions.
#include "bench/report/metrics.h"

#include <gtest/gtest.h>

#include "bench/report/run_report.h"

namespace jupiter {
namespace {

TEST(MetricsTest, Definitions) {
  const RequestMetrics metrics = Measure(10, {12, 12.5, 13.5, 14});
  EXPECT_DOUBLE_EQ(metrics.ttft, 2);
  EXPECT_DOUBLE_EQ(metrics.e2el, 4);
  EXPECT_DOUBLE_EQ(metrics.tpot.value(), (4.0 - 2.0) / (4 - 1));
  EXPECT_EQ(metrics.itl, (std::vector<double>{0.5, 1, 0.5}));
}

TEST(MetricsTest, OneTokenHasNoTimePerFurtherToken) {
  const RequestMetrics metrics = Measure(1, {3});
  EXPECT_DOUBLE_EQ(metrics.ttft, 2);
  EXPECT_DOUBLE_EQ(metrics.e2el, 2);
  EXPECT_FALSE(metrics.tpot.has_value());
  EXPECT_TRUE(metrics.itl.empty());
}

TEST(MetricsTest, NoTokenIsAllZeros) {
  const RequestMetrics metrics = Measure(1, {});
  EXPECT_EQ(metrics.ttft, 0);
  EXPECT_EQ(metrics.e2el, 0);
  EXPECT_FALSE(metrics.tpot.has_value());
  EXPECT_TRUE(metrics.itl.empty());
}

TEST(MetricsTest, TokensKnownAtOnce) {
  const RequestMetrics metrics = Measure(0, {1, 1, 1});
  EXPECT_EQ(metrics.tpot, 0);
  EXPECT_EQ(metrics.itl, (std::vector<double>{0, 0}));
}

TEST(MetricsTest, ShowsADashForATimeThatIsNone) {
  EXPECT_EQ(ShowMilliseconds(0.0125, 3), "12.500 ms");
  EXPECT_EQ(ShowMilliseconds(0.0, 1), "0.0 ms");
  EXPECT_EQ(ShowMilliseconds(std::nullopt, 3), "-");
}

TEST(MetricsTest, QuantilesInterpolate) {
  EXPECT_EQ(Quantile({}, 0.5), 0);
  for (double p : {0.0, 0.3, 1.0}) EXPECT_EQ(Quantile({7}, p), 7);
  const std::vector<double> values = {40, 10, 30, 20};  // not sorted
  EXPECT_DOUBLE_EQ(Quantile(values, 0), 10);
  EXPECT_DOUBLE_EQ(Quantile(values, 1), 40);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.5), 25);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.25), 17.5);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.9), 37);
  EXPECT_DOUBLE_EQ(Quantile({1, 2, 3}, 0.5), 2);
}

TEST(MetricsTest, Rates) {
  EXPECT_DOUBLE_EQ(Rate(128, 0.5), 256);
  EXPECT_EQ(Rate(128, 0), 0);
  EXPECT_EQ(Rate(0, 2), 0);
  EXPECT_EQ(Rate(5, -1), 0);
}

// The model's first token may be the one that ends texts.
TEST(MetricsTest, AnEmptyAnswerHasNoTimes) {
  const RequestMetrics metrics = Measure(5, {});
  EXPECT_EQ(ShowMetrics(metrics, 3, 0, 0),
            "prefill: 3 tokens, TTFT -, - t/s\ndecode: 0 tokens, TPOT -, - t/s\n");
  EXPECT_EQ(ShowWhole(5, std::vector<Generation>(2)), "answer: 0 tokens\n");
  EXPECT_EQ(ShowMetrics(Measure(5, {7}), 4, 1, 0),
            "prefill: 4 tokens, TTFT 2000.00 ms, 2.0 t/s\ndecode: 1 tokens, TPOT -, - t/s\n");
}

}  // namespace
}  // namespace jupiter
