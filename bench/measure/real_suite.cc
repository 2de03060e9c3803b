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
        cases_(ListRealCases(flags, HasMoreCores(transport, flags))),
        runner_(transport, flags.engine, flags.draft.All(), ParseFault(flags.fault),
                flags.reference) {
    NotePlan(transport, runner_.planning(), flags.strategies, "split the layers equally");
    for (const Case& which : cases_) runner_.Check(which);
  }

  void Register(const Tell& tell) override {
    tell_ = tell;
    benchmark::AddCustomContext("model", ReportText(flags_.engine.model));
    benchmark::AddCustomContext("device", runner_.DescribeDevice());
    for (const Case& which : cases_) {
      benchmark::RegisterBenchmark(
          runner_.Name(which).c_str(),
          [this, which](benchmark::State& state) { MeasureCase(state, which); })
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    }
  }

  void Serve(const std::string& command) override {
    if (command == kRun) {
      runner_.RunOnce();
    } else {
      TryOpen(ParseOpen(transport_, command));
    }
  }

  std::string Settings() const override {
    RowKey key = runner_.Key();
    key.suite = "real";
    key.ranks = context_.size();
    key.flags = flags_.values;
    return ToJson(key);
  }

  void KeepIn(ResultsFolder& folder) override { folder_ = &folder; }
  void Conclude(bool) override { SavePending(); }

  Outcome outcome() const override { return outcome_; }

 private:
  // The reason when the case cannot run; the same on all ranks.
  std::string TryOpen(const Case& which) {
    try {
      runner_.Open(which);
      return {};
    } catch (const UserError& error) {
      return error.what();
    }
  }

  void MeasureCase(benchmark::State& state, const Case& which) {
    const std::string name = runner_.Name(which);
    if (pending_ && pending_->name != name) SavePending();
    const ResultRow* known = folder_ == nullptr ? nullptr : folder_->Find(name);
    if (known != nullptr && saved_.count(name) == 0) return ReportKept(state, *known);
    if (!open_ || !(*open_ == which)) {
      fmt::print(stderr, "{}: loading\n", name);
      tell_(OpenCommand(which));
      open_.reset();
      const std::string error = TryOpen(which);
      if (!error.empty()) {
        outcome_.skipped = true;
        state.SkipWithError(ReportText(error).c_str());
        if (folder_ != nullptr) pending_ = RefusedRow(which, error);
        return;
      }
      open_ = which;
      label_ = "VALID";
      RunOnce();  // warm-up on the measured path
    }
    std::vector<Sample> samples;
    for (auto _ : state) {
      samples.push_back(RunOnce());
      state.SetIterationTime(samples.back().metrics.e2el);
    }
    outcome_.measured = true;
    Report(state, which, samples);
    if (folder_ != nullptr) pending_ = RowOf(which, samples);
  }

  // Google Benchmark calls a case several times, each time with more iterations: the last call
  // counts, and which one that was is known when another case begins.
  void SavePending() {
    if (pending_ && saved_.insert(pending_->name).second) folder_->Add(*pending_, {});
    pending_.reset();
  }

  // A row of an earlier run that --resume goes on with.
  void ReportKept(benchmark::State& state, const ResultRow& row) {
    if (!row.e2e_s || !row.ttft_s) {
      outcome_.skipped = true;
      return state.SkipWithError(row.reason.c_str());
    }
    for (auto _ : state) state.SetIterationTime(*row.e2e_s);
    outcome_.measured = true;
    outcome_.invalid |= row.valid == "invalid";
    state.counters["TTFT_ms"] = *row.ttft_s * 1e3;
    state.SetLabel(fmt::format("kept from {}: {}", flags_.out, row.valid));
  }

  ResultRow RefusedRow(const Case& which, const std::string& error) const {
    ResultRow row = DescribeCase(which);
    row.valid = "not_checked";
    row.reason = ReportText(error);
    return row;
  }

  ResultRow DescribeCase(const Case& which) const {
    ResultRow row;
    row.name = runner_.Name(which);
    row.suite = "real";
    row.clock = "wall";
    row.model = ReportText(flags_.engine.model);
    row.system = which.strategy;
    row.wire = flags_.engine.wire;
    row.note = which.all_cores ? "every core of the host" : "";
    if (which.drafting >= 0) {
      const DraftFlags draft = flags_.draft.All()[static_cast<std::size_t>(which.drafting)];
      row.policy = fmt::format("{} {}", draft.draft, draft.speculate);
    }
    row.ranks = context_.size();
    row.prompt_tokens = which.prompt_tokens;
    row.gen_tokens = which.tokens;
    return row;
  }

  ResultRow RowOf(const Case& which, const std::vector<Sample>& samples) const {
    std::vector<double> e2e;
    std::vector<double> ttft;
    std::vector<double> tpot;
    for (const Sample& sample : samples) {
      e2e.push_back(sample.metrics.e2el);
      ttft.push_back(sample.metrics.ttft);
      tpot.push_back(sample.metrics.tpot);
    }
    ResultRow row = DescribeCase(which);
    if (which.drafting >= 0) {
      const DraftStatistics& drafts = samples.back().drafts;
      row.tokens_per_step = drafts.acceptance_length;
      row.rows = static_cast<int>(std::lround(std::max(1.0, drafts.draft_length)));
    }
    row.valid = label_ == "VALID" ? "exact" : label_ == "INVALID" ? "invalid" : "not_checked";
    row.e2e_s = row.e2e_p50_s = Quantile(e2e, 0.5);
    row.e2e_p90_s = Quantile(e2e, 0.9);
    row.ttft_s = Quantile(ttft, 0.5);
    row.prefill_ms_per_token = *row.ttft_s * 1e3 / which.prompt_tokens;
    row.decode_ms_per_token = Quantile(tpot, 0.5) * 1e3;
    row.bytes_total = samples.back().payload_bytes;
    row.messages = samples.back().messages;
    row.repetitions = static_cast<int>(samples.size());
    return row;
  }

  Sample RunOnce() {
    tell_(kRun);
    Sample sample = runner_.RunOnce();
    if (label_ == "VALID") CheckAnswer(sample);
    return sample;
  }

  // One wrong run, were it the warm-up or one that Google Benchmark drops, spoils the case.
  void CheckAnswer(const Sample& sample) {
    const std::string name = runner_.Name(*open_);
    if (!sample.checked) {
      fmt::print(stderr, "{}: UNCHECKED, no reference: {}\n", name, sample.verdict.detail);
      label_ = "UNCHECKED";
    } else if (!sample.verdict.valid) {
      fmt::print(stderr, "{}: INVALID: {}\n", name, sample.verdict.detail);
      outcome_.invalid = true;
      label_ = "INVALID";
    }
  }

  void Report(benchmark::State& state, const Case& which, const std::vector<Sample>& samples) {
    std::vector<double> ttft;
    std::vector<double> tpot;
    for (const Sample& sample : samples) {
      ttft.push_back(sample.metrics.ttft * 1e3);
      tpot.push_back(sample.metrics.tpot * 1e3);
    }
    const Sample& last = samples.back();
    auto& counters = state.counters;
    counters["TTFT_ms"] = Quantile(ttft, 0.5);
    counters["TPOT_ms"] = Quantile(tpot, 0.5);
    counters["TPOT_p90_ms"] = Quantile(tpot, 0.9);
    counters["n"] = static_cast<double>(samples.size());
    counters["prefill_tps"] = Rate(which.prompt_tokens, Quantile(ttft, 0.5) / 1e3);
    counters["decode_tps"] = Rate(1, Quantile(tpot, 0.5) / 1e3);
    counters["payload_B"] = static_cast<double>(last.payload_bytes);
    counters["messages"] = static_cast<double>(last.messages);
    counters["load_s"] = last.load_seconds;
    counters["ranks_per_host"] = context_.local_size();
    counters["threads"] = which.all_cores ? HostCores() : ThreadsPerRank(flags_.engine, context_);
    if (which.drafting >= 0) ReportDrafts(state, samples);
    std::string label = label_;
    for (const std::string& note :
         {runner_.Streaming(), runner_.Drafts(), FindTraits(which.strategy).caveat}) {
      if (!note.empty()) label += "; " + note;
    }
    state.SetLabel(label);
  }

  // By the definitions of draft_statistics; drafts are the same in every run.
  static void ReportDrafts(benchmark::State& state, const std::vector<Sample>& samples) {
    const Sample& last = samples.back();
    state.counters["tokens_per_step"] = last.drafts.acceptance_length;
    state.counters["acceptance_rate"] = last.drafts.acceptance_rate;
    state.counters["drafted"] = static_cast<double>(last.drafts.draft_tokens);
    state.counters["wasted"] = static_cast<double>(last.drafts.wasted_tokens);
    state.counters["stale_steps"] = last.stale_steps;
  }

  const BenchFlags& flags_;
  const Transport& transport_;
  const Context& context_;
  std::vector<Case> cases_;
  CaseRunner runner_;
  Tell tell_;
  ResultsFolder* folder_ = nullptr;
  std::optional<ResultRow> pending_;  // of the case that was measured last
  std::set<std::string> saved_;       // names of this run's rows
  std::optional<Case> open_;
  std::string label_;  // verdict over all runs of the open case so far
  Outcome outcome_;
};

}  // namespace

std::unique_ptr<Suite> MakeRealSuite(Transport& transport, const BenchFlags& flags) {
  return std::make_unique<RealSuite>(transport, flags);
}

}  // namespace jupiter
