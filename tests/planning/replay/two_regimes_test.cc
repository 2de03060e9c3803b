// The law of two regimes, term by term against the calibration's table of one cell.
#include "planning/replay/two_regimes.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/base/check.h"
#include "planning/replay/testbed.h"
#include "planning/replay/testbed_profile.h"
#include "planning/replay/testbed_profile_parse.h"

namespace jupiter {
namespace {

constexpr double kBandwidth = 100e6;  // of the cell, bit/s
constexpr std::int64_t kHidden = 4096;

std::string ProfilePath(const std::string& name) {
  return std::string(JUPITER_PROFILES) + "/" + name;
}

TestbedProfile ProfileOf(const std::string& reading) {
  return LoadTestbedProfile(
      ProfilePath(reading == "plain" ? "paper-calibrated.yaml" : "paper-calibrated-trees.yaml"));
}

// A line of terms.csv: M-LM, Llama2-7B, environment A, 100 Mbit/s.
struct Term {
  std::string reading;
  std::string phase;
  std::string name;
  std::string carrier;  // "attention", "linear INNERxOUTER", "message of BYTES B payload"
  double count = 0;
  double seconds_each = 0;
  double seconds = 0;
};

std::vector<Term> ReadTerms() {
  std::ifstream file(ProfilePath("terms.csv"));
  std::vector<Term> terms;
  std::string line;
  std::getline(file, line);  // what it is of
  std::getline(file, line);
  EXPECT_EQ(line, "reading,phase,term,carried_by,count,seconds_each,seconds");
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::vector<std::string> words;
    for (std::string word; std::getline(fields, word, ',');) words.push_back(word);
    const bool sum = words[2] == "sum";
    terms.push_back({words[0], words[1], words[2], words[3], sum ? 0 : std::stod(words[4]),
                     sum ? 0 : std::stod(words[5]), std::stod(words[6])});
  }
  return terms;
}

OpCall OpOf(const Term& term, std::int64_t rows) {
  OpCall op;
  op.rows = rows;
  if (term.carrier == "attention") {
    op.kind = OpKind::kAttention;
    return op;
  }
  op.kind = OpKind::kLinear;
  long long inner = 0;
  long long outer = 0;
  EXPECT_EQ(std::sscanf(term.carrier.c_str(), "linear %lldx%lld", &inner, &outer), 2);
  op.inner = inner;
  op.outer = outer;
  const bool attention = term.name == "wq wk wv" || term.name == "wo";
  op.role = attention ? MatrixRole::kAttention : MatrixRole::kMlp;
  op.whole = attention ? kHidden * kHidden : 4 * inner * outer;
  return op;
}

double MessageSeconds(const Term& term, const TestbedProfile& profile, const StepShape& step) {
  long long bytes = 0;
  EXPECT_EQ(std::sscanf(term.carrier.c_str(), "message of %lld B payload", &bytes), 1);
  const PayloadFactors factors = FactorsOf(profile, LayerExchange::kAllReduce, step);
  const auto& phase = term.phase == "prefill" ? factors.prompt : factors.step;
  Link link;
  link.bandwidth = kBandwidth;
  link.efficiency = profile.links.efficiency;
  return link.WireSeconds(static_cast<double>(bytes) * phase.at(kCollectiveChannel));
}

TEST(TwoRegimesTest, EveryTermIsThatOfTheCalibration) {
  double sum = 0;
  int checked = 0;
  for (const Term& term : ReadTerms()) {
    const TestbedProfile profile = ProfileOf(term.reading);
    const StepShape step = StepShapeOf(profile, "synthetic llama2-7b");
    const TwoRegimes& law = *profile.devices.two_regimes;
    const TwoRegimesCosts costs(law, law.boards.at("jetson-xavier-nx"));
    if (term.name == "sum") {
      EXPECT_NEAR(sum / term.seconds, 1, 1e-9) << term.reading << " " << term.phase;
      sum = 0;
      continue;
    }
    const std::int64_t rows = term.phase == "prefill" ? 256 : step.rows;
    const double seconds = term.name == "all-reduce" ? MessageSeconds(term, profile, step)
                                                     : costs.Seconds(OpOf(term, rows));
    EXPECT_NEAR(seconds / term.seconds_each, 1, 1e-9) << term.reading << " " << term.name;
    sum += term.count * seconds;
    ++checked;
  }
  EXPECT_EQ(checked, 24);
}

TEST(TwoRegimesTest, RegimesMeetAtTheLargestNumberOfFewRows) {
  TwoRegimes law;
  law.bytes_per_weight = 0.5;
  law.few_rows = 3;
  law.layer_pass_time = 7;
  law.split_projection_loss = 0.25;
  law.many_row_unpack_bandwidth = 4;
  law.many_row_rate = 8;
  const TwoRegimesCosts costs(law, {2, 5});
  OpCall op = {.kind = OpKind::kLinear,
               .rows = 3,
               .inner = 10,
               .outer = 2,
               .role = MatrixRole::kMlp,
               .whole = 60};
  EXPECT_EQ(costs.Seconds(op), 20 * 0.5 / 2);
  op.rows = 4;
  EXPECT_EQ(costs.Seconds(op), 20 * 5 * (0.5 / 4 + 2 * 4 / 8.0));
  op.role = MatrixRole::kAttention;  // 20 + (60 - 20) / 4 = 30 weights
  EXPECT_EQ(costs.Seconds(op), 30 * 5 * (0.5 / 4 + 2 * 4 / 8.0));
  op.role = MatrixRole::kHead;
  EXPECT_EQ(costs.Seconds(op), 0);
  EXPECT_EQ(costs.Seconds({.kind = OpKind::kAttention, .rows = 1}), 7);
  EXPECT_EQ(costs.Seconds({.kind = OpKind::kRmsNorm, .rows = 1}), 0);
}

TEST(TwoRegimesTest, ProductsOfAnOldRecordAreRefused) {
  const TwoRegimesCosts costs(TwoRegimes{}, {1, 1});
  EXPECT_THROW(costs.Seconds({.kind = OpKind::kLinear, .rows = 1, .inner = 2, .outer = 3}),
               UserError);
}

}  // namespace
}  // namespace jupiter
