// Covers a LinearTile with register tiles, and writes finished sums.
#pragma once

#include "kernels/cpu/inline.h"
#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/tiling.h"

namespace jupiter::cpu {

// Adds bias, and the previous value if asked, to the sums of 16 features of one row.
template <class V>
JUPITER_INLINE void WriteSums(const LinearTile& tile, std::int64_t row, std::int64_t group,
                              typename V::F sum) {
  const std::int64_t feature = 16 * group;
  float* out = reinterpret_cast<float*>(tile.out + row * tile.out_row_bytes) + feature;
  const std::int64_t left = tile.features - feature;
  if (left >= 16) {
    if (tile.bias != nullptr) sum = V::Add(sum, V::Load(tile.bias + feature));
    if (tile.accumulate) sum = V::Add(V::Load(out), sum);
    V::Store(out, sum);
    return;
  }
  const int n = static_cast<int>(left);
  if (tile.bias != nullptr) sum = V::Add(sum, V::LoadPart(tile.bias + feature, n, 0));
  if (tile.accumulate) sum = V::Add(V::LoadPart(out, n, 0), sum);
  V::StorePart(out, sum, n);
}

// Sums of parts that wait for those on their right. In memory: a second set of accumulators would
// leave too few registers for the inner loop, which never touches these.
template <class V, int rows, int groups>
class WaitingSums {
 public:
  using Sums = typename V::F[rows][groups];

  JUPITER_INLINE void Push(const Sums& sum) {
    Unroll<rows>([&](auto r) JUPITER_LAMBDA {
      Unroll<groups>(
          [&](auto g) JUPITER_LAMBDA { sums_[count_][r.value][g.value] = sum[r.value][g.value]; });
    });
    ++count_;
  }
  // sum = the latest one + sum
  JUPITER_INLINE void PopInto(Sums& sum) {
    --count_;
    Unroll<rows>([&](auto r) JUPITER_LAMBDA {
      Unroll<groups>([&](auto g) JUPITER_LAMBDA {
        F& total = sum[r.value][g.value];
        total = V::Add(sums_[count_][r.value][g.value], total);
      });
    });
  }

 private:
  using F = typename V::F;
  Sums sums_[kMostWaitingSums];
  int count_ = 0;
};

// Sums all parts of a tile's columns and writes the results. add(begin, end, sum) adds the products
// of columns [begin, end) to sum.
template <class V, int rows, int groups, typename Add>
JUPITER_INLINE void SumParts(const LinearTile& tile, std::int64_t row, std::int64_t group,
                             Add add) {
  using F = typename V::F;
  WaitingSums<V, rows, groups> waiting;
  F sum[rows][groups];
  std::int64_t begin = 0;
  for (std::int64_t part = 0;; ++part) {
    Unroll<rows>([&](auto r) JUPITER_LAMBDA {
      Unroll<groups>([&](auto g) JUPITER_LAMBDA { sum[r.value][g.value] = V::Zero(); });
    });
    const std::int64_t end = tile.parts[part].end;
    add(begin, end, sum);
    for (int i = 0; i < tile.parts[part].additions; ++i) waiting.PopInto(sum);
    if (part + 1 == tile.part_count) break;
    waiting.Push(sum);
    begin = end;
  }
  Unroll<rows>([&](auto r) JUPITER_LAMBDA {
    Unroll<groups>([&](auto g) JUPITER_LAMBDA {
      WriteSums<V>(tile, row + r.value, group + g.value, sum[r.value][g.value]);
    });
  });
}

// Fetches the weights of a later tile in even portions while this one is computed. A tile of many
// rows computes for longer than it reads, so the fetch costs nothing there.
template <class V>
class Prefetch {
 public:
  // For one call of Kernel::Run, which calls Step `steps` times.
  JUPITER_INLINE Prefetch(const LinearTile& tile, std::int64_t row, std::int64_t group, int rows,
                          int groups, std::int64_t steps) {
    if (tile.next == nullptr) return;
    const std::int64_t width = tile.group_end - tile.group_begin;
    const std::int64_t area = (tile.row_end - tile.row_begin) * width;
    const std::int64_t done = (row - tile.row_begin) * width + (group - tile.group_begin) * rows;
    at_ = tile.next + tile.next_bytes * done / area;
    const std::int64_t lines = tile.next_bytes * rows * groups / area / kLine + 1;
    lines_ = (lines + steps - 1) / steps;
  }
  JUPITER_INLINE void Step() {
    for (std::int64_t i = 0; i < lines_; ++i, at_ += kLine) __builtin_prefetch(at_, 0, 2);
  }

 private:
  static constexpr std::int64_t kLine = 64;
  const std::byte* at_ = nullptr;
  std::int64_t lines_ = 0;
};

template <class V, class Kernel, int rows>
void CoverRows(const LinearTile& tile, std::int64_t group, std::int64_t row) {
  constexpr int kGroups = rows == 1 ? Kernel::kTiling.single_groups : Kernel::kTiling.groups;
  std::int64_t end = tile.group_end;
  for (; group + kGroups <= end; group += kGroups)
    Kernel::template Run<rows, kGroups>(tile, row, group);
  if constexpr (kGroups > 1) {
    for (; group < end; ++group) Kernel::template Run<rows, 1>(tile, row, group);
  }
}

template <class V, class Kernel, int rows>
void CoverUpTo(const LinearTile& tile, std::int64_t row) {
  if (tile.row_end - row >= rows) {
    CoverRows<V, Kernel, rows>(tile, tile.group_begin, row);
  } else if constexpr (rows > 1) {
    CoverUpTo<V, Kernel, rows - 1>(tile, row);
  }
}

template <class V, class Kernel>
void Linear(const LinearTile& tile) {
  constexpr int kRows = Kernel::kTiling.rows;
  for (std::int64_t row = tile.row_begin; row < tile.row_end; row += kRows) {
    CoverUpTo<V, Kernel, kRows>(tile, row);
  }
}

}  // namespace jupiter::cpu
