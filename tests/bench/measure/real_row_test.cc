// Rows of measured cases: what they keep of samples, and that what is shown of them survives the
// file.
#include "bench/measure/real_row.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

RequestSample Request(double ttft, double e2e, int tokens) {
  RequestSample sample;
  sample.ttft_s = ttft;
  sample.e2e_s = e2e;
  if (tokens > 1) sample.tpot_s = (e2e - ttft) / (tokens - 1);
  sample.cpu_s = e2e / 7;
  sample.payload_bytes = 300;
  sample.messages = 5;
  return sample;
}

ResultRow Row(int tokens, std::vector<std::vector<RequestSample>> calls) {
  ResultRow row;
  row.name = "real/m/jupiter/pp10/tg3";
  row.clock = "wall";
  row.verdict = Verdict::kValid;
  row.prompt_tokens = 10;
  row.gen_tokens = tokens;
  row.measured = Measured{std::move(calls), 0.1, 2, 4, "; a note"};
  return row;
}

// Google Benchmark called once with one iteration, and then for two repetitions of two.
ResultRow Repeated() {
  ResultRow row = Row(3, {{Request(9, 99, 3)},
                          {Request(0.1, 0.3, 3), Request(0.2, 0.6, 3)},
                          {Request(0.3, 0.7, 3), Request(0.4, 1.0, 3)}});
  Summarise(2, row);
  return row;
}

TEST(RealRowTest, KeepsEveryRequestOfEveryRepetition) {
  const ResultRow row = Repeated();
  ASSERT_EQ(row.measured->repetitions.size(), 2u);
  EXPECT_EQ(row.repetitions, 4);
  EXPECT_DOUBLE_EQ(*row.e2e_s, (0.6 + 0.7) / 2);
  EXPECT_DOUBLE_EQ(*row.ttft_s, 0.25);
  EXPECT_DOUBLE_EQ(*row.prefill_ms_per_token, 25);
  EXPECT_DOUBLE_EQ(*row.decode_ms_per_token, 200);  // of 100, 200, 200, 300
  EXPECT_EQ(row.bytes_total, 300);
  EXPECT_EQ(row.messages, 5);
}

TEST(RealRowTest, CountersAreOfOneRepetition) {
  const ResultRow row = Repeated();
  benchmark::UserCounters counters = CountersOf(row, row.measured->repetitions[1]);
  EXPECT_DOUBLE_EQ(counters["TTFT_ms"], 350);
  EXPECT_DOUBLE_EQ(counters["TPOT_ms"], 250);
  EXPECT_DOUBLE_EQ(counters["n"], 2);
  EXPECT_DOUBLE_EQ(counters["prefill_tps"], 10 / 0.35);
  EXPECT_DOUBLE_EQ(counters["threads_per_rank"], 4);
  EXPECT_EQ(counters.count("threads"), 0u);  // Google Benchmark has a field of that name
  EXPECT_EQ(counters.count("drafted"), 0u);
}

TEST(RealRowTest, OneTokenHasNoTimePerOutputToken) {
  ResultRow row = Row(1, {{Request(0.1, 0.1, 1)}});
  Summarise(1, row);
  EXPECT_FALSE(row.decode_ms_per_token.has_value());
  const benchmark::UserCounters counters = CountersOf(row, row.measured->repetitions[0]);
  for (const char* name : {"TPOT_ms", "TPOT_p90_ms", "decode_tps"}) {
    EXPECT_EQ(counters.count(name), 0u) << name;
  }
}

TEST(RealRowTest, AnAnswerWithoutStepsHasNoRatesOfDrafts) {
  ResultRow row = Row(1, {{Request(0.1, 0.1, 1)}});
  Sample sample;
  row.measured->repetitions[0][0].drafts = SampleOf(sample, /*drafts=*/true).drafts;
  Summarise(1, row);
  const ResultRow back = ParseResultRow(ToJson(row), "there");
  EXPECT_EQ(back.tokens_per_step, 1);
  const benchmark::UserCounters counters = CountersOf(back, back.measured->repetitions[0]);
  EXPECT_EQ(counters.count("tokens_per_step"), 0u);
  EXPECT_EQ(counters.count("acceptance_rate"), 0u);
  EXPECT_EQ(counters.at("drafted").value, 0);
}

TEST(RealRowTest, ShowsTheSameWhenItComesFromTheFile) {
  ResultRow row = Repeated();
  row.measured->repetitions[1][1].drafts = {1.5, 0.25, 12, 9, 1};
  const ResultRow back = ParseResultRow(ToJson(row), "there");
  EXPECT_EQ(ToJson(back), ToJson(row));
  for (std::size_t i = 0; i < 2; ++i) {
    const benchmark::UserCounters measured = CountersOf(row, row.measured->repetitions[i]);
    const benchmark::UserCounters kept = CountersOf(back, back.measured->repetitions[i]);
    ASSERT_EQ(kept.size(), measured.size());
    for (const auto& [name, counter] : measured) EXPECT_EQ(kept.at(name).value, counter.value);
  }
  EXPECT_EQ(EndOf(back).label, "VALID; a note");
  EXPECT_EQ(EndOf(back).cpu_seconds, EndOf(row).cpu_seconds);
  EXPECT_DOUBLE_EQ(EndOf(row).cpu_seconds.at(0), (0.3 + 0.6) / 7 / 2);
}

TEST(RealRowTest, AKeptCaseHasTheIterationsThatWereMeasured) {
  const BenchCase kept = KeptCase(Repeated());
  EXPECT_EQ(kept.iterations, 2u);
  EXPECT_EQ(kept.repetitions, 2u);
}

}  // namespace
}  // namespace jupiter
