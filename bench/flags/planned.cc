#include "bench/flags/planned.h"

#include <fmt/ranges.h>

#include <cstdio>
#include <utility>

#include "bench/flags/text_file.h"
#include "kernels/base/check.h"
#include "model/stage/weights.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"
#include "parallel/transport/together.h"
#include "planning/testbed/cluster_write.h"

namespace jupiter {
namespace {

constexpr const char* kPlanAgain = "plan again with jupiter_plan --save";

void CheckShareOf(const Plan& plan, bool cuts, const std::vector<int>& list, const char* key,
                  const std::string& path) {
  if (cuts || list.empty()) return;
  FailUser("{}: {}: {} does not split them; {}", path, key, plan.strategy, kPlanAgain);
}

// Strategies make every plan one that they execute. One that was made for another strategy would
// run as something else than it says.
void CheckFitsStrategy(const Plan& plan, const std::string& path) {
  const StrategyTraits& traits = FindTraits(plan.strategy);
  CheckShareOf(plan, traits.cuts_heads, plan.shares.heads, "heads", path);
  CheckShareOf(plan, traits.cuts_heads, plan.shares.columns, "columns", path);
  CheckShareOf(plan, traits.cuts_rows, plan.shares.rows, "rows", path);
  if (traits.shares() && !IsShared(plan)) {
    FailUser("{}: {}: missing: {} gives each rank a share of every layer; {}", path,
             traits.cuts_heads ? "heads" : "rows", plan.strategy, kPlanAgain);
  }
  if (traits.one_process && plan.layers[Strategy::kSource] != ModelLayers(plan)) {
    FailUser("{}: layers: {}, but {} has all of them on rank 0; {}", path,
             fmt::join(plan.layers, ","), plan.strategy, kPlanAgain);
  }
  if (!plan.order.empty() && !traits.cuts_layers) {
    FailUser("{}: order: {} has no stages to order; {}", path, plan.strategy, kPlanAgain);
  }
  if (!plan.overlap && !traits.overlaps) {
    FailUser("{}: overlap: {} sends nothing while it computes; {}", path, plan.strategy,
             kPlanAgain);
  }
  using Kind = SlicePolicy::Kind;
  const Kind slices = plan.slices.kind;
  const bool cuts_prompts = traits.takes_slices || traits.own_slices;
  if (!cuts_prompts && slices != Kind::kWhole && slices != Kind::kChunks) {
    FailUser("{}: slices: {} takes prompts whole; {}", path, plan.strategy, kPlanAgain);
  }
}

void CheckStrategy(const Plan& plan, const std::string& path) {
  try {
    FindStrategy(plan.strategy);
  } catch (const UserError& error) {
    FailUser("{}: strategy: {}", path, error.what());
  }
  CheckFitsStrategy(plan, path);
}

// A plan's types may be repeated, but not changed.
void RefuseOtherTypes(const EngineFlags& flags, const Plan& plan) {
  struct Type {
    const char* flag;
    const std::string& given;
    DType planned;
  };
  const Type types[] = {{"--wire", flags.wire, plan.wire},
                        {"--residual", flags.residual, plan.residual},
                        {"--kv", flags.kv, plan.kv}};
  for (const Type& type : types) {
    if (flags.given.count(type.flag) == 0 || type.given == Name(type.planned)) continue;
    FailUser("{} {} with --plan {}: the plan has {}; leave {} out, or plan again with it",
             type.flag, type.given, flags.plan, Name(type.planned), type.flag);
  }
}

// Makes slices and shares of a planner's plan those that the user names; whether there are any.
bool TakeGiven(const SessionOptions& options, Plan& plan) {
  bool taken = false;
  const auto take = [&taken](const auto& given, auto& own) {
    own = given;
    taken = true;
  };
  const StrategyTraits& traits = FindTraits(plan.strategy);
  const Plan& given = options.plan;
  const bool slices = given.slices.kind != SlicePolicy::Kind::kAuto;
  if (slices && traits.takes_slices) take(given.slices, plan.slices);
  if (traits.cuts_heads && !given.shares.heads.empty()) take(given.shares.heads, plan.shares.heads);
  if (traits.cuts_heads && !given.shares.columns.empty()) {
    take(given.shares.columns, plan.shares.columns);
  }
  if (traits.cuts_rows && !given.shares.rows.empty()) take(given.shares.rows, plan.shares.rows);
  if (traits.overlaps && !given.overlap) take(false, plan.overlap);
  return taken;
}

}  // namespace

Cluster ShareCluster(Transport& transport, const std::string& name_or_path) {
  std::string text;
  OnFirstRank(transport, [&] {
    const std::string path = FindCluster(name_or_path);
    const Cluster cluster = LoadCluster(path);
    if (cluster.size() != transport.size()) {
      FailUser("{}: line {}: devices: {} of them for {} ranks; start mpirun with -np {}", path,
               cluster.devices_line, cluster.size(), transport.size(), cluster.size());
    }
    text = ToYaml(cluster);
  });
  text = Broadcast(transport, text, 0);
  return ParsePeer(transport, 0, "a cluster", [&] { return ParseCluster(text, name_or_path); });
}

PlanningTask TaskFor(const ModelShape& shape, const Cluster& cluster, const SessionOptions& options,
                     const DraftHeads& drafts) {
  return {.shape = shape,
          .cluster = cluster,
          .prompt_tokens = options.prompt_tokens,
          .tokens = options.max_tokens,
          .wire = options.plan.wire,
          .residual = options.plan.residual,
          .min_slice = options.plan.slices.least,
          .drafts = drafts};
}

void Follow(SessionOptions& options, const Plan& plan) {
  options.plan = plan;
  options.split = LayerSplit::kGiven;
}

PlannedRun PlanOf(const Predictor& predictor, const SessionOptions& options) {
  // A session has it on rank 0, whichever device would be the fastest.
  const StrategyTraits& traits = FindTraits(options.plan.strategy);
  if (traits.one_process) {
    return Assess(predictor, OnSingleDevice(predictor, traits.name, Strategy::kSource).plan);
  }
  PlannedRun run = FindPlanner(traits.planner).plan_for(predictor, traits.name);
  if (!run.check || !TakeGiven(options, run.plan)) return Adapted(predictor, std::move(run));
  CheckShares(run.plan.shares, predictor.task().shape, predictor.task().cluster.size());
  return Adapted(predictor, Assess(predictor, std::move(run.plan)));
}

PlannedRun Adapted(const Predictor& predictor, PlannedRun run) {
  if (!run.check || run.device) return run;
  const PlanningTask& task = predictor.task();
  const std::vector<double> same(static_cast<std::size_t>(task.cluster.size()), 1.0);
  const std::string planned = ToJson(run.plan);
  FindStrategy(run.plan.strategy).adapt(run.plan, {task.shape, same});
  if (ToJson(run.plan) == planned) return run;
  PlannedRun adapted = Assess(predictor, std::move(run.plan));
  adapted.planner = std::move(run.planner);
  adapted.note = std::move(run.note);
  return adapted;
}

GivenPlanning ReadPlanning(Transport& transport, const EngineFlags& flags) {
  GivenPlanning given;
  if (!flags.cluster.empty()) given.cluster = ShareCluster(transport, flags.cluster);
  if (flags.plan.empty()) return given;
  std::string text;
  OnFirstRank(transport, [&] {
    const std::optional<std::string> file = ReadTextFile(flags.plan);
    if (!file) FailUser("{}: no such plan, or it cannot be read", flags.plan);
    const Plan plan = ParsePlanFile(*file, flags.plan).plan;
    CheckStrategy(plan, flags.plan);
    RefuseOtherTypes(flags, plan);
    if (static_cast<int>(plan.layers.size()) != transport.size()) {
      FailUser("{}: layers: of {} ranks, there are {}; start mpirun with -np {}", flags.plan,
               plan.layers.size(), transport.size(), plan.layers.size());
    }
    text = *file;
  });
  text = Broadcast(transport, text, 0);
  given.plan = ParsePeer(transport, 0, "a plan", [&] { return ParsePlanFile(text, flags.plan); });
  given.plan_path = flags.plan;
  return given;
}

void NotePlan(const Transport& transport, const GivenPlanning& given,
              const std::vector<std::string>& strategies, std::string_view others_do) {
  if (!given.plan) return;
  const std::string& planned = given.plan->plan.strategy;
  std::vector<std::string> others;
  for (const std::string& strategy : strategies) {
    if (strategy != planned) others.push_back(strategy);
  }
  if (others.size() == strategies.size()) {
    FailUser("--plan {}: it is for {}, which is not among --strategy {}", given.plan_path, planned,
             fmt::join(strategies, ","));
  }
  if (others.empty() || transport.rank() != 0) return;
  fmt::print(stderr, "note: --plan {} is for {} alone; {}: {}\n", given.plan_path, planned,
             fmt::join(others, ", "), others_do);
}

std::string StrategyFor(const GivenPlanning& given, const std::string& asked) {
  if (!given.plan) return asked.empty() ? DefaultStrategy().name : asked;
  const std::string& planned = given.plan->plan.strategy;
  if (!asked.empty() && asked != planned) {
    FailUser("--strategy {}: {}: strategy: the plan is for {}; leave the flag out", asked,
             given.plan_path, planned);
  }
  return planned;
}

void FollowGiven(const GivenPlanning& given, const ModelConfig& config, SessionOptions& options) {
  CheckModel(*given.plan, given.plan_path, config);
  CheckPrompt(given.plan->plan, given.plan_path, options.prompt_tokens);
  Follow(options, given.plan->plan);
}

void ApplyPlanning(const GivenPlanning& given, const Checkpoint& checkpoint,
                   SessionOptions& options) {
  if (given.PlansFor(options.plan.strategy)) FollowGiven(given, checkpoint.config(), options);
  // Planners want a whole model in memory; what streams takes what the session finds there.
  if (!given.cluster || options.stream) return;
  const ModelShape shape = ShapeOf(checkpoint, options.quantise, options.plan.kv);
  const Predictor predictor(TaskFor(shape, *given.cluster, options));
  const PlannedRun run = PlanOf(predictor, options);
  if (!run.feasible) FailUser("{} does not fit the cluster: {}", options.plan.strategy, run.reason);
  Follow(options, run.plan);
}

void CutShorterPrompts(SessionOptions& options, const GivenPlanning& given) {
  SlicePolicy& slices = options.plan.slices;
  if (!given.cluster || !options.shorter_prompts || slices.kind != SlicePolicy::Kind::kLengths) {
    return;
  }
  slices.kind = SlicePolicy::Kind::kTable;
  slices.table = {std::exchange(slices.lengths, {})};
}

}  // namespace jupiter
