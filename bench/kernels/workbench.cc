#include "bench/kernels/workbench.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "bench/kernels/limits.h"
#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "model/loaders/synthetic_fill.h"
#include "planning/text/units.h"

namespace jupiter {
namespace {

constexpr std::uint64_t kSeed = 13;
// Rows that differ; a matrix repeats them. Their values do not matter, so this saves time.
constexpr std::int64_t kDistinctRows = 64;

// [rows, columns] in host memory.
HostTensor MakeHostMatrix(DType dtype, std::int64_t rows, std::int64_t columns) {
  const std::int64_t row_bytes = RowBytes(dtype, columns);
  std::shared_ptr<std::byte[]> data(new std::byte[static_cast<std::size_t>(rows * row_bytes)]);
  const std::int64_t distinct = std::min(rows, kDistinctRows);
  FillSynthetic(CounterRng(kSeed), {"weight", dtype, rows, columns}, {0, 0.02}, 0, distinct,
                data.get());
  for (std::int64_t row = distinct; row < rows; ++row) {
    std::memcpy(data.get() + row * row_bytes, data.get() + (row - distinct) * row_bytes,
                static_cast<std::size_t>(row_bytes));
  }
  return {{data.get(), dtype, rows, columns, row_bytes}, {data, data.get()}};
}

}  // namespace

int Workbench::Copies(std::int64_t bytes) const { return CopiesBeyondCache(bytes, cache_bytes_); }

void Workbench::CheckRoom(std::int64_t bytes) const {
  if (const std::int64_t available = device_.Memory().available; bytes > available) {
    FailUser("takes {:.0f} MiB, {:.0f} MiB are available", Mebibytes(bytes), Mebibytes(available));
  }
}

void Workbench::Fill(TensorView rows) const {
  const std::int64_t distinct = std::min(rows.rows, kDistinctRows);
  std::vector<float> host(static_cast<std::size_t>(distinct * rows.columns));
  const CounterRng rng(kSeed);
  std::uint64_t index = 0;
  for (float& x : host) x = 2 * rng.Uniform(index++) - 1;
  for (std::int64_t row = 0; row < rows.rows; row += distinct) {
    const std::int64_t count = std::min(distinct, rows.rows - row);
    device_.Import(HostView(std::as_const(host).data(), count, rows.columns),
                   rows.Rows(row, count));
  }
}

std::shared_ptr<Operands> Workbench::Rows(std::int64_t rows, std::int64_t columns, int copies) {
  CheckRoom(copies * rows * device_.RowStride(DType::kF32, columns));
  Tensor tensor = device_.Allocate(DType::kF32, copies * rows, columns);
  Fill(tensor.view());
  return std::make_shared<Operands>(std::move(tensor), rows);
}

std::shared_ptr<Operands> Workbench::Act8Rows(std::int64_t rows, std::int64_t columns, int copies) {
  const std::shared_ptr<Operands> exact = Rows(rows, columns, 1);
  CheckRoom(copies * rows * device_.RowStride(DType::kAct8, columns));
  Tensor tensor = device_.Allocate(DType::kAct8, copies * rows, columns);
  for (int copy = 0; copy < copies; ++copy) {
    device_.Quantise(exact->at(0), tensor.Rows(copy * rows, rows));
  }
  device_.Finish();
  return std::make_shared<Operands>(std::move(tensor), rows);
}

std::shared_ptr<const WeightCopies> Workbench::Weights(DType dtype, std::int64_t rows,
                                                       std::int64_t columns) {
  const WeightKey key{dtype, rows, columns};
  if (weights_ && key == key_) return weights_;
  weights_.reset();
  const std::int64_t bytes = device_.WeightBytes(dtype, rows, columns);
  const int copies = Copies(bytes);
  CheckRoom(copies * bytes + MatrixBytes(dtype, rows, columns));
  const HostTensor host = MakeHostMatrix(dtype, rows, columns);
  auto weights = std::make_shared<WeightCopies>();
  for (int i = 0; i < copies; ++i) {
    weights->push_back(device_.Load("weight", host.view, 0, columns));
  }
  key_ = key;
  weights_ = std::move(weights);
  return weights_;
}

}  // namespace jupiter
