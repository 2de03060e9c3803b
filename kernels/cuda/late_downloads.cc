#include "kernels/cuda/late_downloads.h"

#include <algorithm>
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
    bytes = new_bytes;
    device = static_cast<std::byte*>(runtime->Allocate(bytes));
    host = static_cast<std::byte*>(runtime->AllocateHost(bytes));
  }

  void Release() {
    runtime->Free(std::exchange(device, nullptr));
    runtime->FreeHost(std::exchange(host, nullptr));
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

LateDownloads::~LateDownloads() { runtime_->Synchronize(copies_); }

std::shared_ptr<LateDownloads::Buffer> LateDownloads::FreeBuffer(std::int64_t bytes) {
  const auto found = std::find_if(buffers_.begin(), buffers_.end(),
                                  [](const auto& buffer) { return !buffer->in_use; });
  const auto buffer =
      found == buffers_.end() ? buffers_.emplace_back(std::make_shared<Buffer>(runtime_)) : *found;
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
