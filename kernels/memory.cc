#include "kernels/memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace jupiter::cpu {

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

}  // namespace jupiter::cpu
