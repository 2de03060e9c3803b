// Small host arrays on their way to the device: through pinned memory that copies read later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/gpu_runtime.h"

namespace jupiter {

class UploadRing {
 public:
  // Arrays travel in `stream`, and kernels of that stream may read them.
  UploadRing(GpuRuntime& runtime, GpuStream stream);
  UploadRing(const UploadRing&) = delete;
  UploadRing& operator=(const UploadRing&) = delete;
  ~UploadRing();

  // Copies the array, which may change as soon as this returns. The device's copy holds for kernels
  // that are put into the stream before as many bytes again were uploaded as fit into one half.
  template <typename T>
  const T* Upload(std::span<const T> array) {
    return reinterpret_cast<const T*>(UploadBytes(array.data(), array.size_bytes()));
  }
  const std::byte* UploadBytes(const void* data, std::size_t bytes);
  // As UploadBytes, to other device memory.
  void CopyTo(std::byte* to, const void* data, std::size_t bytes);

 private:
  static constexpr int kHalves = 2;
  // One half is filled while the device may still read the other.
  struct Half {
    std::byte* host = nullptr;
    std::byte* device = nullptr;
    GpuEvent copied = nullptr;
  };
  void Allocate(std::size_t half_bytes);
  void NextHalf();
  void MakeRoom(std::size_t bytes);

  GpuRuntime& runtime_;
  GpuStream stream_;
  Half halves_[kHalves];
  std::vector<Half> outgrown_;  // may still be read
  std::size_t half_bytes_ = 0;
  std::size_t used_ = 0;  // of the current half
  int current_ = 0;
};

// An array that often is the same as in the call before, as in one layer after the other: it stays
// on the device, and travels only when it differs.
class KeptUpload {
 public:
  KeptUpload(GpuRuntime& runtime, UploadRing& ring) : runtime_(runtime), ring_(ring) {}
  KeptUpload(const KeptUpload&) = delete;
  KeptUpload& operator=(const KeptUpload&) = delete;
  ~KeptUpload() { runtime_.Free(device_); }

  // The device's copy holds for kernels that are put into the stream before the next call.
  template <typename T>
  const T* Upload(std::span<const T> array) {
    return reinterpret_cast<const T*>(UploadBytes(std::as_bytes(array)));
  }

 private:
  const std::byte* UploadBytes(std::span<const std::byte> bytes);

  GpuRuntime& runtime_;
  UploadRing& ring_;
  std::vector<std::byte> kept_;
  std::byte* device_ = nullptr;
  std::size_t device_bytes_ = 0;
};

}  // namespace jupiter
