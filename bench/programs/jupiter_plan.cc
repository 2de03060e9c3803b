// Plans without running: what every planner would do with a model on a testbed.
//
//   jupiter_plan --cluster experiments/clusters/env-a.yaml --model synthetic:llama2-7b:q4_0
#include "bench/programs/jupiter_plan.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>

#include "bench/flags/bandwidth_flag.h"
#include "bench/flags/engine_flags.h"
#include "bench/flags/planned.h"
#include "bench/flags/tool.h"
#include "bench/plan/plan_explanation.h"
#include "bench/plan/plan_report.h"
#include "kernels/base/check.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/weights.h"
#include "planning/drafts/draft_tree_file.h"
#include "planning/planners/pipeline_tree.h"
#include "planning/testbed/profile_write.h"

namespace jupiter {
namespace {

struct PlanFlags {
  EngineFlags engine;
  std::string cluster;
  std::string planner = "all";
  std::string bandwidth;  // Mbit/s
  int prompt_tokens = 256;
  int tokens = 64;
  int all_prompts = 0;  // step; 0: for prompt_tokens only
  std::string draft_heads = "0";
  std::string acceptance;
  std::vector<std::string> trees;
  std::string save_tree;
  bool any_order = false;
  bool json = false;
  bool explain = false;
  std::string save;
};

bool HasDraftHeads(const PlanFlags& flags) {
  // Of which type they are changes nothing here.
  return ParseDraftHeads(flags.draft_heads, DType::kF16).any();
}

bool PlansSlices(const PlannerEntry& planner) {
  return ChoosesSlices(FindTraits(planner.strategy));
}
bool SendsAnything(const PlannerEntry& planner) { return Sends(FindTraits(planner.strategy)); }
bool IsPipeline(const PlannerEntry& planner) { return !FindTraits(planner.strategy).shares(); }
bool OrdersDevices(const PlannerEntry& planner) { return planner.orders_devices; }

void CheckPlanner(const std::string& name) {
  if (name == "all") return;
  try {
    FindPlanner(name);
  } catch (const UserError& error) {
    FailUser("{}, or all", error.what());
  }
}

// Why a flag is idle when the chosen planner is not like this.
Flag::WhyIdle UnlessPlanner(const PlanFlags& flags, bool (*is)(const PlannerEntry&)) {
  return [&flags, is]() -> std::string {
    CheckPlanner(flags.planner);
    if (flags.planner == "all" || is(FindPlanner(flags.planner))) return {};
    std::vector<std::string_view> takers;
    for (const PlannerEntry& entry : Planners()) {
      if (is(entry)) takers.push_back(entry.name);
    }
    return fmt::format("does nothing with --planner {}, only with {}", flags.planner,
                       takers.size() + 1 == Planners().size()
                           ? "the others"
                           : fmt::format("{}", fmt::join(takers, ", ")));
  };
}

void AddPlanners(FlagSet& set, PlanFlags& flags) {
  std::string planners = "all";
  for (const PlannerEntry& entry : Planners()) {
    planners += fmt::format("; {} ({})", entry.name, entry.summary);
  }
  set.Add("--planner", flags.planner, planners);
  AddMinSliceFlag(set, flags.engine.min_slice).ActsUnless(UnlessPlanner(flags, PlansSlices));
  set.AddSwitch("--any-order", flags.any_order, "let jupiter order the devices after the first")
      .ActsUnless(UnlessPlanner(flags, OrdersDevices));
}

void AddDrafts(FlagSet& set, PlanFlags& flags) {
  constexpr const char* kUnmeasured = "is for measured acceptance; add --acceptance FILE";
  const auto has_acceptance = [&flags] { return !flags.acceptance.empty(); };
  set.Add("--draft-heads", flags.draft_heads,
          "N: Medusa heads on the last stage, of the output matrix's type; N:own with an output "
          "matrix each");
  set.Add("--acceptance", flags.acceptance,
          "with --draft-heads: plan the draft tree for this measured acceptance (a file, or a name "
          "such as medusa1-vicuna-7b)")
      .ActsIf([&flags] { return HasDraftHeads(flags); },
              "is for a model with draft heads; add --draft-heads N");
  set.Add("--tree", flags.trees,
          "with --acceptance: draft trees to rate beside the planned one (YAML, or Medusa's lists "
          "of paths)")
      .ActsIf(has_acceptance, kUnmeasured);
  set.Add("--save-tree", flags.save_tree, "with --acceptance: write the planned tree here")
      .ActsIf(has_acceptance, kUnmeasured);
}

PlanFlags ParsePlanFlags(int argc, const char* const* argv) {
  PlanFlags flags;
  FlagSet set("jupiter_plan",
              "Plans a model on a testbed: layers, slices, memory, predicted times.");
  AddModelFlag(set, flags.engine.model);
  AddTypeFlags(set, flags.engine).ActsUnless(UnlessPlanner(flags, SendsAnything));
  set.Add("--cluster", flags.cluster, "cluster file or shipped name").Required();
  AddPlanners(set, flags);
  AddBandwidthFlag(set, flags.bandwidth, "Mbit/s of every link")
      .ActsUnless(UnlessPlanner(flags, SendsAnything));
  set.Add("-p,--n-prompt,--prompt-tokens", flags.prompt_tokens, "tokens of the prompt");
  set.Add("-n,--n-gen,--tokens", flags.tokens, "tokens of the answer");
  AddDrafts(set, flags);
  set.AddSwitch("--json", flags.json, "JSON instead of tables").ChangesNoNumber();
  set.AddSwitch("--explain", flags.explain,
                "of pipelines: where the predicted time goes, and what would shorten it")
      .ActsIf([&flags] { return !flags.json; }, "is text for readers; leave out --json")
      .ActsUnless(UnlessPlanner(flags, IsPipeline))
      .ChangesNoNumber();
  set.Add("--save", flags.save,
          "write the plan here that has the least predicted end-to-end time, for --plan of other "
          "programs; --planner NAME makes it that planner's");
  set.Add("--all-prompts", flags.all_prompts,
          "with --save: slices for all prompts up to --n-prompt, at this step (0: for that alone)")
      .ActsIf([&flags] { return !flags.save.empty(); },
              "is for a plan that is kept; add --save FILE")
      .ActsUnless(UnlessPlanner(flags, PlansSlices))
      .AtLeast(0);
  set.Parse(argc, argv);
  return flags;
}

void CheckPlanFlags(const PlanFlags& flags, const ModelConfig& config) {
  if (flags.prompt_tokens < 1 || flags.tokens < 1 ||
      std::int64_t{flags.prompt_tokens} + flags.tokens > config.context) {
    FailUser(
        "--n-prompt {} and --n-gen {}: expected at least 1 each and at most {} together, the "
        "context of {}",
        flags.prompt_tokens, flags.tokens, config.context, config.name);
  }
  if (flags.all_prompts >= flags.prompt_tokens) {
    FailUser("--all-prompts {}: expected a step below the {} tokens of --n-prompt",
             flags.all_prompts, flags.prompt_tokens);
  }
  CheckPlanner(flags.planner);
  CheckWritable(flags.save);
  CheckWritable(flags.save_tree);
}

std::vector<NamedTree> LoadTrees(const std::vector<std::string>& paths) {
  std::vector<NamedTree> trees;
  for (const std::string& path : paths) {
    trees.push_back({std::filesystem::path(path).stem().string(), LoadDraftTree(path)});
  }
  return trees;
}

class Planning {
 public:
  explicit Planning(const PlanFlags& flags)
      : flags_(flags),
        options_(ToSessionOptions(flags.engine)),
        checkpoint_(OpenCheckpoint(flags.engine.model)),
        shape_(ShapeOf(*checkpoint_, options_.quantise, options_.plan.kv)),
        drafts_(ParseDraftHeads(flags.draft_heads, shape_.head)),
        cluster_(WithBandwidth(LoadCluster(FindCluster(flags.cluster)), flags.bandwidth)) {
    CheckPlanFlags(flags, checkpoint_->config());
    CheckQuantises(*checkpoint_, options_.quantise);
    if (!flags.acceptance.empty()) acceptance_ = LoadAcceptance(flags.acceptance);
    trees_ = LoadTrees(flags.trees);
    options_.plan.slices.least = flags.engine.min_slice;
  }

