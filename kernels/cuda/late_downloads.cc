#include "kernels/cuda/late_downloads.h"

#include <atomic>
#include <utility>

namespace jupiter {

// A ticket may outlive the device, in a message that never left: so it shares in this.
struct LateDownloads::Buffer {
  explicit Buffer(std::shared_ptr<GpuRuntime> given)
      : runtime(std::move(given)), filled(runtime->NewEvent()), copied(runtime->NewEvent()) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { Release(); }

  void Resize(std::int64_t new_bytes) {
    Release();
    device = static_cast<std::byte*>(runtime->Allocate(new_bytes));
    host = static_cast<std::byte*>(runtime->AllocateHost(new_bytes));
    bytes = new_bytes;
  }

  void Release() {
    bytes = 0;
    ReleaseDevice();
    runtime->FreeHost(std::exchange(host, nullptr));
  }
  void ReleaseDevice() {
    if (device != nullptr) runtime->Free(std::exchange(device, nullptr));
  }

  std::shared_ptr<GpuRuntime> runtime;
  GpuEvent filled;
  GpuEvent copied;
  std::byte* device = nullptr;
  std::byte* host = nullptr;
  std::int64_t bytes = 0;
  std::atomic<bool> in_use = false;  // given back by the thread that asks
};

class LateDownloads::Ticket {
 public:
  Ticket(std::shared_ptr<Buffer> buffer, Take take)
      : buffer_(std::move(buffer)), take_(std::move(take)) {}
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  ~Ticket() { GiveBack(); }

  bool Arrived() {
    if (buffer_ == nullptr) return true;
    if (!buffer_->runtime->Happened(buffer_->copied)) return false;
    take_(buffer_->host);
    GiveBack();
    return true;
  }

 private:
  void GiveBack() {
    if (buffer_ != nullptr) buffer_->in_use = false;
    buffer_ = nullptr;
  }

  std::shared_ptr<Buffer> buffer_;  // null: it was taken
  Take take_;
};

LateDownloads::LateDownloads(std::shared_ptr<GpuRuntime> runtime, GpuStream compute)
    : runtime_(std::move(runtime)), compute_(compute), copies_(runtime_->NewStream()) {}

// Tickets that outlive this find their rows in host memory.
LateDownloads::~LateDownloads() {
  runtime_->Synchronize(copies_);
  for (const auto& buffer : buffers_) buffer->ReleaseDevice();
}

// The largest that is free: resizing waits for the device.
std::shared_ptr<LateDownloads::Buffer> LateDownloads::FreeBuffer(std::int64_t bytes) {
  std::shared_ptr<Buffer> buffer;
  for (const auto& known : buffers_) {
    if (!known->in_use && (buffer == nullptr || known->bytes > buffer->bytes)) buffer = known;
  }
  if (buffer == nullptr) buffer = buffers_.emplace_back(std::make_shared<Buffer>(runtime_));
  if (buffer->bytes < bytes) buffer->Resize(bytes + bytes / 2);
  buffer->in_use = true;
  return buffer;
}

Readiness LateDownloads::Begin(std::int64_t bytes, const Fill& fill, Take take) {
  const std::shared_ptr<Buffer> buffer = FreeBuffer(bytes);
  const auto ticket = std::make_shared<Ticket>(buffer, std::move(take));
  // The copy before may still read it, when nobody waited for its end.
  runtime_->Wait(compute_, buffer->copied);
  fill(buffer->device);
  runtime_->Record(buffer->filled, compute_);
  runtime_->Wait(copies_, buffer->filled);
  runtime_->Copy(buffer->host, buffer->device, bytes, copies_);
  runtime_->Record(buffer->copied, copies_);
  return [ticket] { return ticket->Arrived(); };
}

}  // namespace jupiter
