// The benchmark. Without arguments the main job: every strategy for real on a tiny model, checked
// against one process, then the experiments of the paper, emulated. All --benchmark_* flags of
// Google Benchmark work.
//
//   mpirun -np 4 jupiter_bench --model model.gguf --benchmark_out=results.json
//
// stdout has the report and nothing else; progress and verdicts are on stderr. Exit code 1 when a
// run is INVALID, 2 when no case can run.
#include "bench/programs/jupiter_bench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/comparison/paper_suite.h"
#include "bench/emulate/emulated_suite.h"
#include "bench/flags/bench_flags.h"
#include "bench/measure/benchmark_flags.h"
#include "bench/measure/cases.h"
#include "bench/measure/real_suite.h"
#include "bench/measure/run_cases.h"
#include "bench/report/environment.h"
#include "bench/results/results_folder.h"
#include "kernels/base/check.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/longer_deadline.h"
#include "parallel/transport/together.h"

namespace jupiter {
namespace {

// Devices of the paper's environments.
constexpr int kPaperRanks = 4;

class Bench {
 public:
  Bench(Context& context, const BenchFlags& flags)
      : flags_(flags), context_(context), transport_(context) {
    OnFirstRank(transport_,
                [&] { options_ = InitialiseBenchmark(flags.program, flags.benchmark); });
    MakeSuites();
    if (BroadcastFlag(transport_, options_.lists, 0)) return;
    for (const auto& suite : suites_) suite->Prepare();
    OnFirstRank(transport_, [&] {
      CheckWritable(options_.out);
      if (!flags.out.empty()) OpenFolder();
    });
  }

  // Rank 0: runs Google Benchmark. Returns the exit code, on every rank. What goes wrong here alone
  // (a full disk) ends the others, too.
  int Lead() {
    int code = 0;
    try {
      code = options_.lists ? List() : Measure();
    } catch (const UserError&) {
      End(2);
      throw;
    }
    return End(code);
  }

  // An error that all ranks throw is reported by rank 0, which ends the run.
  int Serve() {
    while (true) {
      const Command command = NextCommand();
      if (command.suite < 0) return BroadcastNumber(transport_, 0, 0);
      try {
        SuiteOf(command).Serve(command.text);
      } catch (const UserError&) {
      }
    }
  }

 private:
  std::vector<BenchCase> SelectCases() {
    std::vector<BenchCase> cases;
    for (std::size_t i = 0; i < suites_.size(); ++i) {
      const auto tell = [this, i](const std::string& text) {
        SendCommand(transport_, {static_cast<int>(i), text});
      };
      for (BenchCase& which : suites_[i]->Cases(tell)) cases.push_back(std::move(which));
    }
    cases = Select(std::move(cases), options_.filter);
    if (cases.empty()) fmt::print(stderr, "jupiter: error: --benchmark_filter selects no case\n");
    return cases;
  }

  int List() {
    const std::vector<BenchCase> cases = SelectCases();
    for (const BenchCase& which : cases) fmt::print("{}\n", which.name);
    return !cases.empty() && ReportArrived(options_) ? 0 : 2;
  }

  int Measure() {
    benchmark::AddCustomContext("ranks", fmt::format("{}", context_.size()));
    benchmark::AddCustomContext("numerics_version", fmt::format("{}", kNumericsVersion));
    const std::vector<BenchCase> cases = SelectCases();
    if (cases.empty()) return 2;
    RunCases(cases, options_);
    std::fflush(stdout);
    for (const auto& suite : suites_) suite->Conclude(options_.prints_for_people());
    benchmark::Shutdown();
    return ExitCode(ReportArrived(options_));
  }

  int End(int code) {
    SendCommand(transport_, {});
    return BroadcastNumber(transport_, code, 0);
  }

  void MakeSuites() {
    if (!flags_.emulate.empty()) {
      suites_.push_back(MakeEmulatedSuite(transport_, flags_));
      return;
    }
    if (Wants("real") || flags_.suites.empty()) {
      suites_.push_back(MakeRealSuite(transport_, flags_));
    }
    for (std::string_view suite : kEmulatedSuites) {
      const bool of_main_job = suite == "paper" && flags_.main_job && HasPaperRanks();
      if (!Wants(suite) && !of_main_job) continue;
      suites_.push_back(MakePaperSuite(transport_, ShareExperiment(std::string(suite))));
    }
  }

  bool Wants(std::string_view suite) const {
    return std::find(flags_.suites.begin(), flags_.suites.end(), suite) != flags_.suites.end();
  }

  bool HasPaperRanks() const {
    if (context_.size() == kPaperRanks) return true;
    if (context_.rank() == 0) {
      fmt::print(stderr,
                 "note: the paper's experiments are left out, they emulate {} devices and there "
                 "are {} ranks; start mpirun with -np {}\n",
                 kPaperRanks, context_.size(), kPaperRanks);
    }
    return false;
  }

  // Every rank has the files of the sources.
  std::string ShareExperiment(const std::string& suite) {
    std::string file;
    Together(transport_, [&] { file = FindExperimentOf(suite); });
    return file;
  }

  // Rank 0.
  void OpenFolder() {
    std::string settings = DescribeBuild();
    bool keeps = false;
    for (const auto& suite : suites_) {
      const std::string own = suite->Settings(options_);
      if (!own.empty()) settings += ", " + own;
      keeps |= !own.empty();
    }
    if (!keeps) FailUser("--out {}: no suite of this run keeps rows", flags_.out);
    folder_ = std::make_unique<ResultsFolder>(flags_.out, "[" + settings + "]", flags_.resume);
    folder_->Write(flags_.resume ? "environment-resumed.json" : "environment.json",
                   DescribeEnvironment(context_, flags_.arguments));
    for (const auto& suite : suites_) suite->KeepIn(*folder_);
  }

  Suite& SuiteOf(const Command& command) {
    const auto place = static_cast<std::size_t>(command.suite);
    if (place < suites_.size()) return *suites_[place];
    transport_.FailPeer(0, "a command", fmt::format("for suite {} of {}", place, suites_.size()));
  }

  Command NextCommand() {
    const LongerDeadline longer(context_, kAloneSeconds);
    return ReceiveCommand(transport_);
  }

  // A case that does not fit here is a row that says so; it is an error when nothing could be run.
  int ExitCode(bool reported) const {
    std::set<Verdict> found;
    for (const auto& suite : suites_) {
      for (Verdict verdict : suite->verdicts()) found.insert(verdict);
    }
    if (found.count(Verdict::kInvalid) > 0) return 1;
    return reported && found != std::set<Verdict>{Verdict::kSkipped} ? 0 : 2;
  }

  const BenchFlags& flags_;
  Context& context_;
  Transport transport_;
  BenchmarkOptions options_;               // rank 0
  std::unique_ptr<ResultsFolder> folder_;  // rank 0
  std::vector<std::unique_ptr<Suite>> suites_;
};

int ExecuteBench(Context& context, int argc, char** argv) {
  const BenchFlags flags = ParseBenchFlags(argc, argv);
  SetDeadline(context, flags.engine);
  Bench bench(context, flags);
  return context.rank() == 0 ? bench.Lead() : bench.Serve();
}

}  // namespace
}  // namespace jupiter

int jupiter::BenchMain(int argc, char** argv) {
  jupiter::Context context(&argc, &argv);
  return jupiter::RunProgram(context, [&] { return jupiter::ExecuteBench(context, argc, argv); });
}