  int Execute() {
    std::vector<PlannedRun> runs = MakeAll(flags_.prompt_tokens);
    PlannedRun* best = Best(runs);
    PlannedRun* kept = Keeps() ? BestToFollow(runs) : nullptr;
    if (acceptance_) AddTrees(best, kept);
    PrintAll(flags_.json ? ToJson(runs, cluster_, shape_) + "\n" : Show(runs));
    if (best == nullptr) FailWithoutPlan(runs);
    if (!Keeps()) return 0;
    if (kept == nullptr) FailWithoutPlanToFollow(*best);
    if (!flags_.save.empty()) Save(*kept);
    if (!flags_.save_tree.empty()) SaveTree(*kept);
    return 0;
  }

 private:
  Predictor PredictorFor(int prompt_tokens) const {
    SessionOptions options = options_;
    options.prompt_tokens = prompt_tokens;
    options.max_tokens = flags_.tokens;
    PlanningTask task = TaskFor(shape_, cluster_, options, drafts_);
    task.any_order = flags_.any_order;
    return Predictor(task);
  }

  // The plan as the strategy executes it.
  static PlannedRun PlanBy(const PlannerEntry& entry, const Predictor& predictor) {
    PlannedRun run = Adapted(predictor, entry.make(predictor));
    run.planner = entry.name;
    return run;
  }

