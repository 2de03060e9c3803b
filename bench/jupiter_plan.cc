// Plans without running: what every planner would do with a model on a testbed.
//
//   jupiter_plan --cluster experiments/clusters/env-a.yaml --model synthetic:llama2-7b:q4_0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>

#include "bench/bandwidth_flag.h"
#include "bench/flags.h"
#include "bench/plan_report.h"
#include "bench/planned.h"
#include "bench/tool.h"
#include "kernels/base/check.h"
#include "model/weights.h"

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
  bool any_order = false;
  bool json = false;
  std::string save;
};

PlanFlags Parse(int argc, const char* const* argv) {
  PlanFlags flags;
  CLI::App app("Plans a model on a testbed: layers, slices, memory, predicted times.",
               "jupiter_plan");
  AddModelFlags(app, flags.engine);
  std::string planners = "all";
  for (const PlannerEntry& entry : Planners()) {
    planners += fmt::format("; {} ({})", entry.name, entry.summary);
  }
  app.add_option("--cluster", flags.cluster, "cluster file")->required();
  app.add_option("--planner", flags.planner, planners)->capture_default_str();
  AddBandwidthOption(app, flags.bandwidth, "Mbit/s of every link");
  app.add_option("-p,--prompt-tokens", flags.prompt_tokens, "tokens of the prompt")
      ->capture_default_str();
  app.add_option("-n,--tokens", flags.tokens, "tokens of the answer")->capture_default_str();
  app.add_option("--min-slice", flags.engine.min_slice, "tokens in a slice at least")
      ->capture_default_str();
  app.add_option("--all-prompts", flags.all_prompts,
                 "with --save: slices for all prompts up to --prompt-tokens, at this step");
  app.add_option("--draft-heads", flags.draft_heads,
                 "N: Medusa heads on the last stage, of the output matrix's type; N:own with an "
                 "output matrix each")
      ->capture_default_str();
  app.add_flag("--any-order", flags.any_order, "let jupiter order the devices behind the first");
  app.add_flag("--json", flags.json, "JSON instead of tables");
  app.add_option("--save", flags.save, "write the (best) plan here, for --plan of other programs");
  ParseFlags(app, argc, argv);
  return flags;
}

void CheckPlanner(const std::string& name) {
  if (name == "all") return;
  try {
    FindPlanner(name);
  } catch (const UserError& error) {
    FailUser("{}, or all", error.what());
  }
}

void CheckPlanFlags(const PlanFlags& flags, const ModelConfig& config) {
  if (flags.prompt_tokens < 1 || flags.tokens < 1 ||
      std::int64_t{flags.prompt_tokens} + flags.tokens > config.context) {
    FailUser(
        "{} prompt tokens and {} new ones: expected at least 1 each and at most {} together, "
        "the context of {}",
        flags.prompt_tokens, flags.tokens, config.context, config.name);
  }
  CheckPlanner(flags.planner);
  CheckWritable(flags.save);
  if (flags.all_prompts < 0) FailUser("--all-prompts is {}, expected a step", flags.all_prompts);
  if (flags.all_prompts > 0 && flags.save.empty()) FailUser("--all-prompts is for --save FILE");
}

class Planning {
 public:
  explicit Planning(const PlanFlags& flags)
      : flags_(flags),
        options_(ToSessionOptions(flags.engine)),
        checkpoint_(OpenCheckpoint(flags.engine.model)),
        shape_(ShapeOf(*checkpoint_, options_.quantise, options_.kv)),
        drafts_(ParseDraftHeads(flags.draft_heads, shape_.head)),
        cluster_(WithBandwidth(LoadCluster(flags.cluster), flags.bandwidth)) {
    CheckPlanFlags(flags, checkpoint_->config());
    options_.slices.least = flags.engine.min_slice;
  }

  int Execute() {
    const std::vector<PlannedRun> runs = MakeAll(flags_.prompt_tokens);
    PrintAll(flags_.json ? ToJson(runs, cluster_) + "\n" : Show(runs));
    const PlannedRun* best = Best(runs);
    if (best == nullptr) FailWithoutPlan(runs);
    if (!flags_.save.empty()) Save(*best);
    return 0;
  }

