#include "bench/measure/run_cases.h"

#include <algorithm>
#include <iterator>

#include "bench/measure/case_reporter.h"

namespace jupiter {
namespace {

// What says that a call took long enough, in seconds.
constexpr double kLong = 1e9;

// What Google Benchmark calls for the cases.
class Runner {
 public:
  Runner(const std::vector<BenchCase>& cases, const BenchmarkOptions& options)
      : cases_(cases), options_(options), progress_(cases.size()) {}

  void Register() {
    for (std::size_t place = 0; place < cases_.size(); ++place) {
      const BenchCase& which = cases_[place];
      auto* registered = benchmark::RegisterBenchmark(
          which.name.c_str(), [this, place](benchmark::State& state) { Measure(state, place); });
      registered->UseManualTime()->Unit(options_.unit);
      if (which.iterations > 0) {
        registered->Iterations(static_cast<benchmark::IterationCount>(which.iterations));
      }
      if (which.repetitions > 0) registered->Repetitions(static_cast<int>(which.repetitions));
    }
  }

 private:
  void Measure(benchmark::State& state, std::size_t place) {
    Progress& progress = progress_[place];
    const bool first = progress.number == 0;
    if (first) progress = {++started_, cases_.size()};
    // Nothing gets warm where the number of iterations is given: the times are known.
    if (first && options_.warms_up && cases_[place].iterations > 0) {
      for (auto _ : state) state.SetIterationTime(kLong);
      return;
    }
    cases_[place].measure(state, progress);
  }

  const std::vector<BenchCase>& cases_;
  const BenchmarkOptions& options_;
  std::vector<Progress> progress_;
  std::size_t started_ = 0;
};

// As Google Benchmark has it, which knows other names.
std::size_t NameWidth(const std::vector<BenchCase>& cases, int repetitions) {
  std::size_t width = 10;
  bool repeats = repetitions > 1;
  for (const BenchCase& which : cases) {
    width = std::max(width, which.name.size());
    repeats |= which.repetitions > 1;
  }
  return width + (repeats ? std::string("_median").size() : 0);
}

}  // namespace

std::vector<BenchCase> Select(std::vector<BenchCase> cases, const CaseFilter& filter) {
  const auto is_out = [&](const BenchCase& which) { return !filter.Selects(which.name); };
  cases.erase(std::remove_if(cases.begin(), cases.end(), is_out), cases.end());
  return cases;
}

void RunCases(const std::vector<BenchCase>& cases, const BenchmarkOptions& options) {
  Runner runner(cases, options);
  runner.Register();
  CaseEnds ends(cases);
  const std::size_t width = NameWidth(cases, options.repetitions);
  CaseReporter display({options.format, options.tabular, options.color, width}, ends);
  CaseReporter file({options.out_format, false, false, width}, ends);
  benchmark::RunSpecifiedBenchmarks(&display, options.out.empty() ? nullptr : &file, "all");
  benchmark::ClearRegisteredBenchmarks();
}

}  // namespace jupiter
