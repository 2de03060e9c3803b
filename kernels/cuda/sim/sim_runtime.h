// A GPU's runtime on the host, as unhelpful as a real one may be: streams get on at random moments
// of the thread that made it, out of step with it and with each other, or not before it waits;
// device memory faults when host code touches it, is never used twice, and holds bytes that read as
// NaN at first.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "kernels/gpu_runtime.h"

namespace jupiter::sim {
class SimRuntime;
}

struct CUstream_st {
  jupiter::sim::SimRuntime* runtime = nullptr;
  std::deque<std::function<void()>> work;
  std::int64_t queued = 0;
  std::atomic<std::int64_t> done = 0;  // other threads ask whether an event happened
};

struct CUevent_st {
  CUstream_st* stream = nullptr;  // null: never recorded
  std::int64_t at = 0;            // `done` of the stream when it happens
};

namespace jupiter::sim {

class SimRuntime : public GpuRuntime {
 public:
  // The seed draws when streams get on.
  explicit SimRuntime(std::uint64_t seed);
  ~SimRuntime() override;

  void* Allocate(std::int64_t bytes) override;
  void Free(void* memory) override;
  void* AllocateHost(std::int64_t bytes) override;
  void FreeHost(void* memory) override;
  // A card of its own for each process.
  std::string MemoryName() override;
  std::int64_t AvailableMemory() override;
  int Capability() override { return 87; }
  GpuStream NewStream() override;
  GpuEvent NewEvent() override;
  void Copy(void* to, const void* from, std::int64_t bytes, GpuStream stream) override;
  void Clear(void* memory, std::int64_t bytes, GpuStream stream) override;
  void Record(GpuEvent event, GpuStream stream) override;
  void Wait(GpuStream stream, GpuEvent event) override;
  bool Happened(GpuEvent event) override;
  void Synchronize(GpuEvent event) override;
  void Synchronize(GpuStream stream) override;

  // Work that the stream does when it gets there.
  void Enqueue(GpuStream stream, std::function<void()> work);

 protected:
  // Called wherever a stream may get on.
  virtual void MaybeGetOn();
  // Does up to so many of the pieces of work that wait in the stream.
  void GetOn(GpuStream stream, std::int64_t pieces);

 private:
  template <typename F>
  void WithMemory(F&& f);
  void RunUntil(GpuStream stream, std::int64_t at);

  const std::thread::id owner_ = std::this_thread::get_id();
  std::uint64_t random_;
  std::byte* arena_ = nullptr;
  std::size_t used_ = 0;
  std::map<void*, std::size_t> allocations_;
  bool open_ = false;  // device memory, to whoever runs now
  std::vector<std::unique_ptr<CUstream_st>> streams_;
  std::vector<std::unique_ptr<CUevent_st>> events_;
};

}  // namespace jupiter::sim
