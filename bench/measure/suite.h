// Cases of jupiter_bench of one kind.
//
// Google Benchmark runs on rank 0 alone, so iteration counts, filters and random order cannot
// diverge between ranks: the others do what rank 0 tells them, one command at a time.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "bench/measure/bench_case.h"
#include "bench/measure/benchmark_flags.h"
#include "bench/report/verdict.h"

namespace jupiter {

class ResultsFolder;

class Suite {
 public:
  // Makes every other rank call Serve of the same suite with this command; this rank then does its
  // own part of it.
  using Tell = std::function<void(const std::string& command)>;

  Suite() = default;
  Suite(const Suite&) = delete;
  Suite& operator=(const Suite&) = delete;
  virtual ~Suite() = default;

  // Makes ready to run: models, plans. Collective; throws UserError on all ranks. To list cases
  // takes no preparation, and any number of ranks.
  virtual void Prepare() = 0;
  // What decides on its rows, one line of JSON; "" when it keeps none.
  virtual std::string Settings(const BenchmarkOptions&) const { return {}; }
  // Rank 0, before Cases: saves its rows there, and takes those that are there for its own. The
  // folder outlives the suite.
  virtual void KeepIn(ResultsFolder&) {}
  // Rank 0: the cases in their order. `tell` is kept.
  virtual std::vector<BenchCase> Cases(const Tell& tell) = 0;
  // The other ranks: their part of a command.
  virtual void Serve(const std::string& command) = 0;
  // Rank 0, after the last case: what is to be said about all of them; to stdout if `to_stdout`.
  virtual void Conclude(bool to_stdout) { static_cast<void>(to_stdout); }
  // Rank 0: of the cases so far.
  virtual std::set<Verdict> verdicts() const = 0;
};

}  // namespace jupiter
