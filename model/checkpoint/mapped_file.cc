#include "model/checkpoint/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// Closes the descriptor at the end of the scope; a mapping outlives it.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  int value() const { return value_; }

 private:
  int value_;
};

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::Open(const std::string& path) {
  // Non-blocking: opening a pipe would wait for a writer before it can be refused.
  const Descriptor descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.value() < 0) FailUser("{}: cannot be opened: {}", path, std::strerror(errno));
  struct stat status = {};
  if (fstat(descriptor.value(), &status) != 0) {
    FailUser("{}: cannot be examined: {}", path, std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) FailUser("{}: is not a regular file", path);

  std::shared_ptr<MappedFile> file(new MappedFile);
  file->path_ = path;
  if (status.st_size == 0) return file;  // mmap refuses an empty range
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const start = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor.value(), 0);
  if (start == MAP_FAILED) FailUser("{}: cannot be mapped: {}", path, std::strerror(errno));
  file->bytes_ = {static_cast<const std::byte*>(start), size};
  return file;
}

std::shared_ptr<const MappedFile> MappedFile::FromBytes(std::string name, std::string bytes) {
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->path_ = std::move(name);
  file->memory_ = std::move(bytes);
  file->bytes_ = std::as_bytes(std::span(file->memory_.data(), file->memory_.size()));
  return file;
}

MappedFile::~MappedFile() {
  if (memory_.empty() && !bytes_.empty()) {
    munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
}

void MappedFile::DropPages() const {
  if (!memory_.empty() || bytes_.empty()) return;
  // Only advice: when the system refuses, the pages merely stay.
  madvise(const_cast<std::byte*>(bytes_.data()), bytes_.size(), MADV_DONTNEED);
}

}  // namespace jupiter
