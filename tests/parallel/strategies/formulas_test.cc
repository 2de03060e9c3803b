// What runs send and hold is what the formulas of planning/ say, to the byte, on every rank.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "parallel/session/session.h"
#include "planning/cost/expected_bytes.h"
#include "planning/cost/memory_model.h"
#include "planning/cost/request_traffic.h"
#include "planning/plan/slices.h"
#include "tests/parallel/mpi_main.h"
#include "tests/parallel/strategies/share_cases.h"

namespace jupiter {
namespace {

constexpr int kPrompt = 11;
constexpr int kTokens = 3;

std::vector<std::string> StrategyNames() {
  std::vector<std::string> names;
  for (const StrategyEntry& entry : Strategies()) names.push_back(entry.traits.name);
  return names;
}

// A strategy's name as names of tests may be.
std::string NameOf(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

SessionOptions OptionsFor(const std::string& strategy, bool uneven) {
  SessionOptions options;
  options.plan.strategy = strategy;
  options.prompt_tokens = kPrompt;
  options.max_tokens = kTokens;
  if (!uneven) return options;
  const int ranks = TestContext().size();
  options.plan.shares = UnevenShares(ranks);
  options.split = LayerSplit::kGiven;
  options.plan.layers.assign(static_cast<std::size_t>(ranks), 0);
  options.plan.layers.front() = 1;
  options.plan.layers.back() += 5;  // those in between stay idle
  return options;
}

// Runs with real weights; counters of this rank against the formula.
void ExpectTraffic(const SessionOptions& options) {
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", {});
  const auto checkpoint = OpenCheckpoint("synthetic:tiny");
  Session session(transport, *device, *checkpoint, options);
  session.Load();
  transport.ResetCounters();
  Request request;
  for (int i = 0; i < kPrompt; ++i) request.prompt.push_back((37 * i + 5) % 512);
  request.max_tokens = kTokens;
  session.Run(request, {}, nullptr);
  const TrafficCounters& counters = transport.counters();
  const Plan& plan = session.plan();
  const auto stages = static_cast<int>(PipelineRanks(plan).size());
  const ExpectedTraffic expected =
      RequestTraffic(checkpoint->config(), plan, CutPrompt(plan.slices, kPrompt, stages), kTokens,
                     transport.rank());
  EXPECT_EQ(counters.messages_sent, expected.messages) << ToJson(plan);
  EXPECT_EQ(counters.header_sent, expected.header) << ToJson(plan);
  EXPECT_EQ(counters.payload_sent, expected.payload) << ToJson(plan);
}

class TrafficTest : public testing::TestWithParam<std::string> {};

TEST_P(TrafficTest, CountersEqualTheFormula) {
  struct Setting {
    DType wire;
    const char* slices;  // some with fewer rows than ranks, some with a row that cannot be cut
    bool uneven;
  };
  for (const Setting& setting : {Setting{DType::kF32, "whole", false},
                                 {DType::kF32, "2,8,1", true},
                                 {DType::kF16, "5,2,4", true},
                                 {DType::kF16, "1,10", false},
                                 {DType::kQ8_0, "3,3,5", true}}) {
    SessionOptions options = OptionsFor(GetParam(), setting.uneven);
    options.plan.wire = setting.wire;
    options.plan.slices = ParseSlices(setting.slices, 2);
    ExpectTraffic(options);
  }
}

INSTANTIATE_TEST_SUITE_P(All, TrafficTest, testing::ValuesIn(StrategyNames()), NameOf);

TEST(GalaxyTrafficTest, IsTheSameWithoutOverlap) {
  SessionOptions options = OptionsFor("galaxy", true);
  options.plan.overlap = false;
  ExpectTraffic(options);
}

// On the device that holds nothing, weights are as large as in files.
void ExpectMemory(const std::string& model, const SessionOptions& options) {
  Transport transport(TestContext());
  const auto device = MakeDevice("recording", {});
  const auto checkpoint = OpenCheckpoint(model);
  const Session session(transport, *device, *checkpoint, options);
  const Plan& plan = session.plan();
  const ModelShape shape = ShapeOf(*checkpoint, options.quantise, options.plan.kv);
  const std::vector<int> slices =
      CutPrompt(plan.slices, options.prompt_tokens, static_cast<int>(PipelineRanks(plan).size()));
  const RequestShape request{options.prompt_tokens, options.max_tokens,
                             *std::max_element(slices.begin(), slices.end())};
  for (int rank = 0; rank < transport.size(); ++rank) {
    SCOPED_TRACE(model + " " + ToJson(plan) + " rank " + std::to_string(rank));
    const MemoryNeed need = NeedOf(shape, plan, request, rank);
    const RankMemory& planned = session.memory()[static_cast<std::size_t>(rank)];
    EXPECT_EQ(planned.stage.weights, need.weights);
    EXPECT_EQ(planned.stage.kv, need.kv);
    EXPECT_EQ(planned.stage.activations, need.activations);
    EXPECT_EQ(planned.buffers, need.buffers);
  }
}

class MemoryTest : public testing::TestWithParam<std::string> {};

TEST_P(MemoryTest, SessionsPlanWhatTheModelCounts) {
  for (bool uneven : {false, true}) {
    for (const char* model : {"synthetic:tiny", "synthetic:tiny:q4_0"}) {
      SessionOptions options = OptionsFor(GetParam(), uneven);
      options.plan.slices = ParseSlices("2,8,1", 2);
      options.plan.wire = DType::kQ8_0;
      options.plan.kv = DType::kF16;
      ExpectMemory(model, options);
    }
  }
  // Biases and a tied head; fewer KV heads than ranks; types with large blocks; what papers run.
  for (const char* model :
       {"synthetic:qwen2-1.5b", "synthetic:tiny:q6_K", "synthetic:llama2-7b:q4_0"}) {
    ExpectMemory(model, OptionsFor(GetParam(), false));
  }
}

INSTANTIATE_TEST_SUITE_P(All, MemoryTest, testing::ValuesIn(StrategyNames()), NameOf);

}  // namespace
}  // namespace jupiter
