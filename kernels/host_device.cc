#include "kernels/host_device.h"

#include <cstring>
#include <vector>

#include "kernels/block_formats.h"
#include "kernels/memory.h"

namespace jupiter {

std::shared_ptr<std::byte> HostDevice::DoAllocate(std::int64_t bytes) {
  return cpu::AllocateZeroed(bytes);
}

void HostDevice::DoLoadDense(const ConstTensorView& host, TensorView out) {
  for (std::int64_t row = 0; row < host.rows; ++row) {
    ReadRow(host.dtype, host.Row<std::byte>(row), 0, host.columns, out.Row<float>(row));
  }
}

void HostDevice::DoKvMove(const KvSegment& segment, std::span<const std::int32_t> from,
                          std::span<const std::int32_t> to) {
  const auto bytes = static_cast<std::size_t>(RowBytes(segment.keys.dtype, segment.keys.columns));
  std::vector<std::byte> gathered(from.size() * bytes);
  for (const TensorView& rows : {segment.keys, segment.values}) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      std::memcpy(gathered.data() + i * bytes, rows.Row<std::byte>(from[i]), bytes);
    }
    for (std::size_t i = 0; i < to.size(); ++i) {
      std::memcpy(rows.Row<std::byte>(to[i]), gathered.data() + i * bytes, bytes);
    }
  }
}

void HostDevice::DoCopy(ConstTensorView x, TensorView out) {
  const auto bytes = static_cast<std::size_t>(RowBytes(x.dtype, x.columns));
  for (std::int64_t i = 0; i < x.rows; ++i) {
    std::memcpy(out.Row<std::byte>(i), x.Row<std::byte>(i), bytes);
  }
}

}  // namespace jupiter
