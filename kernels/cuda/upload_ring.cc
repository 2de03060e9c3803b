#include "kernels/cuda/upload_ring.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace jupiter {
namespace {

constexpr std::size_t kFirstBytes = std::size_t{1} << 20;
constexpr std::size_t kAlign = 256;

}  // namespace

UploadRing::UploadRing(GpuRuntime& runtime, GpuStream stream) : runtime_(runtime), stream_(stream) {
  for (Half& half : halves_) half.copied = runtime_.NewEvent();
  Allocate(kFirstBytes);
}

UploadRing::~UploadRing() {
  runtime_.Synchronize(stream_);
  outgrown_.insert(outgrown_.end(), std::begin(halves_), std::end(halves_));
  for (const Half& half : outgrown_) {
    runtime_.FreeHost(half.host);
    runtime_.Free(half.device);
  }
}

void UploadRing::Allocate(std::size_t half_bytes) {
  half_bytes_ = half_bytes;
  used_ = 0;
  const auto bytes = static_cast<std::int64_t>(half_bytes);
  for (Half& half : halves_) {
    half.host = static_cast<std::byte*>(runtime_.AllocateHost(bytes));
    half.device = static_cast<std::byte*>(runtime_.Allocate(bytes));
  }
}

void UploadRing::NextHalf() {
  runtime_.Record(halves_[current_].copied, stream_);
  current_ = (current_ + 1) % kHalves;
  runtime_.Synchronize(halves_[current_].copied);
  used_ = 0;
}

void UploadRing::MakeRoom(std::size_t bytes) {
  if (bytes > half_bytes_) {
    outgrown_.insert(outgrown_.end(), std::begin(halves_), std::end(halves_));
    Allocate(std::max(2 * half_bytes_, bytes));
  } else if (used_ + bytes > half_bytes_) {
    NextHalf();
  }
}

const std::byte* UploadRing::UploadBytes(const void* data, std::size_t bytes) {
  MakeRoom(bytes);
  std::byte* device = halves_[current_].device + used_;
  CopyTo(device, data, bytes);
  return device;
}

void UploadRing::CopyTo(std::byte* to, const void* data, std::size_t bytes) {
  MakeRoom(bytes);
  std::byte* host = halves_[current_].host + used_;
  if (bytes > 0) std::memcpy(host, data, bytes);
  runtime_.Copy(to, host, static_cast<std::int64_t>(bytes), stream_);
  used_ += (bytes + kAlign - 1) / kAlign * kAlign;
}

const std::byte* KeptUpload::UploadBytes(std::span<const std::byte> bytes) {
  if (bytes.size() > device_bytes_) {
    runtime_.Free(device_);  // waits for kernels that read it
    device_bytes_ = std::max(2 * bytes.size(), kAlign);
    device_ = static_cast<std::byte*>(runtime_.Allocate(static_cast<std::int64_t>(device_bytes_)));
    kept_.clear();
  }
  if (!std::equal(bytes.begin(), bytes.end(), kept_.begin(), kept_.end())) {
    kept_.assign(bytes.begin(), bytes.end());
    ring_.CopyTo(device_, bytes.data(), bytes.size());
  }
  return device_;
}

}  // namespace jupiter
