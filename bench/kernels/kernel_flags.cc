#include "bench/kernels/kernel_flags.h"

#include "bench/flags/benchmark_arguments.h"
#include "bench/flags/benchmark_help.h"
#include "bench/flags/engine_flags.h"
#include "bench/flags/flag_set.h"
#include "bench/flags/flags.h"
#include "kernels/base/check.h"

namespace jupiter {

int KernelFlags::ThreadsToUse() const {
  if (device == "eigen") return 1;
  return threads > 0 ? threads : HostCores();
}

KernelFlags ParseKernelFlags(int argc, const char* const* argv) {
  KernelFlags flags;
  // There are many rows, and a row's time is that of many calls in any case.
  flags.benchmark = {"--benchmark_min_time=0.1", "--benchmark_time_unit=us",
                     "--benchmark_counters_tabular=true"};
  const std::vector<const char*> own = TakeBenchmarkArguments(argc, argv, flags.benchmark);
  FlagSet set("kernel_bench",
              "Measures every op of a device at the shapes of tinyllama-1.1b, llama2-7b and\n"
              "llama3-8b, and what percentage of the machine's own limit it reaches. Those are\n"
              "measured first. Flags of Google Benchmark stand at the end.",
              kBenchmarkHelp);
  set.Add("--device", flags.device, "cpu, cuda or eigen");
  AddGpuFlag(set, flags.gpu, flags.device);
  set.Add("-t,--threads", flags.threads,
          "of the device, and to find the limits with (0: all cores)")
      .ActsIf([&flags] { return flags.device == "cpu"; }, "is for --device cpu")
      .Between(0, 1024);
  set.Parse(static_cast<int>(own.size()), own.data());
  if (flags.device == "recording") {
    FailUser("--device recording computes nothing; use cpu, cuda or eigen");
  }
  return flags;
}

}  // namespace jupiter
