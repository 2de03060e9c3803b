#include "bench/measure/real_suite.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

#include "bench/measure/real_case.h"
#include "bench/measure/real_row.h"
#include "bench/report/report_text.h"
#include "bench/results/results_folder.h"
#include "kernels/base/check.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"

namespace jupiter {
namespace {

constexpr const char* kRun = "run";

// Whether `local` with every core of the source's host is another case than `local` with the
// threads of a rank; the same on all ranks.
bool HasMoreCores(Transport& transport, const BenchFlags& flags) {
  const Context& context = transport.context();
  const bool more = context.local_size() > 1 && ThreadsPerRank(flags.engine, context) < HostCores();
  return BroadcastFlag(transport, more, 0);
}

std::vector<Case> ListRealCases(const BenchFlags& flags, bool more_cores) {
  const int draftings = static_cast<int>(flags.draft.All().size());
  std::vector<Case> cases;
  for (int prompt : flags.PromptLengths()) {
    for (int tokens : flags.AnswerLengths()) {
      for (const std::string& strategy : flags.strategies) {
        const bool one_process = FindTraits(strategy).one_process;
        if (one_process && more_cores) cases.push_back({strategy, prompt, tokens, true});
        for (int drafting = -1; drafting < draftings; ++drafting) {
          cases.push_back({strategy, prompt, tokens, false, drafting});
        }
      }
    }
  }
  return cases;
}

std::string OpenCommand(const Case& which) {
  return fmt::format("open {} {} {} {} {}", which.strategy, which.prompt_tokens, which.tokens,
                     which.all_cores ? 1 : 0, which.drafting);
}

Case ParseOpen(const Transport& transport, const std::string& command) {
  std::string verb;
  Case which;
  ReadFields(transport, 0, "a command", command, verb, which.strategy, which.prompt_tokens,
             which.tokens, which.all_cores, which.drafting);
  if (verb != "open") transport.FailPeer(0, "a command", fmt::format("'{}' is none", verb));
  return which;
}

class RealSuite : public Suite {
 public:
  RealSuite(Transport& transport, const BenchFlags& flags)
      : flags_(flags),
        transport_(transport),
        context_(transport.context()),
        draftings_(flags.draft.All()),
        cases_(ListRealCases(flags, HasMoreCores(transport, flags))),
        rows_(cases_.size()) {}

  void Prepare() override {
    runner_ = std::make_unique<CaseRunner>(transport_, flags_.engine, draftings_,
                                           ParseFault(flags_.fault), flags_.reference);
    NotePlan(transport_, runner_->planning(), flags_.strategies, "with layers split equally");
    for (const Case& which : cases_) runner_->Check(which);
    if (context_.rank() != 0) return;
    benchmark::AddCustomContext("model", ReportText(flags_.engine.model));
    benchmark::AddCustomContext("device", runner_->DescribeDevice());
  }

  std::vector<BenchCase> Cases(const Tell& tell) override {
    tell_ = tell;
    std::vector<BenchCase> cases;
    for (std::size_t place = 0; place < cases_.size(); ++place) cases.push_back(CaseAt(place));
    return cases;
  }

  void Serve(const std::string& command) override {
    if (command == kRun) {
      runner_->RunOnce();
    } else {
      runner_->Open(ParseOpen(transport_, command));
    }
  }

  std::string Settings(const BenchmarkOptions& options) const override {
    RowKey key = runner_->Key();
    key.suite = "real";
    key.ranks = context_.size();
    key.flags = flags_.values;
    key.flags.insert(key.flags.end(), options.measuring.begin(), options.measuring.end());
    return ToJson(key);
  }

  void KeepIn(ResultsFolder& folder) override { folder_ = &folder; }

  std::set<Verdict> verdicts() const override { return verdicts_; }

 private:
  std::string NameOf(const Case& which) const {
    return CaseName(flags_.engine.model, which, DraftsOf(which, draftings_));
  }

  BenchCase CaseAt(std::size_t place) {
    const std::string name = NameOf(cases_[place]);
    const ResultRow* kept = folder_ == nullptr ? nullptr : folder_->Find(name);
    if (kept != nullptr) return ShownAgain(*kept);
    BenchCase added;
    added.name = name;
    added.measure = [this, place](benchmark::State& state, const Progress& progress) {
      Measure(state, progress, place);
    };
    added.end = [this, place](std::size_t repetitions) { return End(place, repetitions); };
    return added;
  }

  // A row of an earlier run that --resume goes on with.
  BenchCase ShownAgain(const ResultRow& row) {
    BenchCase kept = KeptCase(row);
    kept.end = [this, end = kept.end, row](std::size_t repetitions) {
      fmt::print(stderr, "{}: kept from {}\n", row.name, flags_.out);
      verdicts_.insert(row.verdict);
      return end(repetitions);
    };
    return kept;
  }

