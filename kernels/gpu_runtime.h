// What the `cuda` device needs of a GPU's runtime: memory, streams, events. Two implementations: a
// card's (through CUDA), and the simulated one of sim/, which runs late.
//
// Work of one stream happens in the order it was given, and nothing else is promised: of another
// stream or of the host it is ordered by events and Synchronize alone. Errors of the card throw
// UserError where the user can help (memory), else std::runtime_error. One thread calls, but for
// Happened and FreeHost, which any thread may.
#pragma once

#include <cstdint>
#include <string>

// CUDA's own handles, cudaStream_t and cudaEvent_t, so that no header of the toolkit is needed
// here.
struct CUstream_st;
struct CUevent_st;

namespace jupiter {

using GpuStream = CUstream_st*;
using GpuEvent = CUevent_st*;

class GpuRuntime {
 public:
  GpuRuntime() = default;
  GpuRuntime(const GpuRuntime&) = delete;
  GpuRuntime& operator=(const GpuRuntime&) = delete;
  virtual ~GpuRuntime() = default;

  // Device memory, aligned to 256 bytes; what it holds is not specified. Free waits for all
  // streams.
  virtual void* Allocate(std::int64_t bytes) = 0;
  virtual void Free(void* memory) = 0;
  // Pinned host memory: only such is copied while the host goes on.
  virtual void* AllocateHost(std::int64_t bytes) = 0;
  virtual void FreeHost(void* memory) = 0;
  // Of the device memory, as MemoryPool has it.
  virtual std::string MemoryName() = 0;
  // Bytes of device memory that are free now.
  virtual std::int64_t AvailableMemory() = 0;

  // 10 * major + minor of the compute capability.
  virtual int Capability() = 0;

  // Streams and events live as long as the runtime.
  virtual GpuStream NewStream() = 0;
  virtual GpuEvent NewEvent() = 0;

  // Between host and device, in any direction. Host memory is read or written when the stream gets
  // there.
  virtual void Copy(void* to, const void* from, std::int64_t bytes, GpuStream stream) = 0;
  // Zeroes device memory.
  virtual void Clear(void* memory, std::int64_t bytes, GpuStream stream) = 0;
  // The event happens when the stream has done all it was given before.
  virtual void Record(GpuEvent event, GpuStream stream) = 0;
  // The stream goes on after the event as it was last recorded.
  virtual void Wait(GpuStream stream, GpuEvent event) = 0;
  // Whether it has happened; true for an event that was never recorded.
  virtual bool Happened(GpuEvent event) = 0;
  // The host goes on after it.
  virtual void Synchronize(GpuEvent event) = 0;
  virtual void Synchronize(GpuStream stream) = 0;
};

}  // namespace jupiter
