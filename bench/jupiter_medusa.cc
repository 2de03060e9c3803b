// Trains draft heads for a model from text of its own, and measures how often they are right.
//
//   jupiter_medusa --model model.gguf --out heads.safetensors
//   jupiter_medusa --model model.gguf --measure heads.safetensors
//
// stdout has the measurements; progress is on stderr.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "bench/flags/run_tokenizer.h"
#include "bench/flags/tool.h"
#include "bench/medusa/draft_measurement.h"
#include "bench/medusa/medusa_flags.h"
#include "bench/medusa/medusa_report.h"
#include "bench/medusa/progress_bar.h"
#include "bench/medusa/prompt_lines.h"
#include "bench/report/report_text.h"
#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "model/medusa/novel_text.h"
#include "planning/drafts/draft_tree_file.h"
#include "planning/drafts/tree_planner.h"

namespace jupiter {
namespace {

// Text after this many tokens that were seen before is not new, see SeenText.
constexpr int kNgram = 8;

std::unique_ptr<Tokenizer> FindTokenizer(const MedusaFlags& flags, const ModelConfig& config) {
  EngineFlags engine;
  engine.model = flags.model;
  engine.tokenizer = flags.tokenizer;
  return OpenRunTokenizer(engine, config);
}

// Tokens of the longest prompt.
int LongestOf(const PromptSets& prompts) {
  std::size_t longest = 0;
  for (const auto* set : {&prompts.training, &prompts.held_out}) {
    for (const PromptIds& prompt : *set) longest = std::max(longest, prompt.size());
  }
  return static_cast<int>(longest);
}

StageOptions WholeModel(const MedusaFlags& flags, const ModelConfig& config, int positions) {
  StageOptions options;
  options.layer_end = config.layers;
  options.embedding = options.head = true;
  options.max_rows = options.max_head_rows = flags.sequences;
  options.max_positions = positions;
  options.quantise = flags.quantise;
  return options;
}

class Program {
 public:
  explicit Program(const MedusaFlags& flags)
      : flags_(flags),
        device_(MakeDevice(flags.device, {.threads = flags.threads, .isa = {}})),
        checkpoint_(OpenCheckpoint(flags.model)),
        config_(checkpoint_->config()) {
    CheckMedusaFlags(flags, config_);
    tokenizer_ = FindTokenizer(flags, config_);
    if (!flags.tree.empty()) given_tree_ = LoadDraftTree(flags.tree);
    prompts_ = FindPrompts();
    const int positions = LongestOf(prompts_) + flags.text.drawn + flags.text.greedy;
    stage_ = std::make_unique<Stage>(*device_, *checkpoint_, WholeModel(flags, config_, positions));
  }

  int Execute() {
    SeenText seen(kNgram);
    if (flags_.measure.empty()) Train(seen);
    const MedusaReport report = Measure(seen);
    PrintAll(ShowMedusa(report));
    if (!flags_.acceptance.empty()) SaveAcceptance(report.acceptance);
    return 0;
  }

 private:
  PromptSets FindPrompts() const {
    if (!flags_.prompts.empty()) {
      return SplitPrompts(
          ReadPromptLines(flags_.prompts, *tokenizer_, config_,
                          config_.context - flags_.text.drawn - flags_.text.greedy));
    }
    if (tokenizer_->bos()) return SplitPrompts({{*tokenizer_->bos()}});
    FailUser("{}: no token begins a text; give --prompts FILE",
             flags_.tokenizer.empty() ? flags_.model : flags_.tokenizer);
  }

  // Training and held-out texts are drawn with other seeds.
  std::vector<Text> Write(const char* name, const std::vector<PromptIds>& prompts, bool held_out) {
    TextOptions options = flags_.text;
    options.sampling.seed = 2 * flags_.seed + (held_out ? 1 : 0);
    options.end_ids = tokenizer_->end_ids();
    const std::int64_t positions = held_out ? flags_.held_out : flags_.positions;
    ProgressBar bar(name, positions);
    return MakeTexts(*stage_, prompts, options, positions,
                     [&](std::int64_t done) { bar.Show(done, fmt::format("{} tokens", done)); });
  }

