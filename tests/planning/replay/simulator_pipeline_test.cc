// Pipelines of n stages and k slices against the recurrence with links as stages of their own, and
// against closed forms where stages are equal. Every op and every link is also disturbed in turn.
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "kernels/base/rng.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "tests/planning/replay/simulation_builders.h"

namespace jupiter {
namespace {

struct Pipeline {
  std::vector<std::vector<double>> ops;  // [stage][slice], seconds
  std::vector<std::int64_t> bytes;       // [slice], of each message
  std::vector<Link> links;               // [stage], to the next one

  int stages() const { return static_cast<int>(ops.size()); }
  int slices() const { return static_cast<int>(bytes.size()); }
};

double Simulated(const Pipeline& pipeline) {
  const int stages = pipeline.stages();
  RunRecord record = EmptyRecord(stages);
  Testbed testbed = UniformTestbed(stages, PlainLink());
  for (int stage = 0; stage < stages; ++stage) {
    const auto s = static_cast<std::size_t>(stage);
    if (stage + 1 < stages) testbed.links[s][s + 1] = pipeline.links[s];
    for (std::size_t slice = 0; slice < pipeline.bytes.size(); ++slice) {
      RankBuilder rank = At(record, stage);
      if (stage > 0) rank.Receive(stage - 1, pipeline.bytes[slice]);
      rank.Op(pipeline.ops[s][slice]);
      if (stage + 1 < stages) rank.Send(stage + 1, pipeline.bytes[slice]);
    }
  }
  return Simulate(record, testbed).end;
}

// C[slice][stage] = max(C[slice-1][stage], C[slice][stage-1]) + seconds, device by device and link
// by link; latency passes between a link and the next device.
double Expected(const Pipeline& pipeline) {
  const auto slices = pipeline.bytes.size();
  std::vector<double> arrival(slices, 0);
  double device = 0;
  for (std::size_t stage = 0; stage < pipeline.ops.size(); ++stage) {
    device = 0;
    double link = 0;
    for (std::size_t slice = 0; slice < slices; ++slice) {
      const auto bytes = static_cast<double>(pipeline.bytes[slice]);
      device = std::max(device, arrival[slice]) + pipeline.ops[stage][slice];
      if (stage > 0) {
        const Link& in = pipeline.links[stage - 1];
        device += in.host_seconds + bytes * in.host_seconds_per_byte;
      }
      if (stage + 1 == pipeline.ops.size()) continue;
      const Link& out = pipeline.links[stage];
      device += out.host_seconds + bytes * out.host_seconds_per_byte;
      link = std::max(link, device) + out.wire_seconds + bytes * 8 / out.bandwidth / out.efficiency;
      arrival[slice] = link + out.latency;
    }
  }
  return device;
}

Pipeline RandomPipeline(int stages, int slices, std::uint64_t seed) {
  const CounterRng rng(seed);
  std::uint64_t index = 0;
  const auto uniform = [&] { return static_cast<double>(rng.Uniform(index++)); };
  Pipeline pipeline;
  for (int slice = 0; slice < slices; ++slice) {
    pipeline.bytes.push_back(100 + static_cast<std::int64_t>(2000 * uniform()));
  }
  for (int stage = 0; stage < stages; ++stage) {
    std::vector<double>& ops = pipeline.ops.emplace_back();
    for (int slice = 0; slice < slices; ++slice) ops.push_back(2 * uniform());
    Link link = PlainLink();
    link.bandwidth *= 0.5 + uniform();
    link.efficiency = 0.5 + uniform() / 2;
    link.latency = uniform();
    link.wire_seconds = uniform() / 4;
    link.host_seconds = uniform() / 4;
    link.host_seconds_per_byte = uniform() / 8000;
    pipeline.links.push_back(link);
  }
  return pipeline;
}

class PipelineTest : public testing::TestWithParam<std::tuple<int, int>> {
 protected:
  int stages() const { return std::get<0>(GetParam()); }
  int slices() const { return std::get<1>(GetParam()); }
};

TEST_P(PipelineTest, UnequalStagesFollowTheRecurrence) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Pipeline pipeline = RandomPipeline(stages(), slices(), seed);
    const double expected = Expected(pipeline);
    EXPECT_NEAR(Simulated(pipeline), expected, 1e-13 * expected) << "seed " << seed;
  }
}

