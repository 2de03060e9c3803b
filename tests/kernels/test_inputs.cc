#include "tests/kernels/test_inputs.h"

#include <cstring>
#include <numeric>

#include "kernels/cpu/isa.h"

namespace jupiter {
namespace {

void PutBits(std::vector<std::byte>& bytes, std::int64_t offset, std::uint16_t bits) {
  std::memcpy(bytes.data() + offset, &bits, sizeof bits);
}

// An f16 of random sign with magnitude in [2^-9, 2^-6).
std::uint16_t RandomScale(std::uint64_t random) {
  const std::uint64_t exponent = 6 + random % 3;
  return static_cast<std::uint16_t>((random >> 8 & 1) << 15 | exponent << 10 |
                                    (random >> 9 & 1023));
}

void FillDense(const CounterRng& rng, HostMatrix& matrix) {
  for (std::int64_t i = 0; i < matrix.rows * matrix.columns; ++i) {
    const float value = rng.Uniform(i) - 0.5f;
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    if (matrix.dtype == DType::kF32) std::memcpy(matrix.bytes.data() + 4 * i, &value, 4);
    if (matrix.dtype == DType::kBF16) PutBits(matrix.bytes, 2 * i, bits >> 16);
    if (matrix.dtype == DType::kF16)
      PutBits(matrix.bytes, 2 * i, RandomScale(rng.Bits(i)) + 0x1400);
  }
}

void FillBlocks(const CounterRng& rng, HostMatrix& matrix) {
  const std::int64_t size = std::ssize(matrix.bytes), block = BlockBytes(matrix.dtype);
  for (std::int64_t i = 0; i < size; ++i) matrix.bytes[i] = std::byte(rng.Bits(i) & 255);
  for (std::int64_t begin = 0; begin < size; begin += block) {
    const std::int64_t scale = matrix.dtype == DType::kQ6_K ? 208 : 0;
    PutBits(matrix.bytes, begin + scale, RandomScale(rng.Bits(size + begin)));
    if (matrix.dtype == DType::kQ4_K) {
      PutBits(matrix.bytes, begin + 2, RandomScale(rng.Bits(size + begin + 1)));
    }
  }
}

}  // namespace

std::vector<float> RandomFloats(std::uint64_t seed, std::int64_t count, float scale) {
  const CounterRng rng(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) values[i] = (2 * rng.Uniform(i) - 1) * scale;
  return values;
}

HostMatrix RandomWeight(DType dtype, std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  HostMatrix matrix{dtype, rows, columns, {}};
  matrix.bytes.resize(static_cast<std::size_t>(rows * RowBytes(dtype, columns)));
  const CounterRng rng(seed);
  if (IsQuantised(dtype)) {
    FillBlocks(rng, matrix);
  } else {
    FillDense(rng, matrix);
  }
  return matrix;
}

Tensor LoadRows(Device& device, const std::vector<float>& x, std::int64_t columns,
                const std::vector<int>& which) {
  Tensor tensor = device.Allocate(DType::kF32, std::ssize(which), columns);
  for (std::int64_t i = 0; i < std::ssize(which); ++i) {
    device.Import(HostView(x.data() + which[i] * columns, 1, columns), tensor.Rows(i, 1));
  }
  return tensor;
}

Tensor LoadAll(Device& device, const std::vector<float>& x, std::int64_t columns) {
  return LoadRows(device, x, columns, AllRows(static_cast<int>(std::ssize(x) / columns)));
}

Tensor InputFor(Device& device, const Weight& weight, const Tensor& x) {
  Tensor input = device.Allocate(weight.input_dtype(), x.rows(), x.columns());
  if (weight.input_dtype() == DType::kF32) {
    device.Copy(x.view(), input.view());
  } else {
    device.Quantise(x.view(), input.view());
  }
  return input;
}

std::vector<std::byte> BytesOf(const Tensor& tensor) {
  return {tensor.view().data, tensor.view().data + tensor.bytes()};
}

std::vector<float> FloatsOf(const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.bytes() / 4));
  std::memcpy(values.data(), tensor.view().data, tensor.bytes());
  return values;
}

std::vector<int> AllRows(int count) {
  std::vector<int> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

std::vector<std::string> IsaNames() {
  std::vector<std::string> names;
  for (const cpu::KernelTable* table : cpu::AvailableTables()) names.emplace_back(table->name);
  return names;
}

}  // namespace jupiter
