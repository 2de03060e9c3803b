#include "bench/comparison/paper_suite.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/comparison/memory_table.h"
#include "bench/comparison/report.h"
#include "bench/measure/virtual_cases.h"
#include "bench/paper/emulator.h"
#include "bench/paper/predictions.h"
#include "bench/paper/systems.h"
#include "bench/report/report_text.h"
#include "bench/results/results_folder.h"
#include "kernels/base/check.h"
#include "planning/text/find_data.h"

namespace jupiter {
namespace {

// A line of a side file.
std::string SideLine(const std::string& name, const std::string& key, nlohmann::json value) {
  return nlohmann::ordered_json{{"name", name}, {key, std::move(value)}}.dump();
}

class PaperSuite : public Suite {
 public:
  PaperSuite(Transport& transport, const std::string& file)
      : experiment_(LoadPaperExperiment(file)),
        readings_(LoadReadings(experiment_)),
        cells_(ListCells(experiment_, ProfilesOf(readings_))),
        report_(MakeReport(file)),
        transport_(transport) {}

  void Prepare() override {
    emulator_ = std::make_unique<PaperEmulator>(transport_, experiment_, cells_);
  }

  // Its times are not measured, so no flag of Google Benchmark changes them.
  std::string Settings(const BenchmarkOptions&) const override { return emulator_->Settings(); }

  void KeepIn(ResultsFolder& folder) override {
    folder_ = &folder;
    for (const ResultRow& row : folder.rows()) {
      if (row.suite == experiment_.name) CheckRow(row);
    }
  }

  std::vector<BenchCase> Cases(const Tell& tell) override {
    tell_ = tell;
    std::vector<std::string> names;
    for (const PaperCell& cell : cells_) names.push_back(CellName(experiment_, cell));
    return MakeVirtualCases(names, [this](benchmark::State& state, const Progress& progress,
                                          std::size_t place) { Measure(state, progress, place); });
  }

  void Serve(const std::string& command) override {
    emulator_->Run(cells_[PlaceIn(transport_, command, cells_.size())]);
  }

  void Conclude(bool to_stdout) override {
    if (rows_.empty()) return;
    if (to_stdout) {
      fmt::print("\n{}{}", report_->Tables(rows_, /*markdown=*/false),
                 Render(PlanningTable(planning_), kPlanningKeys, /*markdown=*/false));
    }
    if (folder_ == nullptr) return;
    folder_->Write(In("tables.md"), report_->Tables(rows_, /*markdown=*/true));
    folder_->Write(In("results.csv"), ToCsv(rows_));
    for (const auto& [file, text] : report_->Files(rows_)) folder_->Write(In(file), text);
  }

  std::set<Verdict> verdicts() const override { return verdicts_; }

 private:
  // Of an earlier run.
  void CheckRow(const ResultRow& row) const {
    const auto is_of = [&](const PaperCell& cell) {
      return CellName(experiment_, cell) == row.name && cell.system == row.system &&
             cell.policy == row.policy && cell.variation == row.variation && row.bubble;
    };
    if (!row.reason.empty() || std::any_of(cells_.begin(), cells_.end(), is_of)) return;
    FailUser("the kept row {} is none of the suite {}; give another folder", row.name,
             experiment_.name);
  }

  void Measure(benchmark::State& state, const Progress& progress, std::size_t index) {
    const ResultRow row = RowOf(index, progress);
    // Google Benchmark may ask for a case again.
    if (seen_.insert(index).second) rows_.push_back(row);
    verdicts_.insert(row.verdict);
    if (!row.e2e_s) {
      state.SkipWithError(ReportText((row.oom ? "OOM: " : "") + row.reason).c_str());
      return;
    }
    for (auto _ : state) state.SetIterationTime(*row.e2e_s);
    Report(state, row);
  }

  // From the folder, or by running it.
  ResultRow RowOf(std::size_t index, const Progress& progress) {
    const std::string name = CellName(experiment_, cells_[index]);
    const ResultRow* known = folder_ == nullptr ? nullptr : folder_->Find(name);
    if (known != nullptr) return *known;
    tell_(fmt::format("{}", index));
    PaperResult result = emulator_->Run(cells_[index]);
    report_->TakePublished(result.row);
    planning_[result.row.system].push_back(result.planner_seconds);
    const std::string took =
        result.row.e2e_s ? fmt::format("{:.1f} s", *result.row.e2e_s) : result.row.reason;
    fmt::print(stderr, "{} {}: {}\n", ToString(progress), name, took);
    if (folder_ != nullptr) Keep(result);
    return result.row;
  }

  void Keep(const PaperResult& result) {
    const std::string& name = result.row.name;
    std::vector<ResultsFolder::SideLine> side = {
        {"planner_seconds", SideLine(name, "seconds", result.planner_seconds)}};
    if (!result.plan.empty()) {
      side.emplace_back("plans", SideLine(name, "plan", nlohmann::json::parse(result.plan)));
      side.emplace_back("timestamps", SideLine(name, "seconds", result.stamps));
    }
    folder_->Add(result.row, side);
  }

  void Report(benchmark::State& state, const ResultRow& row) const {
    auto& counters = state.counters;
    counters["TTFT_ms"] = *row.ttft_s * 1e3;
    if (row.prefill_ms_per_token) counters["prefill_ms_per_token"] = *row.prefill_ms_per_token;
    counters["decode_ms_per_token"] = *row.decode_ms_per_token;
    counters["sent_B"] = static_cast<double>(row.bytes_total);
    counters["messages"] = static_cast<double>(row.messages);
    counters["bubble"] = *row.bubble;
    const std::string_view caveat = FindTraits(FindSystem(row.system).strategy).caveat;
    state.SetLabel(fmt::format("EMULATED {}{}{}", row.note, caveat.empty() ? "" : "; ", caveat));
  }

  // With published values beside the file it is the paper's table.
  std::unique_ptr<ExperimentReport> MakeReport(const std::string& file) const {
    const auto folder = std::filesystem::path(file).parent_path();
    if (!std::filesystem::exists(folder / "published")) return MakePolicyReport(experiment_);
    return MakePaperReport(experiment_, readings_, folder.string());
  }

  // Suites can share a folder; the paper's files have no prefix.
  std::string In(const std::string& file) const {
    return experiment_.name == "paper" ? file : experiment_.name + "-" + file;
  }

  const PaperExperiment experiment_;
  const std::vector<Reading> readings_;
  const std::vector<PaperCell> cells_;
  const std::unique_ptr<ExperimentReport> report_;
  Transport& transport_;
  std::unique_ptr<PaperEmulator> emulator_;
  ResultsFolder* folder_ = nullptr;
  Tell tell_;
  std::vector<ResultRow> rows_;                          // in the order in which they ran
  std::map<std::string, std::vector<double>> planning_;  // seconds of this run's plans, by system
  std::set<std::size_t> seen_;                           // their places among the cells
  std::set<Verdict> verdicts_;
};

}  // namespace

std::string FindExperimentOf(const std::string& suite) {
  return FindExperiment(fmt::format("{0}/{0}.yaml", suite));
}

std::unique_ptr<Suite> MakePaperSuite(Transport& transport, const std::string& file) {
  return std::make_unique<PaperSuite>(transport, file);
}

}  // namespace jupiter
