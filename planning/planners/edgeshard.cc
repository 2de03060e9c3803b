#include "planning/partition/edgeshard.h"

#include <fmt/format.h>

#include "kernels/base/check.h"
#include "planning/cost/expected_bytes.h"
#include "planning/planners/common.h"

namespace jupiter {
namespace {

constexpr std::string_view kHeuristicFailed = ", the paper's heuristic finds nothing";

// Times of the whole request: the prompt once, and every decode step at the middle context.
struct RequestTimes {
  RowBlock prompt;
  RowBlock step;
  double steps = 0;

  template <typename Time>
  double operator()(const Time& time) const {
    return time(prompt) + steps * time(step);
  }
};

EdgeShardProblem EdgeShardProblemOf(const Predictor& predictor) {
  const PlanningTask& task = predictor.task();
  const RequestTimes request{{task.prompt_tokens, 0},
                             {StepRows(task.drafts), task.prompt_tokens + task.tokens / 2},
                             static_cast<double>(task.tokens - 1)};
  EdgeShardProblem problem;
  static_cast<StageProblem&>(problem) = StageMemoryOf(task, task.prompt_tokens);
  const int devices = task.cluster.size();
  for (int from = 0; from < devices; ++from) {
    const ModelTimer& timer = predictor.timer(from);
    std::vector<double>& layers = problem.layer_seconds.emplace_back();
    for (int layer = 0; layer < task.shape.config.layers; ++layer) {
      layers.push_back(request([&](const RowBlock& b) { return timer.Layer(layer, b); }));
    }
    problem.embed_seconds.push_back(
        request([&](const RowBlock& b) { return timer.Embed(b.rows); }));
    problem.head_seconds.push_back(timer.Head(1) +
                                   request.steps * StepHeadSeconds(predictor, from));
    std::vector<double>& sends = problem.send_seconds.emplace_back();
    for (int to = 0; to < devices; ++to) {
      const Link& link =
          task.cluster.links[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
      sends.push_back(from == to ? 0 : request([&](const RowBlock& b) {
        const auto bytes = static_cast<double>(
            HiddenMessage(b.rows, task.shape.config.hidden, task.wire, b.before == 0, 1).total());
        return timer.Export(task.wire, b.rows) + predictor.timer(to).Import(task.wire, b.rows) +
               2 * link.HostSeconds(bytes) + WireSecondsAtStart(link, bytes) + link.latency;
      }));
    }
    const Link& back = task.cluster.links[static_cast<std::size_t>(from)][0];
    const auto token = static_cast<double>(TokenMessage().total());
    problem.return_seconds.push_back(from == 0 ? 0
                                               : task.tokens * (2 * back.HostSeconds(token) +
                                                                WireSecondsAtStart(back, token) +
                                                                back.latency));
  }
  return problem;
}

// What the report says about a search that does not try everything.
std::string SearchNote(const EdgeShardPlan& plan, std::string_view before_ordered) {
  switch (plan.search) {
    case EdgeShardSearch::kExact: return "";
    case EdgeShardSearch::kHeuristic:
      return fmt::format("more than {} devices: the paper's heuristic", kMostExactDevices);
    case EdgeShardSearch::kOrdered:
      return fmt::format(
          "more than {} devices{}: {} in the order of the devices or of their memory",
          kMostExactDevices, before_ordered, plan.feasible ? "the best pipeline" : "no pipeline");
  }
  JUPITER_FAIL("{}", static_cast<int>(plan.search));
}

PlannedRun ToRun(const Predictor& predictor, const std::string& strategy, const EdgeShardPlan& plan,
                 std::string note) {
  const PlanningTask& task = predictor.task();
  PlannedRun run;
  if (plan.feasible) {
    const RankLayers split = ByRank(plan.order, plan.layers, task.cluster.size());
    run = Assess(predictor, PipelinePlan(task, strategy, split.layers, split.order));
  } else {
    run = Infeasible(plan.obstacle, plan.reason);
  }
  run.note = std::move(note);
  return run;
}

}  // namespace

PlannedRun PlanEdgeShardByLatency(const Predictor& predictor, const std::string& strategy) {
  const EdgeShardPlan plan = PlanEdgeShardLatency(EdgeShardProblemOf(predictor));
  return ToRun(predictor, strategy, plan, SearchNote(plan, kHeuristicFailed));
}

PlannedRun PlanEdgeShardByThroughput(const Predictor& predictor, const std::string& strategy) {
  const EdgeShardPlan plan = PlanEdgeShardThroughput(EdgeShardProblemOf(predictor));
  return ToRun(predictor, strategy, plan, SearchNote(plan, kHeuristicFailed));
}

PlannedRun PlanEdgeShardOnAllDevices(const Predictor& predictor, const std::string& strategy) {
  const EdgeShardPlan plan = PlanEdgeShardOnAll(EdgeShardProblemOf(predictor));
  return ToRun(predictor, strategy, plan, SearchNote(plan, ", each with a layer"));
}

}  // namespace jupiter
