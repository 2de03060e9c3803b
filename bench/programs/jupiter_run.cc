// Generates text with a model spread over the ranks.
//
//   mpirun -np 4 jupiter_run --model model.gguf --prompt "Once upon a time" --n-gen 64
//
// stdout has the text (or, with --ids, the ids) and nothing else; everything about the run is on
// stderr.
#include "bench/programs/jupiter_run.h"

#include <cstdio>

#include "bench/emulate/run_description.h"
#include "bench/flags/draft_flags.h"
#include "bench/flags/engine_flags.h"
#include "bench/flags/job_flags.h"
#include "bench/flags/planned.h"
#include "bench/generate/job.h"
#include "bench/measure/drafting.h"
#include "bench/report/draft_statistics.h"
#include "bench/report/reference.h"
#include "bench/report/run_report.h"
#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/weights.h"
#include "parallel/session/preflight.h"
#include "parallel/session/session_plan.h"
#include "parallel/transport/record_gather.h"
#include "parallel/transport/together.h"

namespace jupiter {
namespace {

struct RunFlags {
  EngineFlags engine;
  JobFlags job;
  DraftFlags draft;
  SamplingOptions sampling;
  std::string strategy;  // empty: that of --plan, or jupiter
  bool dry_run = false;
  std::string reference;
  std::string save_reference;
  std::string record;
  std::vector<Fact> for_all_ranks;  // FlagSet::ForAllRanks
};

// What --strategy and its default come to; nothing where a plan says it.
std::vector<std::string> StrategiesOf(const RunFlags& flags) {
  if (flags.strategy.empty() && !flags.engine.plan.empty()) return {};
  return {StrategyFor({}, flags.strategy)};
}

void AddStrategyFlag(FlagSet& set, std::string& strategy) {
  std::string known;
  for (const StrategyEntry& entry : Strategies()) {
    known += fmt::format("{}{} ({})", known.empty() ? "" : "; ", entry.traits.name,
                         entry.traits.summary);
  }
  set.Add("-s,--strategy", strategy,
          fmt::format("default: that of --plan, or {}. {}", DefaultStrategy().name, known));
}

// What is read and written beside the answer.
void AddFiles(FlagSet& set, RunFlags& flags) {
  const auto one_answer = UnlessOneAnswer(flags.job);
  const auto computes = [&flags] { return flags.engine.device != "recording"; };
  const auto runs = [&flags] { return !flags.dry_run; };
  constexpr const char* kNoTokens = "with --device recording, which computes no tokens";
  constexpr const char* kDry = "with --dry-run, which computes nothing";
  set.AddSwitch("--dry-run", flags.dry_run, "print plan and memory, load nothing").SameOnAllRanks();
  set.Add("--reference", flags.reference, "check tokens and logits against this file")
      .OnAllRanksOrNone()
      .ActsUnless(one_answer)
      .ActsIf(runs, kDry)
      .ActsIf(computes, kNoTokens);
  set.Add("--save-reference", flags.save_reference, "record tokens and logits hashes")
      .ActsUnless(one_answer)
      .ActsIf(runs, kDry)
      .ActsIf(computes, kNoTokens);
  set.Add("--record", flags.record, "write ops and messages of all ranks to this file")
      .OnAllRanksOrNone()
      .ActsUnless(one_answer)
      .ActsIf(runs, kDry)
      .ActsIf([&flags] { return !flags.engine.stream; },
              "with --stream: a record has ops and messages, not what is read");
}

RunFlags ParseRunFlags(int argc, const char* const* argv) {
  RunFlags flags;
  const StrategyChoice strategies = [&flags] { return StrategiesOf(flags); };
  FlagSet set("jupiter_run", "Generates text with a model spread over MPI ranks.");
  AddEngineFlags(set, flags.engine,
                 {.strategies = strategies,
                  .further_devices = ", or recording (computes nothing, for --record)"});
  AddTokenizerFlag(set, flags.engine.tokenizer)
      .ActsIf(
          [&flags] {
            return flags.job.prompt.ids.empty() || !flags.job.ids || !flags.job.ignore_eos;
          },
          "with --prompt-ids, --ids and --ignore-eos, which need none");
  AddStrategyFlag(set, flags.strategy);
  AddJobFlags(set, flags.job);
  AddSamplingFlags(set, flags.sampling, flags.engine);
  AddDraftFlags(set, flags.draft, strategies);
  AddFiles(set, flags);
  set.Parse(argc, argv);
  flags.engine.given = set.given();
  flags.for_all_ranks = set.ForAllRanks();
  CheckSampling(flags.sampling);
  return flags;
}

class Run {
 public:
  Run(Context& context, const RunFlags& flags)
      : flags_(flags),
        transport_(context),
        options_(ToSessionOptions(flags.engine)),
        drafting_(flags.draft),
        job_(MakeJob(flags.job)) {
    CheckFacts(transport_, flags.for_all_ranks);
    SlowDown(transport_, flags.engine, options_);
    drafting_.ReadFiles(transport_);
    drafting_.Apply(options_, transport_.size());
    const GivenPlanning given = ReadPlanning(transport_, flags.engine);
    options_.plan.strategy = StrategyFor(given, flags.strategy);
    Together(transport_, [&] { Open(context); });
    ShareSize(transport_, size_, options_);
    ApplyPlanning(given, *checkpoint_, options_);
    CutShorterPrompts(options_, given);
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
    drafter_ = drafting_.Prepare(transport_, *session_, options_.prompt_tokens);
    if (IsSource() && drafting_.any()) fmt::print(stderr, "{}\n", drafting_.Describe());
    transport_.ResetCounters();
    Recorder recorder(transport_.rank(), /*timed=*/device_->holds_data());
    const JobOutcome outcome = Generate(flags_.record.empty() ? nullptr : &recorder);
    const TrafficCounters traffic = transport_.counters();
    Report(outcome, traffic);
    if (!flags_.record.empty()) SaveRecordOf(recorder);
    Together(transport_, [&] { Save(outcome); });
    return CompareWithReference(outcome);
  }

