#include "bench/measure/case_reporter.h"

#include <cmath>
#include <iterator>
#include <optional>

#include "bench/report/metrics.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

using CaseRun = benchmark::BenchmarkReporter::Run;

std::unique_ptr<benchmark::BenchmarkReporter> MakeReporter(const ReportStyle& style) {
  using benchmark::ConsoleReporter;
  if (style.format == "json") return std::make_unique<benchmark::JSONReporter>();
  if (style.format == "csv") {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    return std::make_unique<benchmark::CSVReporter>();
#pragma GCC diagnostic pop
  }
  const int options = (style.tabular ? ConsoleReporter::OO_Tabular : 0) |
                      (style.color ? ConsoleReporter::OO_Color : 0);
  return std::make_unique<ConsoleReporter>(static_cast<ConsoleReporter::OutputOptions>(options));
}

double StandardDeviation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double mean = Mean(values);
  double sum = 0;
  for (double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

// By the names that Google Benchmark gives its aggregates; nothing for another one.
std::optional<double> Aggregate(const std::string& name, const std::vector<double>& values) {
  if (name == "mean") return Mean(values);
  if (name == "median") return Quantile(values, 0.5);
  if (name == "stddev") return StandardDeviation(values);
  if (name == "cv") return StandardDeviation(values) / Mean(values);
  return std::nullopt;
}

void SetCpuTime(const std::vector<double>& seconds, CaseRun& run) {
  std::optional<double> value;
  if (run.run_type == CaseRun::RT_Iteration) {
    value = seconds.at(static_cast<std::size_t>(run.repetition_index));
  } else {
    value = Aggregate(run.aggregate_name, seconds);
  }
  if (!value) return;
  // Reports divide times by iterations, but not a share such as cv.
  const bool is_time = run.aggregate_unit == benchmark::kTime;
  run.cpu_accumulated_time = *value * (is_time ? static_cast<double>(run.iterations) : 1);
}

// Such as cv of a counter that is always 0: no number that JSON has.
void DropUndefined(benchmark::UserCounters& counters) {
  for (auto at = counters.begin(); at != counters.end();) {
    at = std::isfinite(at->second.value) ? std::next(at) : counters.erase(at);
  }
}

}  // namespace

CaseEnds::CaseEnds(const std::vector<BenchCase>& cases) {
  for (const BenchCase& which : cases) cases_.emplace(which.name, &which);
}

const CaseEnd& CaseEnds::Of(const std::string& name, std::size_t repetitions) {
  const auto ended = ended_.find(name);
  if (ended != ended_.end()) return ended->second;
  const auto found = cases_.find(name);
  JUPITER_CHECK(found != cases_.end(), "a row of no case: {}", name);
  const BenchCase& which = *found->second;
  return ended_.emplace(name, which.end ? which.end(repetitions) : CaseEnd{}).first->second;
}

CaseReporter::CaseReporter(const ReportStyle& style, CaseEnds& ends)
    : style_(style), ends_(ends), inner_(MakeReporter(style)) {}

bool CaseReporter::ReportContext(const Context& context) {
  inner_->SetOutputStream(&GetOutputStream());
  inner_->SetErrorStream(&GetErrorStream());
  Context own = context;
  own.name_field_width = style_.name_width;
  return inner_->ReportContext(own);
}

void CaseReporter::ReportRuns(const std::vector<CaseRun>& runs) {
  std::vector<CaseRun> shown = runs;
  for (CaseRun& run : shown) {
    benchmark::BenchmarkName name;
    name.function_name = run.run_name.function_name;
    run.run_name = name;
    const CaseEnd& end = ends_.Of(name.function_name, static_cast<std::size_t>(run.repetitions));
    if (!end.label.empty()) run.report_label = end.label;
    if (!end.cpu_seconds.empty()) SetCpuTime(end.cpu_seconds, run);
    if (style_.format != "console") DropUndefined(run.counters);
  }
  if (style_.format != "csv") return inner_->ReportRuns(shown);
  held_.insert(held_.end(), shown.begin(), shown.end());
}

void CaseReporter::Finalize() {
  // CSV has the columns of the first rows that it is given, and ends the process at a row that has
  // more: it gets all of them at once.
  if (!held_.empty()) inner_->ReportRuns(held_);
  inner_->Finalize();
}

}  // namespace jupiter
