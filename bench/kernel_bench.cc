// Every op of a device against the limits of its machine, without mpirun.
//
//   kernel_bench --benchmark_filter='linear/q4_0/llama2-7b/ffn_down'
//
// stdout has the report; the limits are in its head, and on stderr.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "bench/flags/tool.h"
#include "bench/kernels/device_limits.h"
#include "bench/kernels/kernel_flags.h"
#include "bench/kernels/op_bench.h"
#include "bench/kernels/op_cases.h"
#include "bench/measure/benchmark_flags.h"
#include "bench/measure/run_cases.h"
#include "bench/report/host_facts.h"
#include "kernels/base/check.h"
#include "kernels/make_device.h"

namespace jupiter {
namespace {

void TellLimits(const Device& device, const MachineLimits& limits) {
  const auto tell = [](const char* name, const std::string& value) {
    benchmark::AddCustomContext(name, value);
    fmt::print(stderr, "{}: {}\n", name, value);
  };
  tell("device", device.Describe());
  tell("limits_by", limits.source);
  tell("limit_read_GB/s", fmt::format("{:.1f}", limits.read_bytes / 1e9));
  tell("limit_copy_GB/s", fmt::format("{:.1f}", limits.copied_bytes / 1e9));
  tell("limit_f32_GOP/s", fmt::format("{:.1f}", limits.f32_operations / 1e9));
  tell("limit_int8_GOP/s", fmt::format("{:.1f}", limits.int8_operations / 1e9));
  // Above 0.5 other processes take turns with the measurement.
  tell("load_average", fmt::format("{:.1f}", LoadAverage()));
}

// No case of them all is a filter that selects nothing.
OpCases SelectOps(const CaseFilter& filter) {
  OpCases ops;
  for (OpCase& op : AllOpCases()) {
    if (filter.Selects(op.name)) ops.push_back(std::move(op));
  }
  if (ops.empty()) FailUser("--benchmark_filter selects no case");
  return ops;
}

int ExecuteKernelBench(int argc, char** argv) {
  const KernelFlags flags = ParseKernelFlags(argc, argv);
  const BenchmarkOptions options = InitialiseBenchmark(argv[0], flags.benchmark);
  const OpCases ops = SelectOps(options.filter);
  if (options.lists) {
    for (const OpCase& op : ops) fmt::print("{}\n", op.name);
    return ReportArrived(options) ? 0 : 2;
  }
  const std::unique_ptr<Device> device =
      MakeDevice(flags.device, {.threads = flags.ThreadsToUse(), .isa = {}, .gpu = flags.gpu});
  Workbench bench(*device, LastLevelCache());
  const MachineLimits limits = MeasureLimits(bench, flags.ThreadsToUse(), LastLevelCache());
  TellLimits(*device, limits);
  RunCases(BenchCasesOf(ops, bench, limits), options);
  std::fflush(stdout);
  benchmark::Shutdown();
  return ReportArrived(options) ? 0 : 2;
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  return jupiter::RunTool([&] { return jupiter::ExecuteKernelBench(argc, argv); });
}
