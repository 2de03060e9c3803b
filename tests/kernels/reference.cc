#include "tests/kernels/reference.h"

#include <cstring>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

int ByteAt(const std::byte* p, std::int64_t i) { return std::to_integer<int>(p[i]); }

double HalfAt(const std::byte* p) {
  const int bits = ByteAt(p, 0) | ByteAt(p, 1) << 8;
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return bits >> 15 != 0 ? -magnitude : magnitude;
}

float FloatAt(const std::byte* p) {
  float value = 0;
  std::memcpy(&value, p, sizeof value);
  return value;
}

void DecodeQ8_0(const std::byte* block, double* out) {
  for (int i = 0; i < 32; ++i) {
    out[i] = HalfAt(block) * static_cast<signed char>(ByteAt(block, 2 + i));
  }
}

void DecodeQ4_0(const std::byte* block, double* out) {
  for (int i = 0; i < 32; ++i) {
    const int nibble = ByteAt(block, 2 + i % 16) >> (i < 16 ? 0 : 4) & 15;
    out[i] = HalfAt(block) * (nibble - 8);
  }
}

void DecodeQ4_K(const std::byte* block, double* out) {
  const std::byte* s = block + 4;
  for (int i = 0; i < 256; ++i) {
    const int sub = i / 32;
    int scale = ByteAt(s, sub % 4) & 63, minimum = ByteAt(s, 4 + sub % 4) & 63;
    if (sub >= 4) {
      scale = (ByteAt(s, 8 + sub - 4) & 15) + 16 * (ByteAt(s, sub - 4) / 64);
      minimum = ByteAt(s, 8 + sub - 4) / 16 + 16 * (ByteAt(s, sub) / 64);
    }
    const int both = ByteAt(block, 16 + i / 64 * 32 + i % 32);
    const int nibble = i % 64 < 32 ? both % 16 : both / 16;
    out[i] = HalfAt(block) * scale * nibble - HalfAt(block + 2) * minimum;
  }
}

void DecodeQ6_K(const std::byte* block, double* out) {
  for (int half = 0; half < 2; ++half) {
    const std::byte* low = block + 64 * half;
    const std::byte* high = block + 128 + 32 * half;
    for (int l = 0; l < 32; ++l) {
      const int top = ByteAt(high, l);
      const int values[4] = {ByteAt(low, l) % 16 + 16 * (top & 3),
                             ByteAt(low, l + 32) % 16 + 16 * (top >> 2 & 3),
                             ByteAt(low, l) / 16 + 16 * (top >> 4 & 3),
                             ByteAt(low, l + 32) / 16 + 16 * (top >> 6 & 3)};
      for (int run = 0; run < 4; ++run) {
        const int column = 128 * half + 32 * run + l;
        const auto scale = static_cast<signed char>(ByteAt(block, 192 + column / 16));
        out[column] = HalfAt(block + 208) * scale * (values[run] - 32);
      }
    }
  }
}

void DecodeBlock(DType dtype, const std::byte* block, double* out) {
  switch (dtype) {
    case DType::kF32: *out = FloatAt(block); return;
    case DType::kF16: *out = HalfAt(block); return;
    case DType::kBF16: {
      const std::byte bytes[4] = {std::byte{0}, std::byte{0}, block[0], block[1]};
      *out = FloatAt(bytes);
      return;
    }
    case DType::kQ8_0: return DecodeQ8_0(block, out);
    case DType::kQ4_0: return DecodeQ4_0(block, out);
    case DType::kQ4_K: return DecodeQ4_K(block, out);
    case DType::kQ6_K: return DecodeQ6_K(block, out);
    case DType::kAct8: break;
  }
  JUPITER_FAIL("no blocks of {}", Name(dtype));
}

}  // namespace

std::vector<double> DecodeWeight(const HostMatrix& matrix) {
  const int columns = BlockColumns(matrix.dtype), bytes = BlockBytes(matrix.dtype);
  std::vector<double> out(static_cast<std::size_t>(matrix.rows * matrix.columns));
  for (std::int64_t i = 0; i < std::ssize(out) / columns; ++i) {
    DecodeBlock(matrix.dtype, matrix.bytes.data() + i * bytes, out.data() + i * columns);
  }
  return out;
}

std::vector<double> DecodeInput(const Tensor& x, DType dtype) {
  const std::int64_t n = x.columns();
  std::vector<double> out(static_cast<std::size_t>(x.rows() * n));
  for (std::int64_t row = 0; row < x.rows(); ++row) {
    const auto* data = x.view().Row<std::byte>(row);
    for (std::int64_t k = 0; k < n; ++k) {
      out[row * n + k] = dtype == DType::kF32 ? FloatAt(data + 4 * k)
                                              : static_cast<signed char>(ByteAt(data, k)) *
                                                    double{FloatAt(data + n + k / 32 * 4)};
    }
  }
  return out;
}

Dot DotOf(const double* a, const double* b, std::int64_t n) {
  Dot dot;
  for (std::int64_t i = 0; i < n; ++i) {
    dot.value += a[i] * b[i];
    dot.magnitude += std::abs(a[i] * b[i]);
  }
  return dot;
}

}  // namespace jupiter
