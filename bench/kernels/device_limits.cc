#include "bench/kernels/device_limits.h"

#include <algorithm>
#include <functional>

#include "bench/kernels/host_limits.h"
#include "kernels/base/clock.h"
#include "kernels/host_device.h"

namespace jupiter {
namespace {

constexpr int kRepeats = 5;
constexpr std::int64_t kLeastTraffic = std::int64_t{256} << 20;
// Of the products: as large as those of a model, with the rows of a slice.
constexpr std::int64_t kProductWidth = 8192;
constexpr std::int64_t kProductRows = 512;

// Calls per second, of several in a row.
double CallRate(Workbench& bench, const std::function<void()>& call) {
  constexpr int kCalls = 8;
  double best = 0;
  for (int i = 0; i <= kRepeats; ++i) {
    const double start = Now();
    for (int k = 0; k < kCalls; ++k) call();
    bench.device().Finish();
    if (i > 0) best = std::max(best, kCalls / (Now() - start));  // the first one warms up
  }
  return best;
}

double CopiedBytes(Workbench& bench, std::int64_t bytes) {
  const std::int64_t rows = bytes / 2 / (kProductWidth * 4);
  const auto from = bench.Rows(rows, kProductWidth, 1);
  const auto to = bench.Rows(rows, kProductWidth, 1);
  return CallRate(bench, [&] { bench.device().Copy(from->at(0), to->at(0)); }) *
         static_cast<double>(2 * rows * kProductWidth * 4);
}

// Operations of a product with many rows, or bytes of the weights of one with a single row.
double ProductRate(Workbench& bench, DType dtype, std::int64_t rows) {
  const auto weights = bench.Weights(dtype, kProductWidth, kProductWidth);
  const auto x = IsQuantised(dtype) ? bench.Act8Rows(rows, kProductWidth, 1)
                                    : bench.Rows(rows, kProductWidth, 1);
  const auto out = bench.Rows(rows, kProductWidth, 1);
  std::size_t turn = 0;
  const double calls = CallRate(bench, [&] {
    bench.device().Linear(x->at(0), *(*weights)[turn++ % weights->size()], out->at(0));
  });
  return calls * static_cast<double>(rows > 1 ? 2 * rows * kProductWidth * kProductWidth
                                              : (*weights)[0]->bytes());
}

MachineLimits AskOps(Workbench& bench, std::int64_t bytes) {
  MachineLimits limits;
  limits.copied_bytes = CopiedBytes(bench, bytes);
  // A device that copies well reads as well.
  limits.read_bytes = std::max(limits.copied_bytes, ProductRate(bench, DType::kF32, 1));
  limits.f32_operations = ProductRate(bench, DType::kF32, kProductRows);
  limits.int8_operations = ProductRate(bench, DType::kQ8_0, kProductRows);
  limits.source = "the device's own copy and products";
  return limits;
}

}  // namespace

MachineLimits MeasureLimits(Workbench& bench, int threads, std::int64_t cache_bytes) {
  const std::int64_t bytes = std::max(kLeastTraffic, 2 * cache_bytes);
  const bool on_host = dynamic_cast<const HostDevice*>(&bench.device()) != nullptr;
  return on_host ? MeasureHostLimits(threads, bytes) : AskOps(bench, bytes);
}

}  // namespace jupiter