  std::vector<PlannedRun> MakeAll(int prompt_tokens) const {
    const Predictor predictor = PredictorFor(prompt_tokens);
    std::vector<PlannedRun> runs;
    for (const PlannerEntry& entry : Planners()) {
      if (flags_.planner == "all" || flags_.planner == entry.name) {
        runs.push_back(PlanBy(entry, predictor));
      }
    }
    return runs;
  }

  // Jupiter considers most splits of the layers, so its reason says most.
  [[noreturn]] void FailWithoutPlan(const std::vector<PlannedRun>& runs) const {
    const auto jupiter = std::find_if(runs.begin(), runs.end(), [](const PlannedRun& run) {
      return run.planner == DefaultStrategy().planner;
    });
    const PlannedRun& told = jupiter == runs.end() ? runs.front() : *jupiter;
    FailUser("{} on {}: no plan; {}: {}: {}", shape_.config.name, cluster_.name, told.planner,
             Name(told.obstacle), told.reason);
  }

  std::string Show(const std::vector<PlannedRun>& runs) const {
    std::string text =
        fmt::format("{} on {}, prompt {}, answer {}\nweights {}, wire {}, KV {}\n\n",
                    shape_.config.name, cluster_.name, flags_.prompt_tokens, flags_.tokens,
                    ShowWeights(shape_), Name(options_.plan.wire), Name(options_.plan.kv));
    if (drafts_.any()) {
      text += fmt::format(
          "{}; TTFT, TPOT and E2E are those of plain decoding{}\n\n", ToString(drafts_),
          acceptance_ ? ""
                      : ", since the tokens that a verification step accepts are not known "
                        "here; --acceptance says them");
    }
    text += ShowPlans(runs, cluster_) + ShowEachPlan(runs, cluster_) + "\n" + ShowNotes(runs);
    return flags_.explain ? text + Explanations(runs) : text;
  }

  std::string Explanations(const std::vector<PlannedRun>& runs) const {
    const Predictor predictor = PredictorFor(flags_.prompt_tokens);
    std::string text;
    for (const PlannedRun& run : runs) {
      if (!run.feasible || !run.prediction) continue;
      const auto plan_anew = [&](const Predictor& other) {
        return PlanBy(FindPlanner(run.planner), other);
      };
      text += "\n" + ExplainPlan(predictor.task(), run, plan_anew);
    }
    return text;
  }

  // Whether a plan, a tree or both go to files.
  bool Keeps() const { return !flags_.save.empty() || !flags_.save_tree.empty(); }

  // That of the least predicted time among those that `counts` takes, else the first of those
  // whose times are not predicted (shares of layers).
  template <typename Counts>
  static PlannedRun* BestOf(std::vector<PlannedRun>& runs, Counts counts) {
    PlannedRun* best = nullptr;
    for (PlannedRun& run : runs) {
      if (!run.feasible || !counts(run)) continue;
      if (best == nullptr || E2elOf(run) < E2elOf(*best)) best = &run;
    }
    return best;
  }

