// The benchmark: every strategy on one model over the ranks at hand, each run checked against one
// process. All --benchmark_* flags of Google Benchmark work.
//
//   mpirun -np 4 jupiter_bench --model model.gguf --benchmark_out=results.json
//
// stdout has the report and nothing else; progress and verdicts are on stderr. Exit code 1 when a
// run is INVALID, 2 when a case cannot run.
#include <benchmark/benchmark.h>

#include <cstdio>

#include "bench/bench_flags.h"
#include "bench/benchmark_flags.h"
#include "bench/emulated_bench.h"
#include "bench/real_case.h"
#include "bench/report_text.h"
#include "kernels/base/check.h"
#include "parallel/together.h"

namespace jupiter {
namespace {

// Whether `local` with every core of the source's host is another case than `local` with the
// threads of a rank; the same on all ranks.
bool HasMoreCores(Transport& transport, const BenchFlags& flags) {
  const Context& context = transport.context();
  const bool more = context.local_size() > 1 && ThreadsPerRank(flags.engine, context) < HostCores();
  return Broadcast(transport, more ? "1" : "0", 0) == "1";
}

std::vector<Case> ListCases(const BenchFlags& flags, bool more_cores) {
  std::vector<Case> cases;
  for (int prompt : ParseList("--n-prompt", flags.prompt_tokens)) {
    for (int tokens : ParseList("--n-gen", flags.tokens)) {
      for (const std::string& strategy : flags.strategies) {
        FindStrategy(strategy);
        const bool local = strategy == "local";
        if (local && more_cores) cases.push_back({strategy, prompt, tokens, true});
        cases.push_back({strategy, prompt, tokens, false});
      }
    }
  }
  return cases;
}

// What the cases found, over the whole run.
struct Outcome {
  bool invalid = false;
  bool skipped = false;
  bool measured = false;
  bool lost = false;  // the report
};

class Bench {
 public:
  Bench(Context& context, const BenchFlags& flags)
      : flags_(flags),
        context_(context),
        transport_(context),
        cases_(ListCases(flags, HasMoreCores(transport_, flags))),
        runner_(transport_, flags.engine, ParseFault(flags.fault), flags.reference) {
    NotePlan(transport_, runner_.planning(), flags.strategies, "split the layers equally");
    Together(transport_, [&] {
      if (context.rank() != 0) return;
      InitialiseBenchmark(flags.program, flags.benchmark);
      CheckWritable(BenchmarkOut(flags.benchmark));
    });
    for (const Case& which : cases_) runner_.Check(which);
  }

  // Rank 0: runs Google Benchmark. Returns the exit code, on every rank.
  int Lead() {
    Register();
    Outcome outcome;
    outcome_ = &outcome;
    if (benchmark::RunSpecifiedBenchmarks() == 0) {
      fmt::print(stderr, "jupiter: error: --benchmark_filter selects no case\n");
      outcome.skipped = true;
    }
    benchmark::Shutdown();
    outcome.lost = !ReportArrived(flags_.benchmark);
    SendCommand(transport_, {});
    // A case that does not fit here is a row that says so; it is an error when nothing could be
    // run.
    const bool failed = outcome.lost || (outcome.skipped && !outcome.measured);
    const int code = outcome.invalid ? 1 : failed ? 2 : 0;
    return std::stoi(Broadcast(transport_, fmt::format("{}", code), 0));
  }

  int Follow() {
    while (true) {
      const Command command = ReceiveCommand(transport_);
      switch (command.kind) {
        case Command::Kind::kOpen: TryOpen(command.which); break;
        case Command::Kind::kRun: runner_.RunOnce(); break;
        case Command::Kind::kStop: return std::stoi(Broadcast(transport_, {}, 0));
      }
    }
  }

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

  void Register() {
    benchmark::AddCustomContext("model", ReportText(flags_.engine.model));
    benchmark::AddCustomContext("device", runner_.DescribeDevice());
    benchmark::AddCustomContext("ranks", fmt::format("{}", context_.size()));
    benchmark::AddCustomContext("numerics_version", fmt::format("{}", kNumericsVersion));
    for (const Case& which : cases_) {
      benchmark::RegisterBenchmark(
          CaseName(flags_.engine.model, which).c_str(),
          [this, which](benchmark::State& state) { MeasureCase(state, which); })
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    }
  }

  void MeasureCase(benchmark::State& state, const Case& which) {
    if (!open_ || !(*open_ == which)) {
      const std::string name = CaseName(flags_.engine.model, which);
      fmt::print(stderr, "{}: loading\n", name);
      SendCommand(transport_, {Command::Kind::kOpen, which});
      open_.reset();
      const std::string error = TryOpen(which);
      if (!error.empty()) {
        outcome_->skipped = true;
        state.SkipWithError(ReportText(error).c_str());
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
    outcome_->measured = true;
    Report(state, which, samples);
  }

  Sample RunOnce() {
    SendCommand(transport_, {Command::Kind::kRun, {}});
    Sample sample = runner_.RunOnce();
    if (label_ == "VALID") Judge(sample);
    return sample;
  }

  // One wrong run, were it the warm-up or one that Google Benchmark drops, spoils the case.
  void Judge(const Sample& sample) {
    const std::string name = CaseName(flags_.engine.model, *open_);
    if (!sample.checked) {
      fmt::print(stderr, "{}: UNCHECKED, no reference: {}\n", name, sample.verdict.detail);
      label_ = "UNCHECKED";
    } else if (!sample.verdict.valid) {
      fmt::print(stderr, "{}: INVALID: {}\n", name, sample.verdict.detail);
      outcome_->invalid = true;
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
    std::string label = label_;
    for (const std::string& note :
         {runner_.Streaming(), std::string(FindStrategy(which.strategy).caveat)}) {
      if (!note.empty()) label += "; " + note;
    }
    state.SetLabel(label);
  }

  BenchFlags flags_;
  Context& context_;
  Transport transport_;
  std::vector<Case> cases_;
  CaseRunner runner_;
  std::optional<Case> open_;
  std::string label_;  // verdict over all runs of the open case so far
  Outcome* outcome_ = nullptr;
};

int Main(Context& context, int argc, char** argv) {
  const BenchFlags flags = ParseBenchFlags(argc, argv);
  SetDeadline(context, flags.engine);
  if (!flags.emulate.empty()) return RunEmulatedBench(context, flags);
  Bench bench(context, flags);
  return context.rank() == 0 ? bench.Lead() : bench.Follow();
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  jupiter::Context context(&argc, &argv);
  return jupiter::RunProgram(context, [&] { return jupiter::Main(context, argc, argv); });
}
