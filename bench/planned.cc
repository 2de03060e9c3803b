#include "bench/planned.h"

#include "bench/text_file.h"
#include "kernels/base/check.h"
#include "model/weights.h"
#include "parallel/agreement.h"
#include "parallel/together.h"

namespace jupiter {

Cluster ShareCluster(Transport& transport, const std::string& path) {
  std::string text;
  OnFirstRank(transport, [&] {
    const Cluster cluster = LoadCluster(path);
    if (cluster.size() != transport.size()) {
      FailUser("{}: line {}: devices: {} of them for {} ranks; start mpirun with -np {}", path,
               cluster.devices_line, cluster.size(), transport.size(), cluster.size());
    }
    text = ToYaml(cluster);
  });
  return ParseCluster(Broadcast(transport, text, 0), path);
}

PlanningTask TaskFor(const ModelShape& shape, const Cluster& cluster,
                     const SessionOptions& options) {
  return {.shape = shape,
          .cluster = cluster,
          .prompt_tokens = options.prompt_tokens,
          .tokens = options.max_tokens,
          .wire = options.wire,
          .residual = options.residual,
          .min_slice = options.slices.least};
}

void Follow(SessionOptions& options, const Plan& plan) {
  options.split = IsShared(plan) ? LayerSplit::kEqual : LayerSplit::kGiven;
  options.layers = plan.layers;
  options.order = plan.order;
  options.shares = plan.shares;
  options.overlap = plan.overlap;
  options.slices = plan.slices;
  options.wire = plan.wire;
  options.residual = plan.residual;
  options.kv = plan.kv;
}

GivenPlanning ReadPlanning(Transport& transport, const EngineFlags& flags) {
  GivenPlanning given;
  if (!flags.cluster.empty()) given.cluster = ShareCluster(transport, flags.cluster);
  if (flags.plan.empty()) return given;
  std::string text;
  OnFirstRank(transport, [&] {
    const std::optional<std::string> file = ReadTextFile(flags.plan);
    if (!file) FailUser("{}: no such plan, or it cannot be read", flags.plan);
    const Plan plan = ParsePlan(*file, flags.plan);
    FindStrategy(plan.strategy);
    if (static_cast<int>(plan.layers.size()) != transport.size()) {
      FailUser("{}: layers: of {} ranks, there are {}; start mpirun with -np {}", flags.plan,
               plan.layers.size(), transport.size(), plan.layers.size());
    }
    text = *file;
  });
  given.plan = ParsePlan(Broadcast(transport, text, 0), flags.plan);
  return given;
}

std::string StrategyFor(const GivenPlanning& given, const std::string& asked) {
  if (!given.plan) return asked.empty() ? "jupiter" : asked;
  if (!asked.empty() && asked != given.plan->strategy) {
    FailUser("--strategy {}: the plan is for {}; leave the flag out", asked, given.plan->strategy);
  }
  return given.plan->strategy;
}

void ApplyPlanning(const GivenPlanning& given, const Checkpoint& checkpoint,
                   SessionOptions& options) {
  if (given.plan && given.plan->strategy == options.strategy) Follow(options, *given.plan);
  if (!given.cluster) return;
  const ModelShape shape = ShapeOf(checkpoint, options.quantise, options.kv);
  const Predictor predictor(TaskFor(shape, *given.cluster, options));
  const PlannedRun run = FindPlanner(PlannerOf(options.strategy)).make(predictor);
  if (!run.feasible) FailUser("{} does not fit the cluster: {}", options.strategy, run.reason);
  Follow(options, run.plan);
}

}  // namespace jupiter