  // One repetition, or fewer iterations while Google Benchmark finds out how many it needs.
  void Measure(benchmark::State& state, const Progress& progress, std::size_t place) {
    if (!rows_[place]) rows_[place] = Describe(cases_[place]);
    ResultRow& row = *rows_[place];
    try {
      if (row.reason.empty()) MeasureOpen(state, progress, place);
    } catch (const UserError& error) {
      open_.reset();
      row.verdict = Verdict::kSkipped;
      row.reason = ReportText(error.what());
      row.measured.reset();
    }
    if (!row.reason.empty()) state.SkipWithError(row.reason.c_str());
  }

  // Throws UserError when the case cannot run, or its logits are not finite; the same on all ranks.
  void MeasureOpen(benchmark::State& state, const Progress& progress, std::size_t place) {
    Open(place, progress);
    std::vector<RequestSample> samples;
    for (auto _ : state) {
      samples.push_back(RunOnce(place));
      state.SetIterationTime(samples.back().e2e_s);
    }
    state.counters = CountersOf(*rows_[place], samples);
    rows_[place]->measured->repetitions.push_back(std::move(samples));
  }

  void Open(std::size_t place, const Progress& progress) {
    ResultRow& row = *rows_[place];
    if (open_ == place) return;
    fmt::print(stderr, "{} {}: loading\n", ToString(progress), row.name);
    tell_(OpenCommand(cases_[place]));
    open_.reset();
    runner_->Open(cases_[place]);
    open_ = place;
    if (!row.measured) {
      row.verdict = Verdict::kValid;
      row.measured =
          Measured{{}, 0, context_.local_size(), ThreadsOf(cases_[place]), NotesOn(cases_[place])};
    }
    RunOnce(place);  // warm-up on the measured path
  }

  RequestSample RunOnce(std::size_t place) {
    tell_(kRun);
    const Sample sample = runner_->RunOnce();
    ResultRow& row = *rows_[place];
    if (row.measured->load_s == 0) row.measured->load_s = sample.load_seconds;
    TakeVerdict(sample.found, row);
    const bool drafts = cases_[place].drafting >= 0;
    if (drafts)
      row.rows = static_cast<int>(std::lround(std::max(1.0, sample.drafts.rows.value_or(1))));
    return SampleOf(sample, drafts);
  }

  // One wrong run, were it the warm-up or one that Google Benchmark drops, spoils the case.
  static void TakeVerdict(const Comparison& found, ResultRow& row) {
    if (row.verdict != Verdict::kValid || found.verdict == Verdict::kValid) return;
    fmt::print(stderr, "{}: {}{}: {}\n", row.name, Name(found.verdict),
               found.verdict == Verdict::kUnchecked ? ", no reference" : "", found.detail);
    row.verdict = found.verdict;
  }

  CaseEnd End(std::size_t place, std::size_t repetitions) {
    ResultRow& row = *rows_[place];
    if (row.measured) {
      Summarise(repetitions, row);
    } else {
      row.repetitions = static_cast<int>(repetitions);
    }
    verdicts_.insert(row.verdict);
    if (folder_ != nullptr) folder_->Add(row, {});
    return EndOf(row);
  }

  ResultRow Describe(const Case& which) const {
    ResultRow row;
    row.name = NameOf(which);
    row.suite = "real";
    row.clock = "wall";
    row.model = ReportText(flags_.engine.model);
    row.system = which.strategy;
    row.wire = flags_.engine.wire;
    row.note = which.all_cores ? "every core of the host" : "";
    if (which.drafting >= 0) {
      const DraftFlags& draft = draftings_[static_cast<std::size_t>(which.drafting)];
      row.policy = fmt::format("{} {}", draft.draft, draft.speculate);
    }
    row.ranks = context_.size();
    row.prompt_tokens = which.prompt_tokens;
    row.gen_tokens = which.tokens;
    return row;
  }

  int ThreadsOf(const Case& which) const {
    return which.all_cores ? HostCores() : ThreadsPerRank(flags_.engine, context_);
  }

  // Of the open case.
  std::string NotesOn(const Case& which) const {
    std::string notes;
    for (const std::string& note :
         {runner_->Streaming(), runner_->Drafts(), FindTraits(which.strategy).caveat}) {
      if (!note.empty()) notes += "; " + note;
    }
    return notes;
  }

  const BenchFlags& flags_;
  Transport& transport_;
  const Context& context_;
  const std::vector<DraftFlags> draftings_;
  const std::vector<Case> cases_;
  std::vector<std::optional<ResultRow>> rows_;  // by place, of cases that have begun
  std::unique_ptr<CaseRunner> runner_;
  Tell tell_;
  ResultsFolder* folder_ = nullptr;
  std::optional<std::size_t> open_;  // place of the case that is loaded
  std::set<Verdict> verdicts_;
};

}  // namespace

std::unique_ptr<Suite> MakeRealSuite(Transport& transport, const BenchFlags& flags) {
  return std::make_unique<RealSuite>(transport, flags);
}

}  // namespace jupiter
