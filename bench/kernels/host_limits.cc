#include "bench/kernels/host_limits.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/thread_pool.h"
#include "kernels/memory.h"

namespace jupiter {
namespace {

constexpr int kLeastTries = 7;
constexpr double kLeastSeconds = 0.8;
// So that a thread that is late leaves its share to the others, as in ops.
constexpr std::int64_t kTasksPerThread = 16;
constexpr std::int64_t kRoundsPerTask = 100'000;
constexpr std::int64_t kLine = 64;

// `amount` per second in the fastest try.
double BestRate(double amount, const std::function<void()>& body) {
  body();  // threads wake up, pages are there
  const double first = Now();
  double best = 0;
  for (int i = 0; i < kLeastTries || Now() < first + kLeastSeconds; ++i) {
    const double start = Now();
    body();
    best = std::max(best, amount / (Now() - start));
  }
  return best;
}

// Places to be at in turn: one alone leaves the memory waiting.
constexpr int kStreams = 4;

// The sum of all words.
std::uint64_t Sum(const std::byte* data, std::int64_t bytes) {
  const std::int64_t words = bytes / kStreams / 8;
  const auto* from = reinterpret_cast<const std::uint64_t*>(data);
  std::uint64_t sum[8] = {};
  for (std::int64_t i = 0; i + 8 <= words; i += 8) {
    for (int stream = 0; stream < kStreams; ++stream) {
      const std::uint64_t* line = from + stream * words + i;
      // Cache lines that are needed soon; past the end nothing happens.
      __builtin_prefetch(line + 128);
      for (int k = 0; k < 8; ++k) sum[k] += line[k];
    }
  }
  std::uint64_t all = 0;
  for (std::uint64_t part : sum) all += part;
  return all;
}

// Changes all words.
void Flip(std::byte* data, std::int64_t bytes) {
  const std::int64_t words = bytes / kStreams / 8;
  auto* to = reinterpret_cast<std::uint64_t*>(data);
  for (std::int64_t i = 0; i + 8 <= words; i += 8) {
    for (int stream = 0; stream < kStreams; ++stream) {
      std::uint64_t* line = to + stream * words + i;
      __builtin_prefetch(line + 128, 1);
      for (int k = 0; k < 8; ++k) line[k] ^= 1;
    }
  }
}

class HostMeter {
 public:
  HostMeter(int threads, std::int64_t bytes)
      : kernels_(cpu::SelectTable("")),
        pool_(threads),
        tasks_(threads * kTasksPerThread),
        part_(bytes / 2 / tasks_ / kLine / 4 * kLine * 4),
        sinks_(static_cast<std::size_t>(threads)) {
    JUPITER_CHECK(part_ > 0, "{} bytes for {} threads", bytes, threads);
    for (auto& half : halves_) {
      half = cpu::AllocateZeroed(part_ * tasks_);
      // Pages that were never written are all the same page of zeros.
      std::memset(half.get(), 1, static_cast<std::size_t>(part_ * tasks_));
    }
  }

  MachineLimits Run() {
    MachineLimits limits;
    limits.read_bytes = Read();
    limits.copied_bytes = std::max(Copy(), Update());
    limits.f32_operations = Arithmetic(kernels_.peak_fma(kFloats, 1, sinks_[0].floats), [&](int t) {
      kernels_.peak_fma(kFloats, kRoundsPerTask, sinks_[static_cast<std::size_t>(t)].floats);
    });
    limits.int8_operations =
        Arithmetic(kernels_.peak_dot(kWeights, kBytes, 1, &sinks_[0].integer), [&](int t) {
          Sink& sink = sinks_[static_cast<std::size_t>(t)];
          kernels_.peak_dot(kWeights, kBytes, kRoundsPerTask, &sink.integer);
        });
    limits.source = fmt::format("plain loops, {}, {} threads", kernels_.name, pool_.threads());
    return limits;
  }

 private:
  // A cache line of a thread.
  struct alignas(kLine) Sink {
    float floats[16];
    std::int32_t integer;
    std::uint64_t word;
  };
  static constexpr float kFloats[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  static constexpr std::uint8_t kWeights[64] = {1, 2, 3};
  static constexpr std::int8_t kBytes[16] = {1, -2, 3, -4};

  double Read() {
    return BestRate(static_cast<double>(2 * part_ * tasks_), [&] {
      pool_.Run(2 * tasks_, [&](std::int64_t task, int thread) {
        const std::byte* half = halves_[static_cast<std::size_t>(task % 2)].get();
        sinks_[static_cast<std::size_t>(thread)].word += Sum(half + task / 2 * part_, part_);
      });
    });
  }

  double Copy() {
    return BestRate(static_cast<double>(2 * part_ * tasks_), [&] {
      pool_.Run(tasks_, [&](std::int64_t task, int) {
        std::memcpy(halves_[1].get() + task * part_, halves_[0].get() + task * part_,
                    static_cast<std::size_t>(part_));
      });
    });
  }

  // In place: a processor may fetch what a copy overwrites, which nobody asked for.
  double Update() {
    return BestRate(static_cast<double>(2 * part_ * tasks_), [&] {
      pool_.Run(tasks_, [&](std::int64_t task, int) {
        Flip(halves_[static_cast<std::size_t>(task % 2)].get() + task * part_, part_);
      });
    });
  }

  double Arithmetic(std::int64_t operations_per_round, const std::function<void(int)>& task) {
    const std::int64_t rounds = kRoundsPerTask * tasks_;
    return BestRate(static_cast<double>(operations_per_round * rounds),
                    [&] { pool_.Run(tasks_, [&](std::int64_t, int thread) { task(thread); }); });
  }

  const cpu::KernelTable& kernels_;
  cpu::ThreadPool pool_;
  std::int64_t tasks_;
  std::int64_t part_;  // bytes of a task in each half
  std::shared_ptr<std::byte> halves_[2];
  std::vector<Sink> sinks_;  // [threads]
};

}  // namespace

MachineLimits MeasureHostLimits(int threads, std::int64_t bytes) {
  return HostMeter(threads, bytes).Run();
}

}  // namespace jupiter
