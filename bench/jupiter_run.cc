// Generates text with a model spread over the ranks.
//
//   mpirun -np 4 jupiter_run --model model.gguf --prompt "Once upon a time" --tokens 64
//
// stdout has the text (or, with --ids, the ids) and nothing else; everything about the run is on
// stderr.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/draft_flags.h"
#include "bench/draft_statistics.h"
#include "bench/flags.h"
#include "bench/planned.h"
#include "bench/prompt.h"
#include "bench/recorded_run.h"
#include "bench/reference.h"
#include "bench/run_report.h"
#include "kernels/base/check.h"
#include "parallel/record_gather.h"
#include "parallel/together.h"

namespace jupiter {
namespace {

struct RunFlags {
  EngineFlags engine;
  PromptFlags prompt;
  DraftFlags draft;
  SamplingOptions sampling;
  std::string strategy;  // empty: that of --plan, or jupiter
  int tokens = 64;
  bool ids = false;
  bool ignore_eos = false;
  bool dry_run = false;
  std::string reference;
  std::string save_reference;
  std::string record;
};

RunFlags Parse(int argc, const char* const* argv) {
  RunFlags flags;
  CLI::App app("Generates text with a model spread over MPI ranks.", "jupiter_run");
  AddEngineFlags(app, flags.engine);
  std::string strategies;
  for (const StrategyEntry& entry : Strategies()) {
    strategies +=
        fmt::format("{}{} ({})", strategies.empty() ? "" : "; ", entry.name, entry.summary);
  }
  app.add_option("-s,--strategy", flags.strategy,
                 "default: that of --plan, or jupiter. " + strategies);
  app.add_option("-p,--prompt", flags.prompt.text, "text to continue");
  app.add_option("--prompt-file", flags.prompt.file, "file with the text");
  app.add_option("--prompt-ids", flags.prompt.ids, "token ids, such as 1,403,407 (no tokenizer)");
  app.add_option("-n,--tokens", flags.tokens, "tokens to generate at most")->capture_default_str();
  AddSamplingFlags(app, flags.sampling);
  AddDraftFlags(app, flags.draft);
  app.add_flag("--ids", flags.ids, "print the generated ids on one line instead of text");
  app.add_flag("--ignore-eos", flags.ignore_eos, "do not stop at the end of the text");
  app.add_flag("--dry-run", flags.dry_run, "print plan and memory, load nothing");
  app.add_option("--reference", flags.reference, "check tokens and logits against this file");
  app.add_option("--save-reference", flags.save_reference, "record tokens and logits hashes");
  app.add_option("--record", flags.record, "write ops and messages of all ranks to this file");
  ParseFlags(app, argc, argv);
  if (flags.engine.stream && !flags.record.empty()) {
    FailUser(
        "--stream with --record: a record has ops and messages, not what is read; leave one out");
  }
  CheckSampling(flags.sampling);
  return flags;
}

// What only the source has.
struct Text {
  std::unique_ptr<Tokenizer> tokenizer;  // may be missing when ids come in and go out
  std::vector<std::int32_t> prompt;
};

std::unique_ptr<Tokenizer> FindTokenizer(const EngineFlags& flags) {
  if (!flags.tokenizer.empty()) return OpenTokenizer(flags.tokenizer);
  try {
    return OpenTokenizer(flags.model);
  } catch (const UserError& error) {
    FailUser("{} (the model was taken for its tokenizer; --tokenizer FILE names another)",
             error.what());
  }
}

// Ids in and ids out need no tokenizer, but only one can say which token ends the text.
std::unique_ptr<Tokenizer> FindTokenizerOrNone(const EngineFlags& flags) {
  try {
    return FindTokenizer(flags);
  } catch (const UserError& error) {
    fmt::print(stderr, "note: no token ends the answer before --tokens: {}\n", error.what());
    return nullptr;
  }
}

// A vocabulary may be smaller than the model's, which is often padded, but never larger.
void CheckVocabulary(const Tokenizer& tokenizer, const RunFlags& flags, const ModelConfig& config) {
  if (tokenizer.vocab_size() <= config.vocab) return;
  const std::string& source =
      flags.engine.tokenizer.empty() ? flags.engine.model : flags.engine.tokenizer;
  FailUser("{}: the tokenizer has {} tokens, the model {} has {}; give the model's own tokenizer",
           source, tokenizer.vocab_size(), config.name, config.vocab);
}

Text ReadText(const RunFlags& flags, const ModelConfig& config) {
  Text text;
  const bool needs_none = flags.ids && !flags.prompt.ids.empty() && flags.engine.tokenizer.empty();
  text.tokenizer = needs_none ? FindTokenizerOrNone(flags.engine) : FindTokenizer(flags.engine);
  if (text.tokenizer) CheckVocabulary(*text.tokenizer, flags, config);
  text.prompt = ReadPrompt(flags.prompt, text.tokenizer.get(), config);
  return text;
}

// Prints tokens as they come.
class Printer {
 public:
  Printer(const Tokenizer* tokenizer, bool ids) : tokenizer_(tokenizer), ids_(ids) {}

