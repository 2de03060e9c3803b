#include "model/loaders/synthetic_fill.h"

#include <array>
#include <bit>
#include <cstring>

#include "kernels/base/check.h"
#include "kernels/base/half.h"

namespace jupiter {
namespace {

// --- dense types: 4096 equidistant values, looked up with 12 random bits each ---

constexpr int kLevels = 4096;
// Of the integers 0 ... 4095: sqrt((4096^2 - 1) / 12).
constexpr double kLevelDeviation = 1182.4127;
constexpr int kElementsPerWord = 4;

struct AsF32 {
  using Type = float;
  static Type From(float value) { return value; }
};
struct AsF16 {
  using Type = std::uint16_t;
  static Type From(float value) { return ToHalf(value).bits; }
};
struct AsBF16 {
  using Type = std::uint16_t;
  // Round to nearest even; the values are finite and small.
  static Type From(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
  }
};

template <typename As>
void FillDense(const CounterRng& rng, const TensorInfo& info, const Distribution& distribution,
               std::int64_t row_begin, std::int64_t row_end, std::byte* out) {
  using Type = typename As::Type;
  std::array<Type, kLevels> levels;
  for (int i = 0; i < kLevels; ++i) {
    const double centred = (i - (kLevels - 1) / 2.0) / kLevelDeviation;
    const double value = distribution.mean + centred * distribution.deviation;
    levels[static_cast<std::size_t>(i)] = As::From(static_cast<float>(value));
  }
  const std::int64_t words = (info.columns + kElementsPerWord - 1) / kElementsPerWord;
  for (std::int64_t row = row_begin; row < row_end; ++row) {
    for (std::int64_t word = 0; word < words; ++word) {
      const std::uint64_t bits = rng.Bits(static_cast<std::uint64_t>(row * words + word));
      const Type values[kElementsPerWord] = {levels[bits & 0xfff], levels[(bits >> 16) & 0xfff],
                                             levels[(bits >> 32) & 0xfff],
                                             levels[(bits >> 48) & 0xfff]};
      const std::int64_t left = info.columns - word * kElementsPerWord;
      const auto count =
          static_cast<std::size_t>(left < kElementsPerWord ? left : kElementsPerWord);
      std::memcpy(out, values, count * sizeof(Type));
      out += count * sizeof(Type);
    }
  }
}

// --- block types: random quants; scales such that the deviation comes out ---

// 16 scales around the nominal one, so that a scale used for the wrong block is noticed.
class Scales {
 public:
  explicit Scales(double nominal) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const double spread = 0.75 + static_cast<double>(i) / 30;
      values_[i] = ToHalf(static_cast<float>(nominal * spread)).bits;
    }
  }
  // f16 bits; takes the 4 lowest bits.
  std::uint16_t Pick(std::uint64_t bits) const { return values_[bits & 15]; }

 private:
  std::array<std::uint16_t, 16> values_;
};

// Random words of one block, by counter.
class BlockWords {
 public:
  BlockWords(const CounterRng& rng, std::uint64_t first) : rng_(rng), next_(first) {}
  std::uint64_t Next() { return rng_.Bits(next_++); }
  void Fill(std::byte* out, int words, std::uint64_t set_bits = 0) {
    for (int i = 0; i < words; ++i) {
      const std::uint64_t bits = Next() | set_bits;
      std::memcpy(out + 8 * i, &bits, 8);
    }
  }

 private:
  const CounterRng& rng_;
  std::uint64_t next_;
};

void Store16(std::byte* out, std::uint16_t value) { std::memcpy(out, &value, sizeof(value)); }

// f16 scale, 32 int8. Odd quants -127 ... 127 have no mean.
struct Q8Block {
  static constexpr int kWords = 5;
  static constexpr double kDeviation = 73.898;
  Scales scales;
  void Fill(BlockWords words, std::byte* out) const {
    Store16(out, scales.Pick(words.Next()));
    words.Fill(out + 2, 4, 0x0101010101010101ull);
  }
};

// f16 scale, 32 nibbles. A scale of either sign balances the range -8 ... 7.
struct Q4Block {
  static constexpr int kWords = 3;
  static constexpr double kDeviation = 4.6368;
  Scales scales;
  void Fill(BlockWords words, std::byte* out) const {
    const std::uint64_t bits = words.Next();
    const std::uint16_t sign = (bits & 16) != 0 ? 0x8000 : 0;
    Store16(out, scales.Pick(bits) | sign);
    words.Fill(out + 2, 2);
  }
};

