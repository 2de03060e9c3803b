#include "kernels/cuda/card_runtime.h"

#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/cuda/gpu_memory.h"
#include "kernels/memory.h"

namespace jupiter {
namespace {

void Check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  throw std::runtime_error(std::string("CUDA: ") + what + ": " + cudaGetErrorString(error));
}

class CardRuntime final : public GpuRuntime {
 public:
  explicit CardRuntime(int index) : index_(index) { Use(); }

  ~CardRuntime() override {
    // An error here was reported by the call that made it.
    for (cudaEvent_t event : events_) (void)cudaEventDestroy(event);
    for (cudaStream_t stream : streams_) (void)cudaStreamDestroy(stream);
  }

  void* Allocate(std::int64_t bytes) override {
    void* memory = nullptr;
    const cudaError_t error = cudaMalloc(&memory, static_cast<std::size_t>(bytes));
    if (error == cudaErrorMemoryAllocation) {
      (void)cudaGetLastError();  // the runtime would report it again at the next call
      FailGpuMemory("device", bytes, AvailableMemory());
    }
    Check(error, "cudaMalloc");
    return memory;
  }

  void Free(void* memory) override { Check(cudaFree(memory), "cudaFree"); }

  void* AllocateHost(std::int64_t bytes) override {
    void* memory = nullptr;
    const cudaError_t error = cudaMallocHost(&memory, static_cast<std::size_t>(bytes));
    if (error == cudaErrorMemoryAllocation) {
      (void)cudaGetLastError();
      FailGpuMemory("pinned host", bytes, 0);
    }
    Check(error, "cudaMallocHost");
    return memory;
  }

  void FreeHost(void* memory) override { Check(cudaFreeHost(memory), "cudaFreeHost"); }

  // A GPU that shares the processor's memory has no other.
  std::string MemoryName() override {
    const cudaDeviceProp card = Properties();
    if (card.integrated != 0) return {};
    std::string name = "GPU-";
    for (int i = 0; i < 4; ++i) {
      constexpr char kDigits[] = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(card.uuid.bytes[i]);
      name += {kDigits[byte / 16], kDigits[byte % 16]};
    }
    return name;
  }

  std::int64_t AvailableMemory() override {
    // What the driver calls free there leaves out what the system would give up.
    if (Properties().integrated != 0) return AvailableHostMemory();
    std::size_t free = 0, total = 0;
    Check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    return static_cast<std::int64_t>(free);
  }

  int Capability() override {
    const cudaDeviceProp card = Properties();
    return 10 * card.major + card.minor;
  }

  GpuStream NewStream() override {
    cudaStream_t stream = nullptr;
    Check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
    streams_.push_back(stream);
    return stream;
  }

  GpuEvent NewEvent() override {
    cudaEvent_t event = nullptr;
    Check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreate");
    events_.push_back(event);
    return event;
  }

  void Copy(void* to, const void* from, std::int64_t bytes, GpuStream stream) override {
    Check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDefault, stream),
          "cudaMemcpyAsync");
  }

  void Clear(void* memory, std::int64_t bytes, GpuStream stream) override {
    Check(cudaMemsetAsync(memory, 0, static_cast<std::size_t>(bytes), stream), "cudaMemsetAsync");
  }

  void Record(GpuEvent event, GpuStream stream) override {
    Check(cudaEventRecord(event, stream), "cudaEventRecord");
  }

  void Wait(GpuStream stream, GpuEvent event) override {
    Check(cudaStreamWaitEvent(stream, event, 0), "cudaStreamWaitEvent");
  }

  bool Happened(GpuEvent event) override {
    Use();
    const cudaError_t error = cudaEventQuery(event);
    if (error == cudaErrorNotReady) return false;
    Check(error, "cudaEventQuery");
    return true;
  }

  void Synchronize(GpuEvent event) override {
    Check(cudaEventSynchronize(event), "cudaEventSynchronize");
  }

  void Synchronize(GpuStream stream) override {
    Check(cudaGetLastError(), "a kernel's launch");
    Check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  }

 private:
  // Threads have a card each, the first one unless told otherwise.
  void Use() const { Check(cudaSetDevice(index_), "cudaSetDevice"); }

  static cudaDeviceProp Properties() {
    int device = 0;
    Check(cudaGetDevice(&device), "cudaGetDevice");
    cudaDeviceProp properties;
    Check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
    return properties;
  }

  int index_;
  std::vector<cudaStream_t> streams_;
  std::vector<cudaEvent_t> events_;
};

}  // namespace

std::unique_ptr<GpuRuntime> MakeCardRuntime(int index) {
  return std::unique_ptr<GpuRuntime>(new CardRuntime(index));
}

}  // namespace jupiter
