#include "bench/emulated_bench.h"

#include <benchmark/benchmark.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "bench/bandwidth_flag.h"
#include "bench/benchmark_flags.h"
#include "bench/emulated_case.h"
#include "bench/report_text.h"
#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/agreement.h"
#include "parallel/together.h"

namespace jupiter {
namespace {

// Rank 0 replays and reports while the others wait for its end.
constexpr double kReportSeconds = 3600;

std::vector<EmulatedCase> ListCases(const BenchFlags& flags) {
  std::vector<EmulatedCase> cases;
  for (double bandwidth : ParseBandwidths(flags.bandwidths)) {
    for (int prompt : ParseList("--n-prompt", flags.prompt_tokens)) {
      for (int tokens : ParseList("--n-gen", flags.tokens)) {
        for (const std::string& strategy : flags.strategies) {
          FindStrategy(strategy);
          cases.push_back({strategy, prompt, tokens, bandwidth});
        }
      }
    }
  }
  return cases;
}

std::string FileName(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == ':'; }, '-');
  return name + ".jsonl";
}

class EmulatedBench {
 public:
  EmulatedBench(Context& context, const BenchFlags& flags)
      : flags_(flags), context_(context), transport_(context), recorder_(transport_, flags) {
    OnFirstRank(transport_, [&] { CheckOutputs(); });
    for (const EmulatedCase& which : ListCases(flags)) RecordCase(which);
  }

  int Lead() {
    if (recorder_.profile()) {
      benchmark::AddCustomContext("profile", ReportText(recorder_.profile()->name));
    }
    for (const RecordedCase& recorded : cases_) Register(recorded);
    if (benchmark::RunSpecifiedBenchmarks() == 0) {
      fmt::print(stderr, "jupiter: error: --benchmark_filter selects no case\n");
      skipped_ = true;
    }
    benchmark::Shutdown();
    const bool failed = !ReportArrived(flags_.benchmark) || (skipped_ && !measured_);
    return std::stoi(Broadcast(transport_, failed ? "2" : "0", 0));
  }

  int Follow() {
    context_.set_deadline_seconds(std::max(context_.deadline_seconds(), kReportSeconds));
    return std::stoi(Broadcast(transport_, {}, 0));
  }

 private:
  void CheckOutputs() const {
    InitialiseBenchmark(flags_.program, flags_.benchmark);
    CheckWritable(BenchmarkOut(flags_.benchmark));
    if (!flags_.save_records.empty() && !std::filesystem::is_directory(flags_.save_records)) {
      FailUser("--save-records {}: no such folder", flags_.save_records);
    }
  }

  std::string NameOf(const EmulatedCase& which) const {
    return CaseName(recorder_.cluster().name, flags_.engine.model, which);
  }

  void RecordCase(const EmulatedCase& which) {
    const double start = Now();
    RecordedCase recorded = recorder_.Record(which);
    OnFirstRank(transport_, [&] {
      if (recorded.record != nullptr) Keep(recorded, Now() - start);
    });
    cases_.push_back(std::move(recorded));
  }

  void Keep(const RecordedCase& recorded, double seconds) const {
    const std::string name = NameOf(recorded.which);
    fmt::print(stderr, "{}: {}, slices {}; {:.2f} s, {:.0f} messages per second\n", name,
               ShowSplit(recorded.plan), fmt::join(recorded.check->slices, ","), seconds,
               Rate(static_cast<double>(Messages(*recorded.record)), seconds));
    if (flags_.save_records.empty()) return;
    SaveRecord(*recorded.record, flags_.save_records + "/" + FileName(name));
  }

  void Register(const RecordedCase& recorded) {
    benchmark::RegisterBenchmark(
        NameOf(recorded.which).c_str(),
        [this, &recorded](benchmark::State& state) { Measure(state, recorded); })
        ->UseManualTime()
        // A replay gives the same digits every time.
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  }

  void Measure(benchmark::State& state, const RecordedCase& recorded) {
    if (!recorded.missing.empty()) {
      skipped_ = true;
      state.SkipWithError(ReportText(recorded.missing).c_str());
      return;
    }
    Replay replay;
    for (auto _ : state) {
      replay = Simulate(*recorded.record, TestbedOf(recorded), {.spans = true});
      state.SetIterationTime(MetricsOf(recorded, replay).e2el);
    }
    measured_ = true;
    Report(state, recorded, replay);
  }

  static void Report(benchmark::State& state, const RecordedCase& recorded, const Replay& replay) {
    const RequestMetrics metrics = MetricsOf(recorded, replay);
    std::int64_t messages = 0;
    for (const RankReplay& rank : replay.ranks) messages += rank.messages_sent;
    auto& counters = state.counters;
    counters["TTFT_ms"] = metrics.ttft * 1e3;
    counters["TPOT_ms"] = metrics.tpot * 1e3;
    counters["prefill_tps"] = Rate(recorded.which.prompt_tokens, metrics.ttft);
    counters["decode_tps"] = Rate(1, metrics.tpot);
    counters["payload_B"] = static_cast<double>(PayloadBytes(*recorded.record));
    counters["messages"] = static_cast<double>(messages);
    counters["bubble"] = Bubble(replay, recorded.plan);
    if (recorded.prediction) {
      counters["planned_bubble"] = recorded.prediction->bubble;
      counters["planned_TTFT_ms"] = recorded.prediction->ttft * 1e3;
      counters["planned_TPOT_ms"] = recorded.prediction->tpot * 1e3;
    }
    const std::string_view caveat = FindStrategy(recorded.which.strategy).caveat;
    state.SetLabel(fmt::format("EMULATED {}{}{}", ShowSplit(recorded.plan),
                               caveat.empty() ? "" : "; ", caveat));
  }

  const BenchFlags& flags_;
  Context& context_;
  Transport transport_;
  CaseRecorder recorder_;
  std::vector<RecordedCase> cases_;
  bool skipped_ = false;
  bool measured_ = false;
};

}  // namespace

int RunEmulatedBench(Context& context, const BenchFlags& flags) {
  EmulatedBench bench(context, flags);
  return context.rank() == 0 ? bench.Lead() : bench.Follow();
}

}  // namespace jupiter
