#include "kernels/cpu/memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace jupiter::cpu {

std::shared_ptr<std::byte> AllocateZeroed(std::int64_t bytes) {
  constexpr std::size_t kLine = 64, kHugePage = std::size_t{2} << 20;
  const std::size_t alignment = bytes >= std::int64_t{2 * kHugePage} ? kHugePage : kLine;
  // At least one byte, and whole units as aligned_alloc requires.
  const std::size_t size = (static_cast<std::size_t>(bytes) / alignment + 1) * alignment;
  void* memory = std::aligned_alloc(alignment, size);
  if (memory == nullptr) throw std::bad_alloc();
  // Advice only: the memory works without huge pages as well.
  if (alignment == kHugePage) madvise(memory, size, MADV_HUGEPAGE);
  std::memset(memory, 0, static_cast<std::size_t>(bytes));
  return {static_cast<std::byte*>(memory), [](std::byte* p) { std::free(p); }};
}

}  // namespace jupiter::cpu
