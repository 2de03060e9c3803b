// A slice is sent while the device computes the next one.
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "parallel/session/session.h"
#include "tests/cuda/sim/sim_device.h"
#include "tests/parallel/mpi_main.h"
#include "tests/parallel/strategies/request_runs.h"

namespace jupiter {
namespace {

// When a result was seen in host memory, in pieces of work of the stream that computes.
struct Seen {
  std::int64_t computed = 0;  // all that was given before the result's copy
  std::int64_t at = 0;
};

// A GPU that gets on only when the host asks whether an event happened, by one piece of work: so
// what it has done when a message leaves does not depend on time. The device's first stream
// computes.
class PacedRuntime final : public sim::SimRuntime {
 public:
  PacedRuntime() : SimRuntime(1) {}

  GpuStream NewStream() override {
    const GpuStream stream = SimRuntime::NewStream();
    if (compute_ == nullptr) compute_ = stream;
    return stream;
  }

  void Record(GpuEvent event, GpuStream stream) override {
    SimRuntime::Record(event, stream);
    const std::lock_guard lock(mutex_);
    if (stream != compute_) waiting_[event] = compute_->queued;
  }

  bool Happened(GpuEvent event) override {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(event);
    if (found == waiting_.end()) return SimRuntime::Happened(event);
    if (std::this_thread::get_id() == host_) {
      if (compute_->done < found->second) {
        GetOn(compute_, 1);
      } else {
        Synchronize(event);
      }
    }
    if (!SimRuntime::Happened(event)) return false;
    seen_.push_back({found->second, compute_->done});
    waiting_.erase(found);
    return true;
  }

  // Since the last call, in order.
  std::vector<Seen> TakeSeen() {
    const std::lock_guard lock(mutex_);
    return std::exchange(seen_, {});
  }

 private:
  void MaybeGetOn() override {}

  const std::thread::id host_ = std::this_thread::get_id();
  std::mutex mutex_;
  GpuStream compute_ = nullptr;
  std::map<GpuEvent, std::int64_t> waiting_;  // copies that nobody saw the end of
  std::vector<Seen> seen_;
};

constexpr int kSlices = 4;
constexpr int kRowsOfSlice = 3;

SessionOptions OptionsOf(const Request& request) {
  SessionOptions options;
  options.plan.strategy = "jupiter";
  options.plan.slices = Slices(std::to_string(kRowsOfSlice));
  options.prompt_tokens = static_cast<int>(request.prompt.size());
  options.max_tokens = request.max_tokens;
  return options;
}

Request RequestOf(int vocab) {
  Request request;
  for (int i = 0; i < kSlices * kRowsOfSlice; ++i) request.prompt.push_back((37 * i + 5) % vocab);
  request.max_tokens = 2;
  return request;
}

TEST(OverlapTest, ASliceIsSentBeforeTheNextOneIsComputed) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  const bool has_gpu = transport.rank() == 0;
  const auto runtime = std::make_shared<PacedRuntime>();
  sim::SetSeed(1);
  const std::unique_ptr<Device> device =
      has_gpu ? std::make_unique<CudaDevice>(runtime, sim::SimOps(), "paced")
              : MakeDevice("cpu", {});
  const auto checkpoint = OpenCheckpoint("synthetic:tiny:q8_0");
  const Request request = RequestOf(checkpoint->config().vocab);
  Session session(transport, *device, *checkpoint, OptionsOf(request));
  session.Load();
  // Memory that grows during the first request waits for the device.
  session.Run(request, {}, nullptr);
  runtime->TakeSeen();
  session.Run(request, {}, nullptr);
  if (!has_gpu) return;
  const std::vector<Seen> seen = runtime->TakeSeen();
  ASSERT_GE(seen.size(), static_cast<std::size_t>(kSlices));
  for (std::size_t slice = 0; slice + 1 < kSlices; ++slice) {
    EXPECT_GE(seen[slice].at, seen[slice].computed) << "slice " << slice;
    EXPECT_LT(seen[slice].at, seen[slice + 1].computed) << "slice " << slice;
  }
}

}  // namespace
}  // namespace jupiter
