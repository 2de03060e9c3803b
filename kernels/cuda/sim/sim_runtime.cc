#include "kernels/cuda/sim/sim_runtime.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "kernels/base/check.h"

extern "C" {  // of the address sanitizer, where it is linked in
__attribute__((weak)) void __asan_poison_memory_region(const volatile void* memory,
                                                       std::size_t bytes);
__attribute__((weak)) void __asan_unpoison_memory_region(const volatile void* memory,
                                                         std::size_t bytes);
}

namespace jupiter::sim {
namespace {

constexpr std::size_t kArena = std::size_t{1} << 30;  // of addresses: memory is taken when touched
constexpr std::size_t kAlign = 256;
constexpr std::uint64_t kOneIn = 4;  // calls in which some stream gets on

void Poison(const void* memory, std::size_t bytes) {
  if (__asan_poison_memory_region != nullptr) __asan_poison_memory_region(memory, bytes);
}

void Unpoison(const void* memory, std::size_t bytes) {
  if (__asan_unpoison_memory_region != nullptr) __asan_unpoison_memory_region(memory, bytes);
}

}  // namespace

SimRuntime::SimRuntime(std::uint64_t seed) : random_(seed * 0x9e3779b97f4a7c15u | 1) {
  void* memory =
      mmap(nullptr, kArena, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  JUPITER_CHECK(memory != MAP_FAILED);
  arena_ = static_cast<std::byte*>(memory);
}

SimRuntime::~SimRuntime() {
  Unpoison(arena_, used_);
  munmap(arena_, kArena);
}

// Device memory is open to the device alone.
template <typename F>
void SimRuntime::WithMemory(F&& f) {
  JUPITER_CHECK(!open_);
  open_ = true;
  if (used_ > 0) JUPITER_CHECK(mprotect(arena_, used_, PROT_READ | PROT_WRITE) == 0);
  f();
  if (used_ > 0) JUPITER_CHECK(mprotect(arena_, used_, PROT_NONE) == 0);
  open_ = false;
}

void* SimRuntime::Allocate(std::int64_t bytes) {
  const auto size = static_cast<std::size_t>(bytes);
  // At least one byte between two allocations belongs to neither.
  const std::size_t taken = (size / kAlign + 1) * kAlign;
  JUPITER_CHECK(bytes >= 0 && used_ + taken <= kArena);
  std::byte* memory = arena_ + used_;
  used_ += taken;
  WithMemory([&] { std::memset(memory, 0xff, size); });
  Poison(memory + size, taken - size);
  allocations_[memory] = size;
  return memory;
}

void SimRuntime::Free(void* memory) {
  if (memory == nullptr) return;
  for (const auto& stream : streams_) Synchronize(stream.get());
  const auto found = allocations_.find(memory);
  JUPITER_CHECK(found != allocations_.end());
  WithMemory([&] { std::memset(memory, 0xff, found->second); });
  Poison(memory, found->second);
  allocations_.erase(found);
}

void* SimRuntime::AllocateHost(std::int64_t bytes) {
  void* memory = std::malloc(static_cast<std::size_t>(bytes));
  JUPITER_CHECK(memory != nullptr || bytes == 0);
  return memory;
}

void SimRuntime::FreeHost(void* memory) { std::free(memory); }

std::string SimRuntime::MemoryName() { return "simulated-" + std::to_string(getpid()); }

std::int64_t SimRuntime::AvailableMemory() { return static_cast<std::int64_t>(kArena - used_); }

GpuStream SimRuntime::NewStream() {
  streams_.push_back(std::make_unique<CUstream_st>());
  streams_.back()->runtime = this;
  return streams_.back().get();
}

GpuEvent SimRuntime::NewEvent() {
  events_.push_back(std::make_unique<CUevent_st>());
  return events_.back().get();
}

void SimRuntime::Copy(void* to, const void* from, std::int64_t bytes, GpuStream stream) {
  Enqueue(stream, [=] { std::memcpy(to, from, static_cast<std::size_t>(bytes)); });
}

void SimRuntime::Clear(void* memory, std::int64_t bytes, GpuStream stream) {
  Enqueue(stream, [=] { std::memset(memory, 0, static_cast<std::size_t>(bytes)); });
}

void SimRuntime::Record(GpuEvent event, GpuStream stream) {
  *event = {stream, stream->queued};
  MaybeGetOn();
}

void SimRuntime::Wait(GpuStream stream, GpuEvent event) {
  if (event->stream == nullptr) return;
  Enqueue(stream, [this, recorded = *event] { RunUntil(recorded.stream, recorded.at); });
}

bool SimRuntime::Happened(GpuEvent event) {
  MaybeGetOn();
  return event->stream == nullptr || event->stream->done >= event->at;
}

void SimRuntime::Synchronize(GpuEvent event) {
  if (event->stream == nullptr) return;
  WithMemory([&] { RunUntil(event->stream, event->at); });
}

void SimRuntime::Synchronize(GpuStream stream) {
  WithMemory([&] { RunUntil(stream, stream->queued); });
}

void SimRuntime::Enqueue(GpuStream stream, std::function<void()> work) {
  stream->work.push_back(std::move(work));
  ++stream->queued;
  MaybeGetOn();
}

void SimRuntime::RunUntil(GpuStream stream, std::int64_t at) {
  while (stream->done < at) {
    const std::function<void()> work = std::move(stream->work.front());
    stream->work.pop_front();
    work();
    ++stream->done;
  }
}

void SimRuntime::MaybeGetOn() {
  if (std::this_thread::get_id() != owner_) return;
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  if (random_ % kOneIn != 0 || streams_.empty()) return;
  const GpuStream stream = streams_[random_ / kOneIn % streams_.size()].get();
  GetOn(stream, 1 + static_cast<std::int64_t>(random_ >> 40) % 2);
}

void SimRuntime::GetOn(GpuStream stream, std::int64_t pieces) {
  WithMemory([&] { RunUntil(stream, std::min(stream->queued, stream->done + pieces)); });
}

}  // namespace jupiter::sim
