// Reports of Google Benchmark that show cases under their names.
//
// It adds to a name how the case is timed (/iterations:1/manual_time). That is the same for all of
// a suite, and would have to stand in filters and be cut off by readers.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/measure/bench_case.h"

namespace jupiter {

// Ends cases when the first of their rows is reported. For several reporters of the same run.
class CaseEnds {
 public:
  explicit CaseEnds(const std::vector<BenchCase>& cases);
  const CaseEnd& Of(const std::string& name, std::size_t repetitions);

 private:
  std::map<std::string, const BenchCase*> cases_;
  std::map<std::string, CaseEnd> ended_;
};

struct ReportStyle {
  std::string format;  // console, json or csv
  bool tabular = false;
  bool color = false;
  std::size_t name_width = 10;  // of the console's first column
};

class CaseReporter : public benchmark::BenchmarkReporter {
 public:
  // `ends` outlives it.
  CaseReporter(const ReportStyle& style, CaseEnds& ends);

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

 private:
  ReportStyle style_;
  CaseEnds& ends_;
  std::unique_ptr<benchmark::BenchmarkReporter> inner_;
  std::vector<Run> held_;
};

}  // namespace jupiter
