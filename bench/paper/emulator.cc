#include "bench/paper/emulator.h"

#include <algorithm>
#include <cmath>

#include "bench/emulate/emulated_profile.h"
#include "bench/paper/policy_times.h"
#include "bench/paper/systems.h"
#include "bench/paper/vary.h"
#include "bench/report/metrics.h"
#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "kernels/base/rng.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/weights.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"
#include "parallel/transport/together.h"
#include "planning/bounds/strategy_bound.h"
#include "planning/drafts/scaled_acceptance.h"
#include "planning/planners/pipeline_tree.h"
#include "planning/replay/round_time.h"
#include "planning/replay/testbed.h"
#include "planning/replay/testbed_profile_write.h"
#include "planning/testbed/cluster_write.h"

namespace jupiter {
namespace {

constexpr double kMilli = 1e3;

std::int64_t SentBytes(const RunRecord& record) {
  std::int64_t bytes = 0;
  for (const RankRecord& rank : record.ranks) {
    for (const Event& event : rank.events) {
      if (const auto* send = std::get_if<SendEvent>(&event)) {
        bytes += send->payload_bytes + send->header_bytes;
      }
    }
  }
  return bytes;
}

std::vector<RankResult> RankResultsOf(const RecordedCase& recorded, const Replay& replay) {
  const std::vector<DeviceMemory>& memory = recorded.check->memory;
  std::vector<RankResult> ranks;
  for (std::size_t i = 0; i < replay.ranks.size(); ++i) {
    const RankReplay& from = replay.ranks[i];
    // A single device is checked alone.
    const MemoryNeed need = i < memory.size() ? memory[i].need : MemoryNeed{};
    ranks.push_back({from.compute_seconds * kMilli, from.egress_seconds * kMilli,
                     from.ingress_seconds * kMilli, from.wait_seconds * kMilli, need.weights,
                     need.kv, need.activations, need.drafts, need.buffers});
  }
  return ranks;
}

// A sum over draws, to be divided.
void AddTo(std::optional<double>& sum, double value) { sum = sum.value_or(0) + value; }

// By formula, from the mean work of the batches that the replay is asked about.
void AddFormula(const RecordedCase& recorded, const RoundFacts& replayed, ResultRow& row) {
  const BatchWork work =
      BatchWorkOf(*recorded.record, TestbedOf(recorded), PipelineRanks(recorded.plan),
                  replayed.first_batch, replayed.batches);
  const auto batches = static_cast<int>(std::lround(row.requests / replayed.items));
  const RoundTime round = PredictRound(work, batches);
  AddTo(row.formula_round_s, round.seconds);
  const double items = static_cast<double>(row.requests) / batches;
  AddTo(row.formula_in_flight, items * round.in_flight);
  AddTo(row.formula_at_work, items * round.at_work);
  AddTo(row.formula_utilisation, round.utilisation);
}

// What messages count for where partial sums are exchanged.
std::vector<PayloadFactors> ExchangesOf(const TestbedProfile& profile, const StepShape& step) {
  std::vector<PayloadFactors> exchanges;
  for (const LayerExchange exchange : {LayerExchange::kAllReduce, LayerExchange::kTileRing}) {
    exchanges.push_back(FactorsOf(profile, exchange, step));
  }
  return exchanges;
}

// What differs from draw to draw. Numbers of the row are sums over them until Finish.
void AddDraw(const PolicyWork& work, const RecordedCase& recorded, const PolicyTimes& times,
             ResultRow& row) {
  AddTo(row.e2e_s, times.e2e);
  AddTo(row.ttft_s, times.ttft);
  if (work.skeleton_tokens > 0) AddTo(row.skeleton_s, times.skeleton);
  if (times.settled > 0) AddTo(row.settled_ms_per_token, times.settled * kMilli);
  if (times.round.seconds > 0) {
    AddTo(row.round_s, times.round.seconds);
    AddTo(row.in_flight, times.round.in_flight);
    AddTo(row.utilisation, times.round.utilisation);
    if (!IsShared(recorded.plan)) AddFormula(recorded, times.round, row);
  }
  row.bytes_total += SentBytes(*recorded.record);
  row.messages += Messages(*recorded.record);
}

// Of one draw.
void AddBounds(const CellBound& bound, const RecordedCase& recorded, const Replay& replay,
               ResultRow& row) {
  const double cell = bound.Seconds(WorkOf(*recorded.record));
  const StrategyBound strategy =
      StrategyBoundOf(bound.inputs(), recorded.plan, *recorded.record, TestbedOf(recorded), replay);
  AddTo(row.cell_bound_s, cell);
  AddTo(row.strategy_bound_s, std::max(cell, strategy.seconds()));
}

// Values of which no mean is taken.
void TakeFirst(const RecordedCase& recorded, const Replay& replay, const PolicyTimes& times,
               PaperResult& result) {
  result.plan = ToJson(recorded.plan);
  result.stamps = times.stamps;
  result.row.bubble = Bubble(replay, recorded.plan);
  result.row.per_rank = RankResultsOf(recorded, replay);
}

void Finish(const std::vector<double>& ends, ResultRow& row) {
  const auto draws = static_cast<int>(ends.size());
  for (std::optional<double>* sum :
       {&row.e2e_s, &row.ttft_s, &row.skeleton_s, &row.settled_ms_per_token, &row.round_s,
        &row.in_flight, &row.utilisation, &row.formula_round_s, &row.formula_in_flight,
        &row.formula_at_work, &row.formula_utilisation, &row.cell_bound_s, &row.strategy_bound_s}) {
    if (*sum) **sum /= draws;
  }
  row.bytes_total /= draws;
  row.messages /= draws;
  row.repetitions = draws;
  row.e2e_p50_s = Quantile(ends, 0.5);
  row.e2e_p90_s = Quantile(ends, 0.9);
  row.decode_ms_per_token = (*row.e2e_s - *row.ttft_s) * kMilli / row.gen_tokens;
  if (row.skeleton_tokens == 0) row.prefill_ms_per_token = *row.ttft_s * kMilli / row.prompt_tokens;
}

// Requests in a batch of steps, as Session has them without a group.
int MostItems(const ShapeRun& run, std::string_view strategy, int devices) {
  const int batches = FindTraits(strategy).cuts_layers ? 2 * devices - 1 : 1;
  return (MostRequests(run) + batches - 1) / batches;
}

}  // namespace

PaperEmulator::PaperEmulator(Transport& transport, const PaperExperiment& experiment,
                             const std::vector<PaperCell>& cells)
    : transport_(transport), experiment_(experiment), records_(transport) {
  for (const auto& [env, path] : experiment.environments) {
    clusters_.emplace(env, ShareCluster(transport, path));
  }
  for (const PaperCell& cell : cells) {
    if (profiles_.count(cell.profile) > 0) continue;
    profiles_.emplace(cell.profile, *ShareProfile(transport, cell.profile));
  }
  Together(transport, [&] {
    for (const auto& [name, path] : experiment.models) {
      Model& model = models_[name];
      model.path = path;
      model.checkpoint = OpenCheckpoint(path);
      model.shape =
          std::make_unique<ModelShape>(ShapeOf(*model.checkpoint, std::nullopt, experiment.kv));
    }
  });
}

std::string PaperEmulator::Settings() const {
  std::string text;
  for (const auto& [name, cluster] : clusters_) text += name + "\n" + ToYaml(cluster);
  for (const auto& [name, profile] : profiles_) text += name + "\n" + ToYaml(profile);
  for (const auto& [name, model] : models_) text += name + " " + model.path + "\n";
  text += ShowWorkload(experiment_);
  return fmt::format(R"({{"suite": "{}", "schema_version": {}, "ranks": {}, "prompt_tokens": {}, )"
                     R"("gen_tokens": {}, "wire": "{}", "kv": "{}", "inputs": "{:016x}"}})",
                     experiment_.name, kResultSchemaVersion, transport_.size(),
                     experiment_.prompt_tokens, experiment_.generated_tokens,
                     Name(experiment_.wire), Name(experiment_.kv), HashBytes(text));
}

PaperExperiment PaperEmulator::ExperimentFor(const PaperCell& cell) const {
  PaperExperiment experiment = Vary(experiment_, cell.variation);
  if (FindPolicy(cell.policy).speculates && experiment.speculation->planned) {
    experiment.speculation->nodes = PlannedNodes(cell, *experiment.speculation);
  }
  return experiment;
}

// For a step of the whole model on the source's device, so that the tree belongs to model and
// profile, and is the same for all systems; the time of links would ask for larger ones. None where
// every tree is slower than plain steps.
int PaperEmulator::PlannedNodes(const PaperCell& cell, const SpeculationWorkload& workload) const {
  const Model& model = models_.at(cell.model);
  const Cluster cluster =
      Apply(profiles_.at(cell.profile), clusters_.at(experiment_.environments.front().first));
  SessionOptions options;
  options.prompt_tokens = experiment_.prompt_tokens;
  options.max_tokens = experiment_.generated_tokens;
  options.plan.kv = experiment_.kv;
  DraftHeads heads = workload.heads;
  heads.tree_rows = kMostPlannedNodes + 1;
  const Predictor predictor(TaskFor(*model.shape, cluster, options, heads));
  Plan plan;
  plan.strategy = OneProcess().name;
  plan.layers.assign(static_cast<std::size_t>(cluster.size()), 0);
  plan.layers.front() = model.shape->config.layers;
  const TreePlan trees =
      PlanTree(predictor, plan, Scaled(workload.acceptance.at(cell.model), workload.scale));
  return trees.best.gain > 1 ? trees.best.tree.rows() - 1 : 0;
}

PaperEmulator::Work PaperEmulator::WorkFor(const PaperCell& cell, const PaperExperiment& experiment,
                                           int draw) const {
  const Model& model = models_.at(cell.model);
  const TestbedProfile& profile = profiles_.at(cell.profile);
  Work work{cell, experiment, profile, model, {}};
  Together(transport_, [&] {
    work.policy = PolicyWorkOf(experiment, FindPolicy(cell.policy), profile, cell.model,
                               model.checkpoint->config().name, draw);
  });
  return work;
}

SessionOptions PaperEmulator::OptionsFor(const Work& work) const {
  SessionOptions options;
  options.plan.strategy = FindSystem(work.cell.system).strategy;
  options.plan.wire = work.experiment.wire;
  options.plan.kv = work.experiment.kv;
  options.prompt_tokens = PromptLengths(work.policy.run).back();
  options.max_tokens = work.experiment.generated_tokens;
  return options;
}

Cluster PaperEmulator::ClusterFor(const PaperCell& cell) const {
  const Cluster& cluster = clusters_.at(cell.env);
  return AtBandwidth(Apply(profiles_.at(cell.profile), cluster), cell.bandwidth);
}

// For the longest prompt, and everything that is held at once. Prompts of other lengths take its
// slices, cut at their end: planning each anew takes longer than a replay and changes little, as
// all but the points' few tokens are nearly as long.
PlannedRun PaperEmulator::PlanFor(const Work& work) const {
  const Cluster cluster = ClusterFor(work.cell);
  const SessionOptions options = OptionsFor(work);
  DraftHeads heads = work.policy.heads;
  heads.tree_rows *= MostItems(work.policy.run, options.plan.strategy, cluster.size());
  PlanningTask task = TaskFor(*work.model.shape, cluster, options, heads);
  task.all_positions = HeldPositions(work.policy.run);
  PlannedRun run =
      PlanSystem(FindSystem(work.cell.system), Predictor(task), work.profile, work.cell.env);
  SlicePolicy& slices = run.plan.slices;
  const bool several = PromptLengths(work.policy.run).size() > 1;
  if (several && slices.kind == SlicePolicy::Kind::kLengths) {
    slices = {.kind = SlicePolicy::Kind::kTable, .lengths = {}, .table = {slices.lengths}};
  }
  return run;
}

PlannedRun PaperEmulator::SharePlan(const Work& work) {
  PlannedRun run;
  std::string text;
  OnFirstRank(transport_, [&] {
    run = PlanFor(work);
    if (run.feasible) text = ToJson(run.plan);
  });
  text = Broadcast(transport_, text, 0);
  if (transport_.rank() == 0) return run;
  run.feasible = !text.empty();
  run.reason = run.feasible ? "" : "rank 0 knows";
  if (run.feasible) {
    run.plan = ParsePeer(transport_, 0, "a plan", [&] { return ParsePlan(text, "the plan"); });
  }
  return run;
}

RecordedCase PaperEmulator::RecordWork(const Work& work, const PlannedRun& plan) {
  const Model& model = work.model;
  const EmulatedCase which{std::string(FindSystem(work.cell.system).strategy),
                           work.experiment.prompt_tokens, work.experiment.generated_tokens,
                           work.cell.bandwidth};
  return RecordCase({transport_, records_, model.path, *model.checkpoint, &work.profile}, which,
                    plan, ClusterFor(work.cell), OptionsFor(work), work.policy.step,
                    work.policy.run);
}

BoundInputs PaperEmulator::BoundInputsOf(const Work& work, const Cluster& cluster) const {
  BoundInputs inputs{.shape = *work.model.shape,
                     .cluster = cluster,
                     .wire = work.experiment.wire,
                     .exchanges = ExchangesOf(work.profile, work.policy.step)};
  // Where the profile's passes verify drafts, their time is in the passes.
  if (!work.policy.run.heads.empty()) inputs.drafts = work.policy.heads;
  return inputs;
}

ResultRow PaperEmulator::Describe(const Work& work, const RecordedCase& recorded) const {
  const auto& [cell, experiment, profile, model, policy] = work;
  ResultRow row;
  row.name = CellName(experiment_, cell);
  row.suite = experiment.name;
  row.clock = "virtual";
  row.profile = cell.profile;
  row.devices = profile.devices.name;
  row.links = profile.links.name;
  row.collectives = profile.collectives.name;
  row.decoding = profile.decoding.name;
  row.env = cell.env;
  row.bandwidth_mbps = cell.bandwidth / 1e6;
  row.model = cell.model;
  row.system = cell.system;
  row.policy = cell.policy;
  row.variation = cell.variation;
  row.wire = Name(experiment.wire);
  row.ranks = transport_.size();
  row.prompt_tokens = experiment.prompt_tokens;
  row.gen_tokens = experiment.generated_tokens;
  row.verdict = recorded.missing.empty() ? Verdict::kUnchecked : Verdict::kSkipped;
  row.rows = policy.step.rows;
  row.tokens_per_step = policy.step.tokens;
  row.skeleton_tokens = policy.skeleton_tokens;
  row.extra_prompt_tokens = policy.extra_prompt_tokens;
  row.requests = static_cast<int>(policy.run.sets.back().requests.size());
  if (policy.run.drafts) row.seed = policy.run.drafts->seed;
  row.reason = recorded.missing;
  if (!recorded.missing.empty()) {
    row.oom = recorded.obstacle == Obstacle::kMemory || recorded.obstacle == Obstacle::kCannotCut;
    return row;
  }
  row.plan_hash = fmt::format("{:016x}", HashBytes(ToJson(recorded.plan)));
  row.note = ShowSplit(recorded.plan);
  if (FindTraits(FindSystem(cell.system).strategy).one_process) {
    const auto device = static_cast<std::size_t>(recorded.source_device);
    row.note = fmt::format("on {}", recorded.cluster.devices[device].name);
  }
  if (!policy.note.empty()) row.note += "; " + policy.note;
  return row;
}

// The first draw stands for values of which no mean is taken.
PaperResult PaperEmulator::Run(const PaperCell& cell) {
  const PaperExperiment experiment = ExperimentFor(cell);
  const int draws = IsDrawn(experiment, FindPolicy(cell.policy)) ? experiment.draws : 1;
  PaperResult result;
  PlannedRun plan;
  const Cluster cluster = ClusterFor(cell);
  std::optional<CellBound> bound;  // all draws do the same kinds of work
  std::vector<double> ends;
  for (int draw = 0; draw < draws; ++draw) {
    const Work work = WorkFor(cell, experiment, draw);
    // Draws differ in what plans do not depend on.
    if (draw == 0) {
      const double start = Now();
      plan = SharePlan(work);
      result.planner_seconds = Now() - start;
    }
    const RecordedCase recorded = RecordWork(work, plan);
    if (transport_.rank() == 0 && draw == 0) result.row = Describe(work, recorded);
    if (!recorded.missing.empty()) return result;
    if (transport_.rank() != 0) continue;
    const Replay replay = Simulate(*recorded.record, TestbedOf(recorded), {.activities = true});
    const PolicyTimes times = TimesOf(work.policy.run, recorded.plan, replay);
    if (draw == 0) TakeFirst(recorded, replay, times, result);
    AddDraw(work.policy, recorded, times, result.row);
    if (!bound) bound.emplace(BoundInputsOf(work, cluster));
    AddBounds(*bound, recorded, replay, result.row);
    ends.push_back(times.e2e);
  }
  if (transport_.rank() == 0) Finish(ends, result.row);
  return result;
}

}  // namespace jupiter
