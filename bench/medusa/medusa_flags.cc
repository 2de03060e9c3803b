#include "bench/medusa/medusa_flags.h"

#include <filesystem>
#include <initializer_list>
#include <vector>

#include "bench/flags/engine_flags.h"
#include "kernels/base/check.h"
#include "model/medusa/ranks.h"
#include "planning/drafts/draft_tree.h"

namespace jupiter {
namespace {

// As typed, before it is checked.
struct Words {
  std::string type = "f16";
  std::string quantize;
};

void AddModel(FlagSet& set, MedusaFlags& flags, Words& words) {
  AddModelFlag(set, flags.model);
  AddTokenizerFlag(set, flags.tokenizer);
  AddQuantizeFlag(set, words.quantize);
  set.Add("--device", flags.device, "where the model runs: cpu or eigen");
  set.Add("-t,--threads", flags.threads, "of the model and of the training").Between(1, 1024);
}

void AddText(FlagSet& set, MedusaFlags& flags) {
  constexpr int kMost = 1'000'000;
  set.Add("--prompts", flags.prompts,
          "file with a prompt per line; every tenth is for held-out text (default: the model "
          "writes from the beginning)");
  set.Add("--drawn", flags.text.drawn, "up to so many tokens after the prompt are drawn at random")
      .Between(0, kMost);
  set.Add("--greedy", flags.text.greedy, "tokens after those: what heads learn to draft")
      .Between(kMostDraftDepth + 2, kMost);
  set.Add("--temperature", flags.text.sampling.temperature, "of the tokens that are drawn")
      .ActsIf([&flags] { return flags.text.drawn != 0; }, "is for --drawn above 0");
  set.Add("--sequences", flags.sequences, "texts written at a time").Between(1, 4096);
  set.Add("--held-out", flags.held_out, "tokens of held-out text").Between(1, 1e9);
  const auto draws = [&flags] {
    return flags.text.drawn != 0 && flags.text.sampling.temperature != 0;
  };
  set.Add("--seed", flags.seed, "of texts and training")
      .ActsIf([&flags, draws] { return flags.measure.empty() || draws(); },
              "with --measure: no token is drawn at random");
}

void AddTraining(FlagSet& set, MedusaFlags& flags, Words& words) {
  TrainingOptions& training = flags.training;
  const auto trains = [&flags] { return flags.measure.empty(); };
  constexpr const char* kMeasures = "with --measure: nothing is trained";
  const auto add = [&](const std::string& names, auto& value, const std::string& help) -> Flag& {
    return set.Add(names, value, help).ActsIf(trains, kMeasures);
  };
  add("-o,--out", flags.out, "write the heads here (safetensors)");
  add("--type", words.type, "of the file's numbers: f32 or f16");
  add("--heads", flags.layout.heads, "number of heads").Between(1, kMostDraftDepth);
  add("--blocks", flags.layout.blocks, "residual blocks of a head").Between(0, kMostMedusaBlocks);
  set.AddSwitch("--own-output", flags.layout.own_output,
                "an output matrix for each head, trained from the model's on")
      .ActsIf(trains, kMeasures);
  add("--positions", flags.positions, "tokens of text to train with").Between(1, 1e9);
  add("--epochs", training.epochs, "how often each is used").Between(0, 1e6);
  add("--minibatch", training.minibatch, "positions per step of Adam").Between(1, 1e6);
  add("--rate", training.rate, "of learning, at the start").Between(0, 1);
}

void AddMeasurement(FlagSet& set, MedusaFlags& flags) {
  set.Add("--measure", flags.measure, "heads to measure; nothing is trained");
  set.Add("--acceptance", flags.acceptance,
          "write how often the heads are right here (default: the name of --out, with .json)")
      .ChangesNoNumber();
  set.Add("--ranks", flags.ranks, "likeliest tokens of a head to look at").Between(1, kMostRanks);
  set.Add("--nodes", flags.nodes, "of the tree that is grown").Between(1, kMostDraftNodes);
  set.Add("--tree", flags.tree, "file with another tree to try");
}

// Without blocks and matrices there is nothing to train.
void CheckLayout(const MedusaLayout& layout) {
  if (layout.own_output || layout.blocks > 0) return;
  FailUser("--blocks is {}, expected 1 to {}, or --own-output with it", layout.blocks,
           kMostMedusaBlocks);
}

DType ParseOneOf(const char* flag, const std::string& text, std::initializer_list<DType> allowed) {
  std::string known;
  for (const DType dtype : allowed) {
    if (Name(dtype) == text) return dtype;
    known += fmt::format("{}{}", known.empty() ? "" : " or ", Name(dtype));
  }
  FailUser("{} {}: expected {}", flag, text, known);
}

void Understand(const Words& words, MedusaFlags& flags) {
  flags.type = ParseOneOf("--type", words.type, {DType::kF32, DType::kF16});
  if (!words.quantize.empty()) {
    flags.quantise = ParseOneOf("--quantize", words.quantize, {DType::kQ8_0, DType::kQ4_0});
  }
  if (flags.acceptance.empty() && !flags.out.empty()) {
    flags.acceptance = std::filesystem::path(flags.out).replace_extension(".json").string();
  }
  flags.training.seed = flags.seed;
  flags.training.threads = flags.threads;
}

void CheckMedusaFiles(const MedusaFlags& flags) {
  if (flags.model.empty()) FailUser("no model given: use --model FILE, or --model synthetic:tiny");
  if (flags.out.empty() && flags.measure.empty()) {
    FailUser("nothing to write: use --out FILE for the heads, or --measure FILE for trained ones");
  }
  if (!flags.out.empty() && flags.out == flags.acceptance) {
    FailUser("--out and --acceptance are both {}; give them different names", flags.out);
  }
  if (flags.device == "recording") {
    FailUser("--device recording computes nothing; use cpu or eigen");
  }
  CheckWritable(flags.out);
  CheckWritable(flags.acceptance);
}

}  // namespace

MedusaFlags ParseMedusaFlags(int argc, const char* const* argv) {
  MedusaFlags flags;
  flags.text.sampling.temperature = 1;
  Words words;
  FlagSet set("jupiter_medusa",
              "Trains draft heads (Medusa) for a model from text that it writes itself.");
  AddModel(set, flags, words);
  AddText(set, flags);
  AddTraining(set, flags, words);
  AddMeasurement(set, flags);
  set.Parse(argc, argv);
  CheckLayout(flags.layout);
  CheckSampling(flags.text.sampling);
  Understand(words, flags);
  CheckMedusaFiles(flags);
  return flags;
}

void CheckMedusaFlags(const MedusaFlags& flags, const ModelConfig& config) {
  if (flags.text.drawn + flags.text.greedy >= config.context) {
    FailUser("--drawn {} and --greedy {} leave no room for a prompt in {}, the context of {}",
             flags.text.drawn, flags.text.greedy, config.context, config.name);
  }
  if (flags.ranks <= config.vocab) return;
  FailUser("--ranks is {}, but the vocabulary of {} has {}", flags.ranks, config.name,
           config.vocab);
}

}  // namespace jupiter
