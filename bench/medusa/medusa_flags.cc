#include "bench/medusa/medusa_flags.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <initializer_list>
#include <vector>

#include "bench/flags/check_range.h"
#include "bench/flags/flags.h"
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

void AddModel(CLI::App& app, MedusaFlags& flags, Words& words) {
  app.add_option("-m,--model", flags.model,
                 "GGUF file, Hugging Face directory, llama2.c .bin, or synthetic:<shape>[:<type>]");
  app.add_option(
      "--tokenizer", flags.tokenizer,
      "file with the tokenizer, when the model has none (GGUF, tokenizer.json, tok*.bin)");
  app.add_option("--quantize", words.quantize, "dense weights at load: q8_0 or q4_0");
  app.add_option("--device", flags.device, "where the model runs: cpu or eigen")
      ->capture_default_str();
  app.add_option("-t,--threads", flags.threads, "of the model and of the training")
      ->capture_default_str();
}

void AddText(CLI::App& app, MedusaFlags& flags) {
  app.add_option(
      "--prompts", flags.prompts,
      "file with a prompt per line; every tenth is for held-out text (default: the model "
      "writes from the beginning)");
  app.add_option("--drawn", flags.text.drawn,
                 "up to so many tokens behind the prompt are drawn at random")
      ->capture_default_str();
  app.add_option("--greedy", flags.text.greedy, "tokens behind those: what heads learn to draft")
      ->capture_default_str();
  app.add_option("--temperature", flags.text.sampling.temperature, "of the tokens that are drawn")
      ->capture_default_str();
  app.add_option("--sequences", flags.sequences, "texts written at a time")->capture_default_str();
  app.add_option("--held-out", flags.held_out, "tokens of held-out text")->capture_default_str();
  app.add_option("--seed", flags.seed, "of texts and training")->capture_default_str();
}

// Flags without a meaning beside --measure.
std::vector<CLI::Option*> AddTraining(CLI::App& app, MedusaFlags& flags, Words& words) {
  TrainingOptions& training = flags.training;
  return {
      app.add_option("-o,--out", flags.out, "write the heads here (safetensors)"),
      app.add_option("--type", words.type, "of the file's numbers: f32 or f16")
          ->capture_default_str(),
      app.add_option("--heads", flags.layout.heads, "number of heads")->capture_default_str(),
      app.add_option("--blocks", flags.layout.blocks, "residual blocks of a head")
          ->capture_default_str(),
      app.add_flag("--own-output", flags.layout.own_output,
                   "an output matrix for each head, trained from the model's on"),
      app.add_option("--positions", flags.positions, "tokens of text to train with")
          ->capture_default_str(),
      app.add_option("--epochs", training.epochs, "how often each is used")->capture_default_str(),
      app.add_option("--minibatch", training.minibatch, "positions per step of Adam")
          ->capture_default_str(),
      app.add_option("--rate", training.rate, "of learning, at the start")->capture_default_str(),
  };
}

void AddMeasurement(CLI::App& app, MedusaFlags& flags) {
  app.add_option(
      "--acceptance", flags.acceptance,
      "write how often the heads are right here (default: the name of --out, with .json)");
  app.add_option("--ranks", flags.ranks, "likeliest tokens of a head to look at")
      ->capture_default_str();
  app.add_option("--nodes", flags.nodes, "of the tree that is grown")->capture_default_str();
  app.add_option("--tree", flags.tree, "file with another tree to try");
}

void CheckRanges(const MedusaFlags& flags) {
  CheckRange("--threads", flags.threads, 1, 1024);
  CheckRange("--sequences", flags.sequences, 1, 4096);
  CheckRange<std::int64_t>("--positions", flags.positions, 1, 1'000'000'000);
  CheckRange<std::int64_t>("--held-out", flags.held_out, 1, 1'000'000'000);
  CheckRange<std::int64_t>("--seed", flags.seed, 0, 1'000'000'000'000);
  CheckRange("--heads", flags.layout.heads, 1, kMostDraftDepth);
  // Without blocks and matrices there is nothing to train.
  CheckRange("--blocks", flags.layout.blocks, flags.layout.own_output ? 0 : 1, kMostMedusaBlocks);
  CheckRange("--epochs", flags.training.epochs, 0.0, 1e6);
  CheckRange("--minibatch", flags.training.minibatch, 1, 1'000'000);
  CheckRange("--rate", flags.training.rate, 0.0, 1.0);
  CheckRange("--ranks", flags.ranks, 1, kMostRanks);
  CheckRange("--nodes", flags.nodes, 1, kMostDraftNodes);
  CheckRange("--drawn", flags.text.drawn, 0, 1'000'000);
  CheckRange("--greedy", flags.text.greedy, kMostDraftDepth + 2, 1'000'000);
  CheckSampling(flags.text.sampling);
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
  flags.training.seed = static_cast<std::uint64_t>(flags.seed);
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
  CLI::App app("Trains draft heads (Medusa) for a model from text that it writes itself.",
               "jupiter_medusa");
  AddModel(app, flags, words);
  AddText(app, flags);
  const std::vector<CLI::Option*> training = AddTraining(app, flags, words);
  AddMeasurement(app, flags);
  CLI::Option* const measure =
      app.add_option("--measure", flags.measure, "heads to measure; nothing is trained");
  for (CLI::Option* option : training) measure->excludes(option);
  ParseFlags(app, argc, argv);
  CheckRanges(flags);
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
