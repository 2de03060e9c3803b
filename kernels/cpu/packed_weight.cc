#include "kernels/cpu/packed_weight.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <optional>

#include "kernels/base/check.h"
#include "kernels/base/half.h"
#include "kernels/block_formats.h"
#include "kernels/cpu/quant_formats.h"
#include "kernels/memory.h"

namespace jupiter::cpu {
namespace {

// Calls f(Format{}) with the packed form of a quantised dtype.
template <typename F>
auto WithFormat(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kQ8_0: return f(PackedQ8_0{});
    case DType::kQ4_0: return f(PackedQ4_0{});
    case DType::kQ4_K: return f(PackedQ4_K{});
    case DType::kQ6_K: return f(PackedQ6_K{});
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kAct8: break;
  }
  JUPITER_FAIL("{} is no quantised weight type", Name(dtype));
}

// Where the integers and scales of a group and block lie.
template <typename Format>
struct BlockPlace {
  std::uint8_t* weights;
  std::byte* scales;
};

template <typename Format>
BlockPlace<Format> PlaceOf(std::byte* weights, std::byte* scales, std::int64_t index) {
  return {reinterpret_cast<std::uint8_t*>(weights) + index * Format::kWeightBytes,
          scales + index * Format::kScaleBytes};
}

// Byte of column i < 16 of a half, for the row in `lane`.
constexpr int ByteIndex(int i, int lane) { return 64 * (i / 4) + 4 * lane + i % 4; }

template <typename Format>
void WriteScale(std::byte* scales, int index, float value) {
  if constexpr (sizeof(typename Format::Scale) == 2) {
    const Half half = ToHalf(value);  // exact: it was read from f16
    std::memcpy(scales + 2 * index, &half, sizeof half);
  } else {
    std::memcpy(scales + 4 * index, &value, sizeof value);
  }
}

template <typename Format>
float ReadScale(const std::byte* scales, int index) {
  if constexpr (sizeof(typename Format::Scale) == 2) {
    Half half;
    std::memcpy(&half, scales + 2 * index, sizeof half);
    return ToFloat(half);
  } else {
    float value = 0;
    std::memcpy(&value, scales + 4 * index, sizeof value);
    return value;
  }
}

template <typename Format>
void WriteBlock(const BlockPlace<Format>& place, int lane, const WeightBlock& block) {
  for (int i = 0; i < 16; ++i) {
    const auto first = static_cast<std::uint8_t>(block.q[i] + Format::kOffset);
    const auto second = static_cast<std::uint8_t>(block.q[16 + i] + Format::kOffset);
    std::uint8_t* byte = place.weights + ByteIndex(i, lane);
    if constexpr (Format::kWeightBytes == 256) {
      *byte = static_cast<std::uint8_t>(first | second << 4);
    } else {
      byte[0] = first;
      byte[256] = second;
    }
  }
  for (int s = 0; s < Format::kScales; ++s) {
    WriteScale<Format>(place.scales, 16 * s + lane, block.scales[s]);
  }
  if constexpr (Format::kMinimums) WriteScale<Format>(place.scales, 16 + lane, block.minimum);
}

template <typename Format>
void UnpackBlock(const BlockPlace<Format>& place, int lane, float* out) {
  const float minimum = Format::kMinimums ? ReadScale<Format>(place.scales, 16 + lane) : 0;
  for (int i = 0; i < 32; ++i) {
    const int half = i / 16;
    const std::uint8_t* byte = place.weights + ByteIndex(i % 16, lane);
    int q = 0;
    if constexpr (Format::kWeightBytes == 256) {
      q = half == 0 ? *byte & 15 : *byte >> 4;
    } else {
      q = byte[256 * half];
    }
    const float scale =
        ReadScale<Format>(place.scales, (Format::kScales == 2 ? 16 * half : 0) + lane);
    const auto value = static_cast<float>(q - Format::kOffset);
    out[i] = Format::kMinimums ? std::fma(scale, value, -minimum) : scale * value;
  }
}

// Both functions pack the rows of one group into memory that is zero.
template <std::int64_t element_bytes>
void PackDenseGroup(const ConstTensorView& host, std::int64_t group, std::int64_t column_begin,
                    std::int64_t columns, std::byte* weights) {
  std::byte* out = weights + group * columns * 16 * element_bytes;
  const std::int64_t lanes = std::min<std::int64_t>(16, host.rows - 16 * group);
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    const std::byte* row = host.Row<std::byte>(16 * group + lane) + column_begin * element_bytes;
    for (std::int64_t k = 0; k < columns; ++k) {
      std::memcpy(out + (16 * k + lane) * element_bytes, row + k * element_bytes, element_bytes);
    }
  }
}