  void Print(std::int32_t token) {
    if (ids_) {
      fmt::print("{}{}", first_ ? "" : " ", token);
    } else {
      fmt::print("{}", stream_.Push(tokenizer_->Piece(token, false)));
    }
    first_ = false;
    std::fflush(stdout);
  }
  // Throws UserError when stdout did not take the text.
  void Finish() {
    fmt::print("{}\n", stream_.Finish());
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      FailUser("the text could not be written to stdout; is the disk full?");
    }
  }

 private:
  const Tokenizer* tokenizer_;
  bool ids_;
  bool first_ = true;
  Utf8Stream stream_;
};

class Run {
 public:
  Run(Context& context, const RunFlags& flags)
      : flags_(flags),
        transport_(context),
        options_(ToSessionOptions(flags.engine)),
        drafting_(flags.draft) {
    options_.max_tokens = flags.tokens;
    CheckFacts(transport_, {{"program flags", DescribeFlags()}});
    SlowDown(transport_, flags.engine, options_);
    drafting_.ReadFiles(transport_);
    drafting_.Apply(options_, transport_.size());
    const GivenPlanning given = ReadPlanning(transport_, flags.engine);
    options_.strategy = StrategyFor(given, flags.strategy);
    Together(transport_, [&] { Open(context); });
    options_.prompt_tokens =
        std::stoi(Broadcast(transport_, fmt::format("{}", text_.prompt.size()), 0));
    ApplyPlanning(given, *checkpoint_, options_);
    session_ = std::make_unique<Session>(transport_, *device_, *checkpoint_, options_);
  }

  int Execute() {
    ShowPlan();
    if (flags_.dry_run) {
      const std::string shortage = MemoryShortage(session_->memory());
      if (!shortage.empty()) FailUser("{}", shortage);
      return 0;
    }
    if (!flags_.reference.empty()) Together(transport_, [&] { OpenReference(); });
    session_->Load();
    drafter_ = drafting_.Make(*session_, *device_, *checkpoint_, options_);
    if (IsSource() && drafting_.any()) fmt::print(stderr, "{}\n", drafting_.Describe());
    transport_.ResetCounters();
    Recorder recorder(transport_.rank(), /*timed=*/device_->holds_data());
    const Generation generation = Generate(flags_.record.empty() ? nullptr : &recorder);
    const TrafficCounters traffic = transport_.counters();
    Report(generation, traffic);
    if (!flags_.record.empty()) SaveRecordOf(recorder);
    Together(transport_, [&] { Save(generation); });
    return Judge(generation);
  }

 private:
  bool IsSource() const { return transport_.rank() == Strategy::kSource; }

  // What decides on the course of the run and on the answer, apart from the plan.
  std::string DescribeFlags() const {
    const SamplingOptions& s = flags_.sampling;
    return fmt::format(
        "temperature {}, top-k {}, top-p {}, seed {}, dry-run {}, record {}, "
        "reference {}, draft {} {} {} {}",
        s.temperature, s.top_k, s.top_p, s.seed, flags_.dry_run, !flags_.record.empty(),
        !flags_.reference.empty(), flags_.draft.draft, flags_.draft.tree, flags_.draft.speculate,
        flags_.draft.length);
  }

  void Open(const Context& context) {
    threads_ = ThreadsPerRank(flags_.engine, context);
    device_ = MakeDevice(flags_.engine.device, {.threads = threads_, .isa = {}});
    if (!device_->holds_data() && flags_.record.empty()) {
      FailUser("--device recording computes nothing; give --record FILE, for jupiter_replay");
    }
    FindStrategy(options_.strategy);
    checkpoint_ = OpenCheckpoint(flags_.engine.model);
    if (!IsSource()) return;
    text_ = ReadText(flags_, checkpoint_->config());
    if (flags_.dry_run) return;
    CheckWritable(flags_.save_reference);
    CheckWritable(flags_.record);
  }