  static double E2elOf(const PlannedRun& run) {
    return run.prediction ? run.prediction->e2el : std::numeric_limits<double>::infinity();
  }

  static PlannedRun* Best(std::vector<PlannedRun>& runs) {
    return BestOf(runs, [](const PlannedRun&) { return true; });
  }

  // Plans have `local` on rank 0. That another device would be faster alone cannot be followed.
  static PlannedRun* BestToFollow(std::vector<PlannedRun>& runs) {
    return BestOf(runs, [](const PlannedRun& run) { return run.device.value_or(0) == 0; });
  }

  [[noreturn]] void FailWithoutPlanToFollow(const PlannedRun& fastest) const {
    const int device = fastest.device.value_or(0);
    const bool plan = !flags_.save.empty();
    FailUser(
        "{} {}: {} (rank {}) alone would be the fastest, but plans have local on rank 0; put "
        "that device first in {}",
        plan ? "--save" : "--save-tree", plan ? flags_.save : flags_.save_tree,
        cluster_.devices[static_cast<std::size_t>(device)].name, device, flags_.cluster);
  }

  void Save(const PlannedRun& best) const {
    Plan plan = best.plan;
    // The other strategies take prompts of any length whole, or in slices of one length.
    if (flags_.all_prompts > 0 && ChoosesSlices(FindTraits(plan.strategy))) {
      plan.slices = SlicesOfAllPrompts(best);
    }
    std::ofstream file(flags_.save);
    file << ToJson(PlanFile{plan, FactsOf(shape_.config)}) << "\n";
    file.flush();
    if (!file) FailUser("--save {}: cannot be written; check that the folder exists", flags_.save);
    fmt::print(stderr, "{}: plan of {}{}\n", flags_.save, best.planner,
               flags_.planner == "all" && best.prediction
                   ? ", the least predicted end-to-end time of those that --plan can follow"
                   : "");
  }

  // A kept plan has its own tree beside it, where it can have one.
  void AddTrees(PlannedRun* best, PlannedRun* kept) const {
    if (best != nullptr) AddTree(*best);
    if (kept == nullptr || kept == best) return;
    if (kept->prediction || !flags_.save_tree.empty()) AddTree(*kept);
  }

  void AddTree(PlannedRun& run) const {
    // Shares of layers have no times.
    if (!run.prediction) {
      FailUser(
          "--acceptance {}: draft trees are planned for pipelines, and {} is none; choose "
          "another --planner",
          flags_.acceptance, run.planner);
    }
    run.trees = PlanTree(PredictorFor(flags_.prompt_tokens), run, *acceptance_, trees_);
  }

  void SaveTree(const PlannedRun& run) const {
    WriteTextFile(flags_.save_tree, ToYaml(run.trees->best.tree));
    fmt::print(stderr, "{}: draft tree for {}\n", flags_.save_tree, run.planner);
  }

  // The layers stay those of the longest prompt.
  SlicePolicy SlicesOfAllPrompts(const PlannedRun& best) const {
    SlicePolicy policy = best.plan.slices;
    policy.kind = SlicePolicy::Kind::kTable;
    policy.lengths.clear();
    for (int tokens = flags_.all_prompts; tokens < flags_.prompt_tokens;
         tokens += flags_.all_prompts) {
      policy.table.push_back(PlanSlices(PredictorFor(tokens), best.plan));
    }
    policy.table.push_back(best.prediction->slices);
    return policy;
  }

  const PlanFlags& flags_;
  SessionOptions options_;
  std::unique_ptr<Checkpoint> checkpoint_;
  ModelShape shape_;
  DraftHeads drafts_;
  Cluster cluster_;
  std::optional<DraftAcceptance> acceptance_;
  std::vector<NamedTree> trees_;
};

}  // namespace
}  // namespace jupiter

int jupiter::PlanMain(int argc, char** argv) {
  return jupiter::RunTool([&] {
    const jupiter::PlanFlags flags = jupiter::ParsePlanFlags(argc, argv);
    return jupiter::Planning(flags).Execute();
  });
}
