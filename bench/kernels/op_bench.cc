#include "bench/kernels/op_bench.h"

#include <memory>
#include <string>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"

namespace jupiter {
namespace {

class LastOp : public OpObserver {
 public:
  void OnOp(const OpCall& call, double) override { call_ = call; }
  const OpCall& call() const { return call_; }

 private:
  OpCall call_;
};

// A case that is ready to run, with what its device says that it does.
class Running {
 public:
  Running(const OpCase& which, Workbench& bench)
      : name_(which.name), op_(which.prepare(bench)), bench_(bench) {
    LastOp last;
    bench.device().Observe(&last);
    op_.run(turn_++);  // the warm-up, too
    bench.device().Observe(nullptr);
    bench.device().Finish();
    call_ = last.call();
    if (op_.shared_positions > 0) call_ = WithSharedContext(call_, op_.shared_positions);
  }

  const std::string& name() const { return name_; }

  // All iterations in a row, since some devices only take orders and work later.
  void Measure(benchmark::State& state, const MachineLimits& limits) {
    double seconds = 0;
    while (state.KeepRunningBatch(state.max_iterations)) {
      const double start = Now();
      for (benchmark::IterationCount i = 0; i < state.max_iterations; ++i) op_.run(turn_++);
      bench_.device().Finish();
      seconds = Now() - start;
      state.SetIterationTime(seconds);
    }
    const LimitShare share =
        ShareOfLimit(call_, seconds / static_cast<double>(state.max_iterations), limits);
    state.counters["GB/s"] = share.bytes_per_second / 1e9;
    state.counters["GOP/s"] = share.operations_per_second / 1e9;
    state.counters["limit_%"] = share.percent;
    state.SetLabel(std::string(Name(share.bound)));
  }

 private:
  std::string name_;
  PreparedOp op_;
  Workbench& bench_;
  std::int64_t turn_ = 0;
  OpCall call_;
};

// Google Benchmark calls a case several times, until it knows how many iterations it takes.
class OpBench {
 public:
  OpBench(Workbench& bench, const MachineLimits& limits) : bench_(bench), limits_(limits) {}

  void Measure(const OpCase& which, benchmark::State& state) {
    try {
      if (!running_ || running_->name() != which.name) {
        running_.reset();  // makes room
        running_ = std::make_unique<Running>(which, bench_);
      }
      running_->Measure(state, limits_);
    } catch (const UserError& error) {
      state.SkipWithError(error.what());
    }
  }

 private:
  Workbench& bench_;
  const MachineLimits& limits_;
  std::unique_ptr<Running> running_;
};

}  // namespace

std::vector<BenchCase> BenchCasesOf(const OpCases& ops, Workbench& bench,
                                    const MachineLimits& limits) {
  const auto runner = std::make_shared<OpBench>(bench, limits);
  std::vector<BenchCase> cases;
  for (const OpCase& op : ops) {
    cases.push_back({.name = op.name,
                     .measure = [runner, &op](benchmark::State& state,
                                              const Progress&) { runner->Measure(op, state); },
                     .end = {},
                     .iterations = 0,
                     .repetitions = 0});
  }
  return cases;
}

}  // namespace jupiter