TEST_P(PipelineTest, EqualStagesTakeTheClosedForm) {
  const double n = stages();
  const double k = slices();
  for (double op : {0.5, 1.0, 4.0}) {
    Link link = PlainLink();
    link.latency = 0.125;
    link.wire_seconds = 0.25;
    const double wire = 1 + 0.25;
    Pipeline pipeline;
    pipeline.ops.assign(static_cast<std::size_t>(stages()),
                        std::vector<double>(static_cast<std::size_t>(slices()), op));
    pipeline.bytes.assign(static_cast<std::size_t>(slices()), 1000);
    pipeline.links.assign(static_cast<std::size_t>(stages()), link);
    const double slowest = n == 1 ? op : std::max(op, wire);
    EXPECT_EQ(Simulated(pipeline), n * op + (n - 1) * (wire + 0.125) + (k - 1) * slowest);
  }
}

// The change of the result is the change of the recurrence, for whatever changes.
template <typename Disturb>
void ExpectSameChange(const Pipeline& pipeline, Disturb&& disturb) {
  Pipeline disturbed = pipeline;
  disturb(disturbed);
  const double expected = Expected(disturbed) - Expected(pipeline);
  EXPECT_NEAR(Simulated(disturbed) - Simulated(pipeline), expected, 1e-12);
}

TEST_P(PipelineTest, DisturbingOneOpMovesTheResultByTheRecurrence) {
  const Pipeline pipeline = RandomPipeline(stages(), slices(), 77);
  for (std::size_t stage = 0; stage < pipeline.ops.size(); ++stage) {
    for (std::size_t slice = 0; slice < pipeline.bytes.size(); ++slice) {
      for (double change : {-0.5, 0.25, 3.0}) {
        ExpectSameChange(pipeline, [&](Pipeline& disturbed) {
          double& op = disturbed.ops[stage][slice];
          op = std::max(0.0, op + change);
        });
      }
    }
  }
  // The last op of all is always on the critical path.
  Pipeline later = pipeline;
  later.ops.back().back() += 0.75;
  EXPECT_NEAR(Simulated(later), Simulated(pipeline) + 0.75, 1e-12);
}

TEST_P(PipelineTest, DisturbingOneLinkMovesTheResultByTheRecurrence) {
  const Pipeline pipeline = RandomPipeline(stages(), slices(), 78);
  for (std::size_t stage = 0; stage + 1 < pipeline.ops.size(); ++stage) {
    for (double Link::*member :
         {&Link::bandwidth, &Link::efficiency, &Link::latency, &Link::wire_seconds,
          &Link::host_seconds, &Link::host_seconds_per_byte}) {
      for (double factor : {0.25, 0.9, 3.0}) {
        ExpectSameChange(pipeline,
                         [&](Pipeline& disturbed) { disturbed.links[stage].*member *= factor; });
      }
    }
  }
}

// One token after the other through all stages and back to the first.
TEST_P(PipelineTest, DecodingTakesTheSumOfStagesAndLinks) {
  const int n = stages();
  Link link = PlainLink();
  link.latency = 0.5;
  link.host_seconds = 0.0625;
  RunRecord record = EmptyRecord(n);
  for (int token = 0; token < slices(); ++token) {
    At(record, 0).Op(1);
    if (n > 1) At(record, 0).Send(1, 1000).Receive(n - 1, 500);
    At(record, 0).Mark(MarkKind::kToken, token + 1);
    for (int rank = 1; rank < n; ++rank) {
      At(record, rank).Receive(rank - 1, 1000).Op(rank + 1);
      if (rank + 1 < n) At(record, rank).Send(rank + 1, 1000);
    }
    if (n > 1) At(record, n - 1).Send(0, 500);
  }
  const Replay replay = Simulate(record, UniformTestbed(n, link));
  const double messages = n == 1 ? 0 : (n - 1) * 1 + 0.5 + n * (0.5 + 2 * 0.0625);
  const double step = n * (n + 1) / 2.0 + messages;
  ASSERT_EQ(replay.ranks[0].marks.size(), static_cast<std::size_t>(slices()));
  for (int token = 0; token < slices(); ++token) {
    EXPECT_EQ(replay.ranks[0].marks[static_cast<std::size_t>(token)].time, (token + 1) * step);
  }
}

INSTANTIATE_TEST_SUITE_P(StagesAndSlices, PipelineTest,
                         testing::Combine(testing::Values(1, 2, 3, 4, 5, 8),
                                          testing::Values(1, 2, 3, 5, 8, 16)));

}  // namespace
}  // namespace jupiter
