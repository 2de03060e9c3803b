// Results on their way to host memory while later kernels compute: in a stream of their own,
// through buffers of their own, which are used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "kernels/base/readiness.h"
#include "kernels/gpu_runtime.h"

namespace jupiter {

class LateDownloads {
 public:
  // `compute`: the stream whose kernels make the results.
  LateDownloads(std::shared_ptr<GpuRuntime> runtime, GpuStream compute);
  LateDownloads(const LateDownloads&) = delete;
  LateDownloads& operator=(const LateDownloads&) = delete;
  ~LateDownloads();

  using Fill = std::function<void(std::byte* device)>;
  using Take = std::function<void(const std::byte* host)>;
  // `fill`, called at once, puts kernels into the compute stream that write `bytes` of device
  // memory. Whoever asks for the answer first after they arrived calls `take` with them.
  Readiness Begin(std::int64_t bytes, const Fill& fill, Take take);

 private:
  struct Buffer;
  class Ticket;
  std::shared_ptr<Buffer> FreeBuffer(std::int64_t bytes);

  std::shared_ptr<GpuRuntime> runtime_;
  GpuStream compute_;
  GpuStream copies_;
  std::vector<std::shared_ptr<Buffer>> buffers_;
};

}  // namespace jupiter
