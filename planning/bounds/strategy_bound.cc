#include "planning/bounds/strategy_bound.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "planning/cost/expected_bytes.h"
#include "planning/plan/strategy_traits.h"

namespace jupiter {
namespace {

// The way of a request's rows through the stages of a plan.
class StageWay {
 public:
  StageWay(const BoundInputs& inputs, const Plan& plan, const Testbed& testbed)
      : inputs_(inputs),
        plan_(plan),
        testbed_(testbed),
        devices_(inputs.cluster),
        ranks_(PipelineRanks(plan)) {}

  double Seconds(const RequestWork& request) const {
    const double prompt = WayOf({1, request.before + request.prompt - 1}, false);
    return prompt + StepsSeconds(request, [&](const StepWork& step) {
             return WayOf({step.rows, step.before}, true);
           });
  }

 private:
  double WayOf(const RowBlock& block, bool in_step) const {
    double seconds = devices_[ranks_.front()].Seconds(EmbedOps(inputs_.shape, block.rows));
    for (std::size_t stage = 0; stage < ranks_.size(); ++stage) {
      if (stage > 0) seconds += MessageSeconds(stage, block.rows, in_step);
      const int rank = ranks_[stage];
      const int first = FirstLayer(plan_, rank);
      for (int layer = first; layer < first + plan_.layers[static_cast<std::size_t>(rank)];
           ++layer) {
        seconds += LayerSeconds(inputs_.shape, devices_[rank], inputs_.residual, layer, block);
      }
    }
    const BoundDevice& last = devices_[ranks_.back()];
    return seconds + last.Seconds(HeadOps(inputs_.shape, block.rows)) +
           last.Seconds(DraftOps(inputs_.shape, inputs_.drafts)) + TokenSeconds();
  }

  const Link& LinkOf(int from, int to) const {
    return testbed_.links[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }

  // With nothing else on the link, at its best.
  static double LinkSeconds(const Link& link, double bytes) {
    return link.latency + link.wire_seconds + 2 * link.HostSeconds(bytes) +
           8 * bytes / (link.bandwidth * link.efficiency * FastestRate(link.trace));
  }

  double MessageSeconds(std::size_t stage, std::int64_t rows, bool in_step) const {
    const MessageBytes message =
        HiddenMessage(rows, inputs_.shape.config.hidden, inputs_.wire, false, rows);
    const double factor = FactorOf(testbed_.payload_factors, kBatchChannel, in_step, rows);
    const int from = ranks_[stage - 1], to = ranks_[stage];
    const BoundDevice& receiver = devices_[to];
    return devices_[from].Seconds({ExportOp(inputs_.shape, inputs_.wire, rows)}) +
           LinkSeconds(LinkOf(from, to), static_cast<double>(message.payload) * factor) +
           receiver.Seconds({ImportOp(inputs_.shape, inputs_.wire, rows)});
  }

  double TokenSeconds() const {
    if (ranks_.size() == 1) return 0;
    return LinkSeconds(LinkOf(ranks_.back(), ranks_.front()), 0);
  }

  const BoundInputs& inputs_;
  const Plan& plan_;
  const Testbed& testbed_;
  const BoundDevices devices_;
  const std::vector<int> ranks_;
};

// When each set of the source begins, and its last token was known.
std::vector<std::pair<double, double>> SetTimes(const Replay& replay) {
  std::vector<std::pair<double, double>> sets;
  for (const MarkTime& mark : replay.ranks.front().marks) {
    const bool token = mark.kind == MarkKind::kFirstToken || mark.kind == MarkKind::kToken;
    if (mark.kind == MarkKind::kStart) sets.emplace_back(mark.time, mark.time);
    if (token && !sets.empty()) sets.back().second = mark.time;
  }
  return sets;
}

double BusyUntil(const RankReplay& rank, double end) {
  double busy = 0;
  for (const Activity& activity : rank.activities) {
    if (activity.kind == Activity::Kind::kWait || activity.begin >= end) continue;
    busy += std::min(activity.end, end) - activity.begin;
  }
  return busy;
}

double ChainOf(const BoundInputs& inputs, const Plan& plan, const RunRecord& record,
               const Testbed& testbed) {
  Testbed free = testbed;
  free.queues = false;
  const auto times = SetTimes(Simulate(record, free));
  const std::vector<SetWork> work = WorkOf(record);
  double chain = 0;
  for (std::size_t set = 0; set < work.size(); ++set) {
    const auto [begin, end] = times[set];
    if (IsShared(plan) || work[set].requests.size() == 1) {
      chain += end - begin;
      continue;
    }
    const StageWay way(inputs, plan, testbed);
    double slowest = 0;
    for (const RequestWork& request : work[set].requests) {
      slowest = std::max(slowest, way.Seconds(request));
    }
    chain += slowest;
  }
  return chain;
}

}  // namespace

double StrategyBound::seconds() const { return std::max({device, link, chain}); }

StrategyBound StrategyBoundOf(const BoundInputs& inputs, const Plan& plan, const RunRecord& record,
                              const Testbed& testbed, const Replay& replay) {
  StrategyBound bound;
  const auto times = SetTimes(replay);
  JUPITER_CHECK(!times.empty(), "a replay without the marks of a source");
  const double end = times.back().second;
  for (const RankReplay& rank : replay.ranks) {
    bound.device = std::max(bound.device, BusyUntil(rank, end));
    // What is sent behind the last token is not told apart.
    const double busy = std::min(end, std::max(rank.egress_seconds, rank.ingress_seconds));
    bound.link = std::max(bound.link, busy);
  }
  bound.chain = ChainOf(inputs, plan, record, testbed);
  return bound;
}

}  // namespace jupiter
