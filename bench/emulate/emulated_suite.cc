#include "bench/emulate/emulated_suite.h"

#include <benchmark/benchmark.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bench/emulate/emulated_case.h"
#include "bench/flags/bandwidth_flag.h"
#include "bench/measure/virtual_cases.h"
#include "bench/report/explanation.h"
#include "bench/report/report_text.h"
#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/together.h"
#include "planning/replay/testbed.h"

namespace jupiter {
namespace {

std::vector<EmulatedCase> ListEmulatedCases(const BenchFlags& flags) {
  std::vector<EmulatedCase> cases;
  for (double bandwidth : ParseBandwidths(flags.bandwidths)) {
    for (int prompt : flags.PromptLengths()) {
      for (int tokens : flags.AnswerLengths()) {
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

class EmulatedSuite : public Suite {
 public:
  EmulatedSuite(Transport& transport, const BenchFlags& flags)
      : flags_(flags), transport_(transport), cases_(ListEmulatedCases(flags)) {
    OnFirstRank(transport, [&] { cluster_ = LoadCluster(FindCluster(flags.emulate)).name; });
  }

  void Prepare() override {
    recorder_ = std::make_unique<CaseRecorder>(transport_, flags_);
    OnFirstRank(transport_, [&] {
      const std::string& folder = flags_.save_records;
      if (folder.empty()) return;
      std::error_code error;
      std::filesystem::create_directories(folder, error);
      if (!std::filesystem::is_directory(folder, error)) {
        FailUser("--save-records {}: no folder can be made there", folder);
      }
    });
    for (const EmulatedCase& which : cases_) recorder_->Check(which);
    if (transport_.rank() != 0 || !recorder_->profile()) return;
    benchmark::AddCustomContext("profile", ReportText(recorder_->profile()->name));
  }

  std::vector<BenchCase> Cases(const Tell& tell) override {
    tell_ = tell;
    std::vector<std::string> names;
    for (const EmulatedCase& which : cases_) names.push_back(NameOf(which));
    return MakeVirtualCases(names, [this](benchmark::State& state, const Progress& progress,
                                          std::size_t place) { Measure(state, progress, place); });
  }

  void Serve(const std::string& command) override {
    recorder_->PlanAndRecord(cases_[PlaceIn(transport_, command, cases_.size())]);
  }

  void Conclude(bool to_stdout) override {
    for (const auto& [index, text] : explanations_) {
      fmt::print(to_stdout ? stdout : stderr, "\n{}\n{}", NameOf(cases_[index]), text);
    }
  }

  std::set<Verdict> verdicts() const override { return verdicts_; }

 private:
  std::string NameOf(const EmulatedCase& which) const {
    return CaseName(cluster_, flags_.engine.model, which);
  }

  void Measure(benchmark::State& state, const Progress& progress, std::size_t index) {
    tell_(fmt::format("{}", index));
    const double start = Now();
    const RecordedCase recorded = recorder_->PlanAndRecord(cases_[index]);
    if (!recorded.missing.empty()) {
      verdicts_.insert(Verdict::kSkipped);
      state.SkipWithError(ReportText(recorded.missing).c_str());
      return;
    }
    Keep(recorded, progress, Now() - start);
    Replay replay;
    for (auto _ : state) {
      replay = Simulate(*recorded.record, TestbedOf(recorded), {.activities = true});
      state.SetIterationTime(MetricsOf(recorded, replay).e2el);
    }
    verdicts_.insert(Verdict::kUnchecked);
    Report(state, recorded, replay);
    // Google Benchmark may ask for a case again.
    if (flags_.explain && explanations_.count(index) == 0) explanations_[index] = Explain(recorded);
  }

  static std::string Explain(const RecordedCase& recorded) {
    std::vector<std::string> names = DeviceNames(recorded.cluster);
    names.front() = names[static_cast<std::size_t>(recorded.source_device)];
    const std::string text = jupiter::Explain(*recorded.record, TestbedOf(recorded), names);
    return recorded.step ? "of the record's passes, not the profile's tokens\n" + text : text;
  }

  void Keep(const RecordedCase& recorded, const Progress& progress, double seconds) const {
    const std::string name = NameOf(recorded.which);
    fmt::print(stderr, "{} {}: {}, slices {}; {:.2f} s, {:.0f} messages per second\n",
               ToString(progress), name, ShowSplit(recorded.plan),
               fmt::join(recorded.check->slices, ","), seconds,
               Rate(static_cast<double>(Messages(*recorded.record)), seconds));
    if (flags_.save_records.empty()) return;
    SaveRecord(*recorded.record, flags_.save_records + "/" + FileName(name));
  }

  static void Report(benchmark::State& state, const RecordedCase& recorded, const Replay& replay) {
    const RequestMetrics metrics = MetricsOf(recorded, replay);
    auto& counters = state.counters;
    counters["TTFT_ms"] = metrics.ttft * 1e3;
    counters["prefill_tps"] = Rate(recorded.which.prompt_tokens, metrics.ttft);
    if (metrics.tpot) {
      counters["TPOT_ms"] = *metrics.tpot * 1e3;
      counters["decode_tps"] = Rate(1, *metrics.tpot);
    }
    counters["payload_B"] = static_cast<double>(PayloadBytes(*recorded.record));
    counters["messages"] = static_cast<double>(Messages(*recorded.record));
    counters["bubble"] = Bubble(replay, recorded.plan);
    if (recorded.prediction) {
      counters["planned_bubble"] = recorded.prediction->bubble;
      counters["planned_TTFT_ms"] = recorded.prediction->ttft * 1e3;
      const double tpot = recorded.prediction->tpot;  // 0 of one token
      if (tpot > 0) counters["planned_TPOT_ms"] = tpot * 1e3;
    }
    const std::string_view caveat = FindTraits(recorded.which.strategy).caveat;
    state.SetLabel(fmt::format("EMULATED {}{}{}", ShowSplit(recorded.plan),
                               caveat.empty() ? "" : "; ", caveat));
  }

  const BenchFlags& flags_;
  Transport& transport_;
  const std::vector<EmulatedCase> cases_;
  std::string cluster_;  // its name; rank 0
  std::unique_ptr<CaseRecorder> recorder_;
  Tell tell_;
  std::set<Verdict> verdicts_;
  std::map<std::size_t, std::string> explanations_;  // by case
};

}  // namespace

std::unique_ptr<Suite> MakeEmulatedSuite(Transport& transport, const BenchFlags& flags) {
  return std::make_unique<EmulatedSuite>(transport, flags);
}

}  // namespace jupiter