 private:
  bool IsSource() const { return transport_.rank() == Strategy::kSource; }

  void Open(const Context& context) {
    threads_ = ThreadsPerRank(flags_.engine, context);
    device_ = MakeDevice(flags_.engine.device, {.threads = threads_,
                                                .isa = {},
                                                .gpu = flags_.engine.gpu,
                                                .local_rank = context.local_rank()});
    if (!device_->holds_data() && flags_.record.empty()) {
      FailUser("--device recording computes nothing; give --record FILE, for jupiter_replay");
    }
    if (!device_->holds_data() && drafting_.measures()) {
      FailUser(
          "--device recording takes no time to plan a draft tree by; give --tree FILE, of "
          "jupiter_plan --save-tree");
    }
    if (!device_->holds_data() && drafting_.any() && IsSource()) {
      fmt::print(stderr,
                 "note: nothing is computed, so no draft is accepted: the record has what "
                 "drafts cost, and not what they gain\n");
    }
    FindStrategy(options_.plan.strategy);
    checkpoint_ = OpenCheckpoint(flags_.engine.model);
    if (!drafting_.has_weights()) CheckQuantises(*checkpoint_, options_.quantise);
    if (!IsSource()) return;
    size_ = job_->Open({flags_.engine, checkpoint_->config(), RowsInFlight(options_)});
    if (flags_.dry_run) return;
    CheckWritable(flags_.save_reference);
    CheckWritable(flags_.record);
  }

  void OpenReference() {
    if (!IsSource()) return;
    reference_ = LoadReference(flags_.reference);
    CheckReferenceFits(reference_, flags_.reference, Key(), job_->prompt());
    if (std::ssize(reference_.tokens) > flags_.job.tokens) {
      FailUser("{}: has {} tokens, --n-gen is {}; ask for as many", flags_.reference,
               reference_.tokens.size(), flags_.job.tokens);
    }
  }

