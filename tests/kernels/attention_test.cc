// Attention against double, on every instruction set and on eigen.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/kernels/backends.h"
#include "tests/kernels/reference.h"

namespace jupiter {
namespace {

struct Kv {
  Tensor keys, values;
  KvSegment segment() const { return {keys.view(), values.view()}; }
};

// `slots` random rows, as the segment stores them.
Kv MakeKv(Device& device, DType dtype, int slots, int width, std::uint64_t seed) {
  Kv kv{device.Allocate(dtype, slots, width), device.Allocate(dtype, slots, width)};
  const Tensor keys = LoadAll(device, RandomFloats(seed, slots * width), width);
  const Tensor values = LoadAll(device, RandomFloats(seed + 1, slots * width), width);
  std::vector<std::int32_t> all(static_cast<std::size_t>(slots));
  for (int i = 0; i < slots; ++i) all[i] = i;
  device.KvAppend(keys.view(), values.view(), kv.segment(), all);
  return kv;
}

std::vector<double> KvRowAt(const TensorView& rows, std::int64_t slot, int begin, int count) {
  HostMatrix host{rows.dtype, 1, rows.columns, {}};
  const auto* data = rows.Row<std::byte>(slot);
  host.bytes.assign(data, data + rows.row_bytes);
  const std::vector<double> row = DecodeWeight(host);
  return {row.begin() + begin, row.begin() + begin + count};
}

struct Expected {
  std::vector<double> values;
  double tolerance = 0;
};

// One row and head, in double. A score is off by (head_dim + 2) epsilon sum |q k|, its weight by
// twice that and the error of exp (2 ulp); the sums over the path round once per position. All of
// it is relative to the weighted mean of |v| <= 1.
Expected Reference(const std::vector<double>& q, const std::vector<KvSegment>& segments,
                   std::span<const KvRun> path, const AttentionShape& shape, int kv_head) {
  const int dim = shape.head_dim;
  std::vector<double> scores;
  std::vector<std::vector<double>> values;
  double score_error = 0;
  for (const KvRun& run : path) {
    for (int slot = run.begin; slot < run.begin + run.count; ++slot) {
      const KvSegment& segment = segments[run.segment];
      const Dot dot = DotOf(q.data(), KvRowAt(segment.keys, slot, kv_head * dim, dim).data(), dim);
      scores.push_back(dot.value * shape.scale);
      score_error = std::max(score_error, (dim + 2) * kEpsilon * dot.magnitude * shape.scale);
      values.push_back(KvRowAt(segment.values, slot, kv_head * dim, dim));
    }
  }
  const double top = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double score : scores) sum += std::exp(score - top);
  Expected expected{std::vector<double>(static_cast<std::size_t>(dim)), 0};
  for (std::size_t p = 0; p < scores.size(); ++p) {
    const double weight = std::exp(scores[p] - top) / sum;
    for (int i = 0; i < dim; ++i) expected.values[i] += weight * values[p][i];
  }
  expected.tolerance = 4 * score_error +
                       (2 * static_cast<double>(scores.size()) + 16 + 2 * std::abs(top)) * kEpsilon;
  return expected;
}

struct Case {
  AttentionShape shape;
  DType dtype;
};

class AttentionTest : public testing::TestWithParam<Case> {};

TEST_P(AttentionTest, AgreesWithDouble) {
  const AttentionShape shape = GetParam().shape;
  const int width = shape.heads * shape.head_dim, kv_width = shape.kv_heads * shape.head_dim;
  for (const auto& device : AllDevices(2)) {
    const Kv prefix = MakeKv(*device, GetParam().dtype, 37, kv_width, 50);
    const Kv tail = MakeKv(*device, GetParam().dtype, 9, kv_width, 60);
    const std::vector<KvSegment> segments = {prefix.segment(), tail.segment()};
    AttentionPaths paths;
    paths.StartRow();
    paths.Append({0, 0, 1});
    paths.StartRow();
    paths.Append({0, 0, 37});
    paths.Append({1, 0, 3});
    paths.StartRow();  // a branch of a tree: out of order and with gaps
    paths.Append({0, 20, 13});
    paths.Append({1, 8, 1});
    paths.Append({0, 2, 4});
    const std::vector<float> q_values = RandomFloats(70, 3 * width, 3);
    const Tensor q = LoadAll(*device, q_values, width);
    const Tensor out = device->Allocate(DType::kF32, 3, width);
    device->Attention(q.view(), segments, paths, shape, out.view());

    for (int row = 0; row < 3; ++row) {
      for (int head = 0; head < shape.heads; ++head) {
        const auto begin = q_values.begin() + row * width + head * shape.head_dim;
        const Expected expected =
            Reference({begin, begin + shape.head_dim}, segments, paths.Row(row), shape,
                      head / (shape.heads / shape.kv_heads));
        for (int i = 0; i < shape.head_dim; ++i) {
          ASSERT_NEAR(out.view().Row<float>(row)[head * shape.head_dim + i], expected.values[i],
                      expected.tolerance)
              << device->Describe() << ", row " << row << ", head " << head << ", element " << i;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AttentionTest,
    testing::Values(Case{{8, 8, 8, 0.35f}, DType::kF32}, Case{{8, 2, 64, 0.125f}, DType::kF32},
                    Case{{8, 2, 64, 0.125f}, DType::kF16}, Case{{5, 1, 80, 0.11f}, DType::kF32},
                    Case{{15, 1, 128, 0.09f}, DType::kF16}, Case{{2, 1, 2, 0.7f}, DType::kF32},
                    Case{{6, 3, 30, 0.18f}, DType::kF16}));

TEST(KvMoveTest, ReadsAllRowsBeforeItWrites) {
  for (DType dtype : {DType::kF32, DType::kF16}) {
    for (const auto& device : AllDevices()) {
      const Kv kv = MakeKv(*device, dtype, 5, 24, 80);
      const std::vector<std::byte> keys = BytesOf(kv.keys), values = BytesOf(kv.values);
      device->KvMove(kv.segment(), std::vector<std::int32_t>{0, 1, 2, 4},
                     std::vector<std::int32_t>{1, 2, 0, 3});
      const int origin[5] = {2, 0, 1, 4, 4};
      const std::ptrdiff_t size = std::ssize(keys) / 5;
      const std::vector<std::byte> new_keys = BytesOf(kv.keys), new_values = BytesOf(kv.values);
      for (int row = 0; row < 5; ++row) {
        EXPECT_TRUE(std::equal(new_keys.begin() + row * size, new_keys.begin() + (row + 1) * size,
                               keys.begin() + origin[row] * size));
        EXPECT_TRUE(std::equal(new_values.begin() + row * size,
                               new_values.begin() + (row + 1) * size,
                               values.begin() + origin[row] * size));
      }
    }
  }
}

}  // namespace
}  // namespace jupiter