// f16 scale, f16 minimum, 8 x (6-bit scale, 6-bit minimum) in 12 bytes, 256 nibbles. The minimum is
// 7.5 scales, with 6-bit parts one apart, so that sub-blocks have little mean.
struct Q4KBlock {
  static constexpr int kWords = 18;
  static constexpr double kDeviation = 48.389 * 4.6098;
  Scales scales;
  Scales minima;
  void Fill(BlockWords words, std::byte* out) const {
    const std::uint64_t pick = words.Next();
    Store16(out, scales.Pick(pick));
    Store16(out + 2, minima.Pick(pick));
    PackSixBits(words.Next(), out + 4);
    words.Fill(out + 16, 16);
  }
  // Sub-blocks 0-3: scale and minimum in the low 6 bits of bytes j and j + 4. Sub-blocks 4-7: low
  // nibbles in byte j + 4 (scale below minimum), top bits above those of bytes j - 4 and j.
  static void PackSixBits(std::uint64_t bits, std::byte* out) {
    unsigned packed[12] = {};
    for (int j = 0; j < 8; ++j) {
      const auto scale = static_cast<unsigned>(32 + ((bits >> (6 * j)) & 31));
      const auto minimum = static_cast<unsigned>(scale ^ ((bits >> (6 * j + 5)) & 1));
      if (j < 4) {
        packed[j] |= scale;
        packed[j + 4] |= minimum;
      } else {
        packed[j + 4] |= (scale & 15) | ((minimum & 15) << 4);
        packed[j - 4] |= (scale >> 4) << 6;
        packed[j] |= (minimum >> 4) << 6;
      }
    }
    for (int i = 0; i < 12; ++i) out[i] = static_cast<std::byte>(packed[i]);
  }
};

// 128 bytes of low nibbles, 64 of top bits, 16 int8 scales (16 ... 31 of either sign), f16 scale.
struct Q6KBlock {
  static constexpr int kWords = 27;
  static constexpr double kDeviation = 23.948 * 18.480;
  Scales scales;
  void Fill(BlockWords words, std::byte* out) const {
    words.Fill(out, 24);
    for (int half = 0; half < 2; ++half) {
      const std::uint64_t bits = words.Next();
      for (int i = 0; i < 8; ++i) {
        const int size = 16 + static_cast<int>((bits >> (8 * i)) & 15);
        const bool negative = ((bits >> (8 * i + 4)) & 1) != 0;
        out[192 + 8 * half + i] = static_cast<std::byte>(negative ? -size : size);
      }
    }
    Store16(out + 208, scales.Pick(words.Next()));
  }
};

template <typename Block>
void FillBlocks(const CounterRng& rng, const TensorInfo& info, const Block& block,
                std::int64_t row_begin, std::int64_t row_end, std::byte* out) {
  const std::int64_t blocks_per_row = info.columns / BlockColumns(info.dtype);
  const int block_bytes = BlockBytes(info.dtype);
  for (std::int64_t i = row_begin * blocks_per_row; i < row_end * blocks_per_row; ++i) {
    block.Fill(BlockWords(rng, static_cast<std::uint64_t>(i) * Block::kWords), out);
    out += block_bytes;
  }
}

}  // namespace

void FillSynthetic(const CounterRng& rng, const TensorInfo& info, const Distribution& distribution,
                   std::int64_t row_begin, std::int64_t row_end, std::byte* out) {
  const double deviation = distribution.deviation;
  switch (info.dtype) {
    case DType::kF32: return FillDense<AsF32>(rng, info, distribution, row_begin, row_end, out);
    case DType::kF16: return FillDense<AsF16>(rng, info, distribution, row_begin, row_end, out);
    case DType::kBF16: return FillDense<AsBF16>(rng, info, distribution, row_begin, row_end, out);
    case DType::kQ8_0: {
      const Q8Block block{Scales(deviation / Q8Block::kDeviation)};
      return FillBlocks(rng, info, block, row_begin, row_end, out);
    }
    case DType::kQ4_0: {
      const Q4Block block{Scales(deviation / Q4Block::kDeviation)};
      return FillBlocks(rng, info, block, row_begin, row_end, out);
    }
    case DType::kQ4_K: {
      const double nominal = deviation / Q4KBlock::kDeviation;
      const Q4KBlock block{Scales(nominal), Scales(7.5 * nominal)};
      return FillBlocks(rng, info, block, row_begin, row_end, out);
    }
    case DType::kQ6_K: {
      const Q6KBlock block{Scales(deviation / Q6KBlock::kDeviation)};
      return FillBlocks(rng, info, block, row_begin, row_end, out);
    }
    case DType::kAct8: break;
  }
  JUPITER_FAIL("no synthetic weights of type {}", Name(info.dtype));
}

HostTensor MakeSyntheticRows(std::uint64_t seed, const TensorInfo& info,
                             const Distribution& distribution, std::int64_t row_begin,
                             std::int64_t row_end) {
  const std::int64_t row_bytes = RowBytes(info.dtype, info.columns);
  const std::int64_t rows = row_end - row_begin;
  std::shared_ptr<std::byte[]> bytes(new std::byte[static_cast<std::size_t>(rows * row_bytes)]);
  const CounterRng rng(HashBytes(info.name, Mix64(seed)));
  FillSynthetic(rng, info, distribution, row_begin, row_end, bytes.get());
  return {{bytes.get(), info.dtype, rows, info.columns, row_bytes}, {bytes, bytes.get()}};
}

}  // namespace jupiter
