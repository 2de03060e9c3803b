#include "kernels/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <sstream>
#include <string>

namespace jupiter {
namespace {

std::int64_t ReadNumberFile(const char* path) {
  std::ifstream file(path);
  std::int64_t value = -1;
  return file >> value ? value : -1;
}

std::int64_t FreeInControlGroup() {
  const std::int64_t most = ReadNumberFile("/sys/fs/cgroup/memory.max");
  const std::int64_t used = ReadNumberFile("/sys/fs/cgroup/memory.current");
  return most < 0 || used < 0 ? INT64_MAX : std::max<std::int64_t>(0, most - used);
}

}  // namespace

std::int64_t AvailableHostMemory() {
  std::ifstream file("/proc/meminfo");
  std::int64_t available = INT64_MAX;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    std::int64_t kibibytes = 0;
    if (fields >> name >> kibibytes && name == "MemAvailable:") available = kibibytes * 1024;
  }
  return std::min(available, FreeInControlGroup());
}

namespace cpu {

std::shared_ptr<std::byte> AllocateZeroed(std::int64_t bytes) {
  constexpr std::size_t kLine = 64, kHugePage = std::size_t{2} << 20;
  const std::size_t alignment = bytes >= std::int64_t{2 * kHugePage} ? kHugePage : kLine;
  const std::size_t size = (static_cast<std::size_t>(bytes) / kLine + 1) * kLine;
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, size) != 0) throw std::bad_alloc();
  // Whole huge pages only, or the last one would take memory that nobody asked for. Advice: the
  // memory works without them as well.
  if (alignment == kHugePage) madvise(memory, size / kHugePage * kHugePage, MADV_HUGEPAGE);
  std::memset(memory, 0, static_cast<std::size_t>(bytes));
  return {static_cast<std::byte*>(memory), [](std::byte* p) { std::free(p); }};
}

}  // namespace cpu
}  // namespace jupiter