 private:
  std::vector<PlannedRun> MakeAll(int prompt_tokens) const {
    SessionOptions options = options_;
    options.prompt_tokens = prompt_tokens;
    options.max_tokens = flags_.tokens;
    PlanningTask task = TaskFor(shape_, cluster_, options, drafts_);
    task.any_order = flags_.any_order;
    const Predictor predictor(task);
    std::vector<PlannedRun> runs;
    for (const PlannerEntry& entry : Planners()) {
      if (flags_.planner == "all" || flags_.planner == entry.name) {
        runs.push_back(entry.make(predictor));
        runs.back().planner = entry.name;
      }
    }
    return runs;
  }

  // Jupiter looks furthest among splits of the layers, so its reason says most.
  [[noreturn]] void FailWithoutPlan(const std::vector<PlannedRun>& runs) const {
    const auto jupiter = std::find_if(
        runs.begin(), runs.end(), [](const PlannedRun& run) { return run.planner == "jupiter"; });
    const PlannedRun& told = jupiter == runs.end() ? runs.front() : *jupiter;
    FailUser("{} on {}: no plan; {}: {}: {}", shape_.config.name, cluster_.name, told.planner,
             Name(told.obstacle), told.reason);
  }

  std::string Show(const std::vector<PlannedRun>& runs) const {
    std::string text = fmt::format("{} on {}, prompt {}, answer {}, wire {}, KV {}\n\n",
                                   shape_.config.name, cluster_.name, flags_.prompt_tokens,
                                   flags_.tokens, Name(options_.wire), Name(options_.kv));
    if (drafts_.any()) {
      text += fmt::format(
          "{}; TTFT, TPOT and E2E are those of plain decoding, since the tokens that a "
          "verification "
          "step accepts are not known here\n\n",
          ToString(drafts_));
    }
    text += ShowPlans(runs);
    for (const PlannedRun& run : runs) text += "\n" + ShowPlan(run, cluster_);
    return text + "\n" + ShowNotes(runs);
  }

  static const PlannedRun* Best(const std::vector<PlannedRun>& runs) {
    const PlannedRun* best = nullptr;
    for (const PlannedRun& run : runs) {
      if (!run.feasible || !run.prediction) continue;
      if (best == nullptr || run.prediction->e2el < best->prediction->e2el) best = &run;
    }
    if (best != nullptr) return best;
    // Shares of layers, whose times are not predicted.
    for (const PlannedRun& run : runs) {
      if (run.feasible) return &run;
    }
    return nullptr;
  }

  void Save(const PlannedRun& best) const {
    Plan plan = best.plan;
    // Shares take prompts of any length whole.
    if (flags_.all_prompts > 0 && !IsShared(plan)) plan.slices = SlicesOfAllPrompts(best);
    std::ofstream file(flags_.save);
    file << ToJson(PlanFile{plan, FactsOf(shape_.config)}) << "\n";
    file.flush();
    if (!file) FailUser("--save {}: cannot be written; check that the folder exists", flags_.save);
    fmt::print(stderr, "{}: plan of {}\n", flags_.save, best.planner);
  }

  // The layers stay those of the longest prompt.
  SlicePolicy SlicesOfAllPrompts(const PlannedRun& best) const {
    SlicePolicy policy = best.plan.slices;
    policy.kind = SlicePolicy::Kind::kTable;
    policy.lengths.clear();
    for (int tokens = flags_.all_prompts; tokens < flags_.prompt_tokens;
         tokens += flags_.all_prompts) {
      SessionOptions options = options_;
      options.prompt_tokens = tokens;
      options.max_tokens = flags_.tokens;
      policy.table.push_back(
          PlanSlices(Predictor(TaskFor(shape_, cluster_, options, drafts_)), best.plan));
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
};

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  return jupiter::RunTool([&] {
    const jupiter::PlanFlags flags = jupiter::Parse(argc, argv);
    return jupiter::Planning(flags).Execute();
  });
}
