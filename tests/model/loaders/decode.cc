#include "tests/model/loaders/decode.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace jupiter {
namespace {

using Bytes = const std::uint8_t*;

std::uint16_t U16(Bytes p) { return static_cast<std::uint16_t>(p[0] | (p[1] << 8)); }
float Half(Bytes p) { return HalfToFloat(U16(p)); }

void DecodeQ8(Bytes p, float* out) {
  for (int i = 0; i < 32; ++i) out[i] = Half(p) * static_cast<std::int8_t>(p[2 + i]);
}

void DecodeQ4(Bytes p, float* out) {
  for (int i = 0; i < 16; ++i) {
    out[i] = Half(p) * static_cast<float>((p[2 + i] & 15) - 8);
    out[i + 16] = Half(p) * static_cast<float>((p[2 + i] >> 4) - 8);
  }
}

// Sub-block j of 32: low nibbles of 32 bytes for even j, their high nibbles for odd j.
void DecodeQ4K(Bytes p, float* out) {
  Bytes six = p + 4;
  for (int j = 0; j < 8; ++j) {
    const int scale = j < 4 ? six[j] & 63 : (six[j + 4] & 15) | ((six[j - 4] >> 6) << 4);
    const int minimum = j < 4 ? six[j + 4] & 63 : (six[j + 4] >> 4) | ((six[j] >> 6) << 4);
    for (int i = 0; i < 32; ++i) {
      const int byte = p[16 + 32 * (j / 2) + i];
      const int quant = j % 2 == 0 ? byte & 15 : byte >> 4;
      out[32 * j + i] =
          Half(p) * static_cast<float>(scale * quant) - Half(p + 2) * static_cast<float>(minimum);
    }
  }
}

// Halves of 128: low nibbles in 64 bytes, top bits in 32 bytes, one scale for 16.
void DecodeQ6K(Bytes p, float* out) {
  const float d = Half(p + 208);
  for (int i = 0; i < 256; ++i) {
    const int half = i / 128;
    const int within = i % 128;
    const int low_byte = p[64 * half + within % 64];
    const int low = within < 64 ? low_byte & 15 : low_byte >> 4;
    const int high = (p[128 + 32 * half + within % 32] >> (2 * (within / 32))) & 3;
    const auto scale = static_cast<std::int8_t>(p[192 + i / 16]);
    out[i] = d * static_cast<float>(scale * ((low | (high << 4)) - 32));
  }
}

void DecodeBlock(DType dtype, Bytes p, float* out) {
  switch (dtype) {
    case DType::kF32: std::memcpy(out, p, 4); return;
    case DType::kF16: *out = Half(p); return;
    case DType::kBF16: *out = std::bit_cast<float>(std::uint32_t{U16(p)} << 16); return;
    case DType::kQ8_0: return DecodeQ8(p, out);
    case DType::kQ4_0: return DecodeQ4(p, out);
    case DType::kQ4_K: return DecodeQ4K(p, out);
    case DType::kQ6_K: return DecodeQ6K(p, out);
    case DType::kAct8: break;
  }
  throw std::logic_error("not a weight type");
}

}  // namespace

float HalfToFloat(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 1023;
  const float sign = (half & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction != 0 ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

std::vector<float> Decode(const ConstTensorView& view) {
  const int block = BlockColumns(view.dtype);
  std::vector<float> values(static_cast<std::size_t>(view.rows * view.columns));
  float* out = values.data();
  for (std::int64_t row = 0; row < view.rows; ++row) {
    const std::uint8_t* p = view.Row<std::uint8_t>(row);
    for (std::int64_t column = 0; column < view.columns; column += block) {
      DecodeBlock(view.dtype, p, out);
      p += BlockBytes(view.dtype);
      out += block;
    }
  }
  return values;
}

}  // namespace jupiter