template <typename Format>
void PackQuantGroup(const ConstTensorView& host, std::int64_t group, std::int64_t column_begin,
                    std::int64_t columns, std::byte* weights, std::byte* scales) {
  const std::int64_t blocks = columns / 32;
  const auto lanes = static_cast<int>(std::min<std::int64_t>(16, host.rows - 16 * group));
  for (std::int64_t b = 0; b < blocks; ++b) {
    const BlockPlace<Format> place = PlaceOf<Format>(weights, scales, group * blocks + b);
    for (int lane = 0; lane < lanes; ++lane) {
      const std::byte* row = host.Row<std::byte>(16 * group + lane);
      WriteBlock(place, lane, ReadBlock(host.dtype, row, column_begin / 32 + b));
    }
  }
}

// Keeps the message of the error with the smallest group among those that threads report.
class FirstError {
 public:
  void Report(std::int64_t group, const char* message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (message_.has_value() && group_ < group) return;
    group_ = group;
    message_ = message;
  }
  void Throw() const {
    if (message_.has_value()) throw UserError(*message_);
  }

 private:
  std::mutex mutex_;
  std::int64_t group_ = 0;
  std::optional<std::string> message_;
};

void CheckFinite(std::string_view tensor_name, const ConstTensorView& host,
                 std::int64_t column_begin, std::int64_t column_end, ThreadPool& pool) {
  FirstError error;
  pool.Run((host.rows + 15) / 16, [&](std::int64_t group, int) {
    try {
      const std::int64_t end = std::min(host.rows, 16 * group + 16);
      for (std::int64_t row = 16 * group; row < end; ++row) {
        CheckFiniteRow(tensor_name, host, row, column_begin, column_end);
      }
    } catch (const UserError& user_error) {
      error.Report(group, user_error.what());
    }
  });
  error.Throw();
}

}  // namespace

PackedSize PackedSizeOf(DType dtype, std::int64_t rows, std::int64_t columns) {
  const std::int64_t groups = (rows + 15) / 16;
  if (!IsQuantised(dtype)) return {groups * columns * 16 * BlockBytes(dtype), 0};
  return WithFormat(dtype, [&](auto format) {
    const std::int64_t blocks = groups * (columns / 32);
    return PackedSize{blocks * decltype(format)::kWeightBytes,
                      blocks * decltype(format)::kScaleBytes};
  });
}

PackedWeight::PackedWeight(std::string_view tensor_name, const ConstTensorView& host,
                           std::int64_t column_begin, std::int64_t column_end, ThreadPool& pool)
    : Weight(host.dtype, host.rows, column_end - column_begin),
      size_(PackedSizeOf(host.dtype, host.rows, column_end - column_begin)) {
  CheckFinite(tensor_name, host, column_begin, column_end, pool);
  data_ = AllocateZeroed(size_.total());
  std::byte* scales = data_.get() + size_.weights;
  pool.Run(groups(), [&](std::int64_t group, int) {
    if (!IsQuantised(dtype())) {
      const auto pack = dtype() == DType::kF32 ? PackDenseGroup<4> : PackDenseGroup<2>;
      pack(host, group, column_begin, columns(), data_.get());
      return;
    }
    WithFormat(dtype(), [&](auto format) {
      PackQuantGroup<decltype(format)>(host, group, column_begin, columns(), data_.get(), scales);
    });
  });
}

void PackedWeight::Unpack(std::int64_t row, float* out) const {
  const std::int64_t group = row / 16;
  const auto lane = static_cast<int>(row % 16);
  if (!IsQuantised(dtype())) {
    const std::byte* packed = weights() + group * columns() * 16 * BlockBytes(dtype());
    for (std::int64_t k = 0; k < columns(); ++k) {
      out[k] = ReadDense(dtype(), packed, 16 * k + lane);
    }
    return;
  }
  WithFormat(dtype(), [&](auto format) {
    using Format = decltype(format);
    std::byte* scales = data_.get() + size_.weights;
    const std::int64_t blocks = columns() / 32;
    for (std::int64_t b = 0; b < blocks; ++b) {
      UnpackBlock(PlaceOf<Format>(data_.get(), scales, group * blocks + b), lane, out + 32 * b);
    }
  });
}

}  // namespace jupiter::cpu