  Examples MakeTrainingExamples(SeenText& seen) {
    Examples examples{flags_.layout.heads, config_.hidden, {}, {}};
    for (const Text& text : Write("training text", prompts_.training, false)) {
      AddExamples(text, seen.Add(text.tokens), examples);
    }
    fmt::print(stderr, "{} positions of them are new\n", examples.count());
    if (examples.count() > 0) return examples;
    FailUser("the texts are too short to train with; give more --greedy or other --prompts");
  }

  void Train(SeenText& seen) {
    const Examples examples = MakeTrainingExamples(seen);
    const std::vector<float> output = ReadOutputMatrix(*checkpoint_);
    const MedusaLayout& layout = flags_.layout;
    std::vector<HeadWeights> heads(
        static_cast<std::size_t>(layout.heads),
        MakeIdentityHead(layout.blocks, config_.hidden,
                         layout.own_output ? output : std::vector<float>()));
    {
      ProgressBar bar("training     ", TrainingSteps(examples, flags_.training));
      TrainHeads(heads, examples, output, config_.vocab, flags_.training,
                 [&](std::int64_t step, double loss) {
                   bar.Show(step, fmt::format("loss {:.3f}", loss));
                 });
    }
    WriteHeads(flags_.out, flags_.type, heads, config_,
               {{"format", "pt"}, {"model", ReportText(config_.name)}});
    fmt::print(stderr, "wrote {}\n", flags_.out);
  }

  MedusaReport Measure(SeenText& seen) {
    const MedusaFile file =
        OpenMedusa(flags_.measure.empty() ? flags_.out : flags_.measure, config_);
    MedusaOptions options;
    options.heads = std::min(file.layout.heads, kMostDraftDepth);
    options.quantise = flags_.quantise;
    MedusaHeads heads(*device_, file, stage_->head(), options);
    const std::vector<Text> texts = Write("held-out text", prompts_.held_out, true);
    std::vector<RankedText> ranked;
    MedusaReport report;
    report.ngram = kNgram;
    for (const Text& text : texts) {
      ranked.push_back(RankText(heads, *device_, text, flags_.ranks, seen.Add(text.tokens)));
      report.positions += ranked.back().positions();
    }
    report.acceptance = MeasureAcceptance(ranked);
    if (report.acceptance.positions == 0) {
      FailUser("none of the held-out text is new; give more --prompts, --drawn or --held-out");
    }
    Try("likeliest tree", LikeliestTree(report.acceptance, flags_.nodes), ranked, report);
    if (given_tree_) Try(flags_.tree, *given_tree_, ranked, report);
    return report;
  }

  static void Try(const std::string& name, const DraftTree& tree,
                  const std::vector<RankedText>& texts, MedusaReport& report) {
    report.trees.push_back({name, tree, ExpectedTokens(tree, report.acceptance),
                            WalkTexts(texts, tree), WalkTexts(texts, tree, true)});
  }

  void SaveAcceptance(DraftAcceptance acceptance) const {
    acceptance.name = ReportText(config_.name);
    acceptance.source = "jupiter_medusa, on held-out text of the model's own";
    std::ofstream file(flags_.acceptance);
    file << ToJson(acceptance) << "\n";
    file.flush();
    if (!file)
      FailUser("{}: could not be written to its end; is the disk full?", flags_.acceptance);
    fmt::print(stderr, "wrote {}\n", flags_.acceptance);
  }

  const MedusaFlags& flags_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Checkpoint> checkpoint_;
  const ModelConfig& config_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::optional<DraftTree> given_tree_;
  PromptSets prompts_;
  std::unique_ptr<Stage> stage_;
};

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  return jupiter::RunTool([&] {
    const jupiter::MedusaFlags flags = jupiter::ParseMedusaFlags(argc, argv);
    return jupiter::Program(flags).Execute();
  });
}