  std::string Key() const {
    const SamplingOptions& s = flags_.sampling;
    if (s.temperature == 0) return session_->numerics_key();
    return fmt::format("{} sampling={},{},{},{} sampler={}", session_->numerics_key(),
                       s.temperature, s.top_k, s.top_p, s.seed, kSamplerVersion);
  }

  void ShowPlan() const {
    if (!IsSource()) return;
    fmt::print(stderr, "{} ranks, device {}\n{}{}", transport_.size(), device_->Describe(),
               DescribePlan(*session_, checkpoint_->config()),
               device_->holds_data() ? ShowMemory(session_->memory()) : "");
  }

  JobOutcome Generate(Recorder* recorder) {
    RunOptions options;
    options.sampling = flags_.sampling;
    options.drafter = drafter_;
    options.drafts = drafting_.any();
    return job_->Run({transport_, *session_, options, recorder, device_->holds_data()});
  }

  void Report(const JobOutcome& outcome, const TrafficCounters& traffic) {
    const std::vector<RankReport> reports =
        GatherReports(transport_, {transport_.context().host(transport_.rank()), threads_,
                                   session_->load_seconds(), session_->bytes_read(), traffic});
    if (!IsSource()) return;
    fmt::print(stderr, "{}{}", ShowRanks(reports), outcome.report);
    if (!device_->holds_data()) {
      fmt::print(stderr, "recorded; jupiter_replay tells what it takes on a testbed\n");
      return;
    }
    fmt::print(stderr, "{}", ShowHashes(outcome.generations));
    if (drafting_.any()) fmt::print(stderr, "{}", ShowDrafts(outcome.generations));
  }

  void SaveRecordOf(Recorder& recorder) {
    const RunRecord record =
        GatherRecords(transport_, recorder,
                      DescribeRun(checkpoint_->config().name, options_.prompt_tokens,
                                  flags_.job.tokens, options_.step_rows, session_->plan()));
    Together(transport_, [&] {
      if (IsSource()) SaveRecord(record, flags_.record);
    });
  }

  void Save(const JobOutcome& outcome) {
    if (!IsSource() || flags_.save_reference.empty()) return;
    const Generation& generation = outcome.generations.front();
    SaveReference({Key(), job_->prompt(), generation.tokens, generation.logits_hashes},
                  flags_.save_reference);
  }

  // The exit code, the same on all ranks.
  int CompareWithReference(const JobOutcome& outcome) {
    if (flags_.reference.empty()) return 0;
    bool invalid = false;
    if (IsSource()) {
      const Comparison found = Compare(reference_, outcome.generations.front());
      fmt::print(stderr, "{}: {}\n", Name(found.verdict), found.detail);
      invalid = found.verdict == Verdict::kInvalid;
    }
    return BroadcastFlag(transport_, invalid, 0) ? 1 : 0;
  }

  const RunFlags& flags_;
  Transport transport_;
  SessionOptions options_;
  Drafting drafting_;
  std::unique_ptr<Job> job_;
  JobSize size_;                // at the source
  Drafter* drafter_ = nullptr;  // at the source
  int threads_ = 1;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Checkpoint> checkpoint_;
  std::unique_ptr<Session> session_;
  Reference reference_;
};

int ExecuteRun(Context& context, int argc, char** argv) {
  const RunFlags flags = ParseRunFlags(argc, argv);
  SetDeadline(context, flags.engine);
  return Run(context, flags).Execute();
}

}  // namespace
}  // namespace jupiter

int jupiter::RunMain(int argc, char** argv) {
  jupiter::Context context(&argc, &argv);
  return jupiter::RunProgram(context, [&] { return jupiter::ExecuteRun(context, argc, argv); });
}