  void OpenReference() {
    if (!IsSource()) return;
    reference_ = LoadReference(flags_.reference);
    CheckReferenceFits(reference_, flags_.reference, Key(), text_.prompt);
    if (std::ssize(reference_.tokens) > flags_.tokens) {
      FailUser("{}: has {} tokens, --tokens is {}; ask for as many", flags_.reference,
               reference_.tokens.size(), flags_.tokens);
    }
  }

  std::string Key() const {
    const SamplingOptions& s = flags_.sampling;
    if (s.temperature == 0) return session_->numerics_key();
    return fmt::format("{} sampling={},{},{},{}", session_->numerics_key(), s.temperature, s.top_k,
                       s.top_p, s.seed);
  }

  void ShowPlan() const {
    if (!IsSource()) return;
    fmt::print(stderr, "{} ranks, device {}\n{}{}", transport_.size(), device_->Describe(),
               DescribePlan(*session_, checkpoint_->config()),
               device_->holds_data() ? ShowMemory(session_->memory()) : "");
  }

  Generation Generate(Recorder* recorder) {
    Request request;
    request.prompt = text_.prompt;
    request.max_tokens = flags_.tokens;
    if (text_.tokenizer && !flags_.ignore_eos) request.end_ids = text_.tokenizer->end_ids();
    Printer printer(text_.tokenizer.get(), flags_.ids);
    RequestObserver observer;
    if (device_->holds_data()) {
      observer.on_token = [&](int, std::int32_t token) {
        printer.Print(token);
        return true;
      };
    }
    RunOptions options;
    options.sampling = flags_.sampling;
    options.drafter = drafter_.get();
    options.drafts = drafting_.any();
    std::vector<Generation> generations =
        session_->Run({{}, {request}}, options, observer, recorder);
    Generation generation = generations.empty() ? Generation{} : std::move(generations.front());
    Together(transport_, [&] {
      if (IsSource() && device_->holds_data()) printer.Finish();
    });
    return generation;
  }

  void Report(const Generation& generation, const TrafficCounters& traffic) {
    const std::vector<RankReport> reports =
        GatherReports(transport_, {transport_.context().host(transport_.rank()), threads_,
                                   session_->load_seconds(), session_->bytes_read(), traffic});
    if (!IsSource()) return;
    if (!device_->holds_data()) {
      fmt::print(stderr,
                 "{}slices: {}\nrecorded; jupiter_replay tells what it takes on a testbed\n",
                 ShowRanks(reports), fmt::join(generation.slices, ","));
      return;
    }
    const auto tokens = static_cast<int>(generation.tokens.size());
    fmt::print(
        stderr, "{}slices: {}\n{}tokens hash {:016x}, logits hash {:016x}\n", ShowRanks(reports),
        fmt::join(generation.slices, ","),
        ShowMetrics(Measure(generation.start, generation.times), options_.prompt_tokens, tokens),
        HashTokens(generation.tokens), HashAllLogits(generation.logits_hashes));
    if (drafting_.any()) fmt::print(stderr, "{}", ShowDrafts(generation));
  }

  void SaveRecordOf(Recorder& recorder) {
    const RunRecord record =
        GatherRecords(transport_, recorder,
                      DescribeRun(checkpoint_->config().name, options_.prompt_tokens, flags_.tokens,
                                  options_.step_rows, session_->plan()));
    Together(transport_, [&] {
      if (IsSource()) SaveRecord(record, flags_.record);
    });
  }

  void Save(const Generation& generation) {
    if (!IsSource() || flags_.save_reference.empty()) return;
    SaveReference({Key(), text_.prompt, generation.tokens, generation.logits_hashes},
                  flags_.save_reference);
  }

  // The exit code, the same on all ranks.
  int Judge(const Generation& generation) {
    if (flags_.reference.empty()) return 0;
    Verdict verdict;
    if (IsSource()) {
      verdict = Compare(reference_, generation);
      fmt::print(stderr, "{}: {}\n", verdict.valid ? "VALID" : "INVALID", verdict.detail);
    }
    return Broadcast(transport_, verdict.valid ? "0" : "1", 0) == "0" ? 0 : 1;
  }

  const RunFlags& flags_;
  Transport transport_;
  SessionOptions options_;
  Drafting drafting_;
  std::unique_ptr<Drafter> drafter_;  // at the source
  int threads_ = 1;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Checkpoint> checkpoint_;
  Text text_;
  std::unique_ptr<Session> session_;
  Reference reference_;
};

int Main(Context& context, int argc, char** argv) {
  const RunFlags flags = Parse(argc, argv);
  SetDeadline(context, flags.engine);
  return Run(context, flags).Execute();
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  jupiter::Context context(&argc, &argv);
  return jupiter::RunProgram(context, [&] { return jupiter::Main(context, argc, argv); });
}
