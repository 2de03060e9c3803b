// Seeded inputs, the same bits on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/base/rng.h"
#include "kernels/device.h"

namespace jupiter {

inline constexpr DType kWeightTypes[] = {DType::kF32,  DType::kF16,  DType::kBF16, DType::kQ8_0,
                                         DType::kQ4_0, DType::kQ4_K, DType::kQ6_K};

// A matrix in host memory.
struct HostMatrix {
  DType dtype = DType::kF32;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<std::byte> bytes;

  ConstTensorView view() const {
    return {bytes.data(), dtype, rows, columns, RowBytes(dtype, columns)};
  }
  TensorView view() { return {bytes.data(), dtype, rows, columns, RowBytes(dtype, columns)}; }
};

// Uniform in [-scale, scale).
std::vector<float> RandomFloats(std::uint64_t seed, std::int64_t count, float scale = 1);

// Weights of any type: random bits under finite scales of about 1/100.
HostMatrix RandomWeight(DType dtype, std::int64_t rows, std::int64_t columns, std::uint64_t seed);

// Rows `which` of a [*, columns] matrix as a tensor of the device.
Tensor LoadRows(Device& device, const std::vector<float>& x, std::int64_t columns,
                const std::vector<int>& which);

// All of it.
Tensor LoadAll(Device& device, const std::vector<float>& x, std::int64_t columns);

// The activations a weight takes: x itself, or quantised.
Tensor InputFor(Device& device, const Weight& weight, const Tensor& x);

std::vector<std::byte> BytesOf(const Tensor& tensor);
std::vector<float> FloatsOf(const Tensor& tensor);

// 0, 1, ..., count - 1
std::vector<int> AllRows(int count);

// Names of the instruction sets that run here, best first.
std::vector<std::string> IsaNames();

}  // namespace jupiter
