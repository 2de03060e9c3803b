// Every op of the `cuda` device on the simulated GPU has the bits of the `cpu` device, with every
// order of blocks and threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "tests/cuda/sim/find_mistake.h"
#include "tests/cuda/sim/sim_device.h"
#include "tests/kernels/op_cases.h"
#include "tests/kernels/test_inputs.h"
#include "tests/sanitized.h"

namespace jupiter {
namespace {

// Orders of blocks and threads to try. Sanitizers see what they see in any.
std::uint64_t Orders() {
  if (Sanitized()) return 1;
  return std::getenv("JUPITER_ALL_TESTS") != nullptr ? 5 : 2;
}

class CudaDeviceTest : public testing::TestWithParam<std::size_t> {};

TEST_P(CudaDeviceTest, HasTheBitsOfTheCpu) {
  const OpCase op = AllOpCases()[GetParam()];
  SCOPED_TRACE(op.name);
  const std::vector<int> rows = AllRows(op.rows);
  const std::vector<std::byte> expected = op.run(*MakeDevice("cpu", {}), rows);
  for (std::uint64_t seed = 1; seed <= Orders(); ++seed) {
    EXPECT_EQ(op.run(*MakeSimDevice(seed), rows), expected) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(AllOps, CudaDeviceTest,
                         testing::Range(std::size_t{0}, AllOpCases().size()), [](const auto& info) {
                           std::string name = AllOpCases()[info.param].name;
                           for (char& c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

// Runs `op` on a processor and on simulated GPUs, and compares what it returns.
template <typename Op>
void ExpectTheSameOnBoth(Op op) {
  const auto expected = op(*MakeDevice("cpu", {}));
  for (std::uint64_t seed = 1; seed <= Orders(); ++seed) {
    EXPECT_EQ(op(*MakeSimDevice(seed)), expected) << "seed " << seed;
  }
}

TEST(CudaKernelsTest, OfEqualSlotsTheLastRowCounts) {
  const std::vector<std::int32_t> slots = {3, 1, 3, 0, 1, 3, 6};
  for (const int columns : {8, 7}) {
    ExpectTheSameOnBoth([&](Device& device) {
      const auto rows = static_cast<int>(slots.size());
      const Tensor x = LoadAll(device, RandomFloats(1, rows * columns), columns);
      const Tensor y = LoadAll(device, RandomFloats(2, rows * columns), columns);
      const Tensor keys = device.Allocate(DType::kF16, 7, columns);
      const Tensor values = device.Allocate(DType::kF16, 7, columns);
      for (std::int64_t row = 0; row < 7; ++row) {
        device.KvAppend(x.Rows(row, 1), x.Rows(row, 1), {keys.view(), values.view()},
                        std::vector<std::int32_t>{static_cast<std::int32_t>(row)});
      }
      device.KvAppend(x.view(), y.view(), {keys.view(), values.view()}, slots);
      return std::pair(device.ReadBytes(keys.view()), device.ReadBytes(values.view()));
    });
  }
}

TEST(CudaKernelsTest, ArgMaxOfTiesAndNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  constexpr int kColumns = 4999;
  std::vector<float> x = RandomFloats(3, 6 * kColumns);
  const auto set = [&](int row, int column, float value) { x[row * kColumns + column] = value; };
  for (int column : {4998, 4097, 4096, 77, 78}) set(0, column, 50);
  for (int column : {4998, 4996}) set(1, column, 50);
  for (int column = 0; column < kColumns; ++column) {
    set(2, column, nan);
    set(3, column, column % 2 == 0 ? nan : -infinity);
    set(4, column, column == 4990 ? -infinity : nan);
  }
  set(5, 4000, nan);
  set(5, 4001, infinity);
  ExpectTheSameOnBoth([&](Device& device) {
    std::vector<std::int32_t> ids(6);
    device.ArgMax(LoadAll(device, x, kColumns).view(), ids);
    return ids;
  });
}

// A row sees nothing of the positions behind its own end, which later rows of its tile see.
TEST(CudaKernelsTest, InfiniteValuesBeyondAPath) {
  constexpr int kRows = 65, kContext = 200, kPositions = kContext + kRows;
  for (const int head_dim : {64, 128}) {
    for (const int rows : {kRows, 20}) {
      ExpectTheSameOnBoth([&](Device& device) {
        std::vector<float> values = RandomFloats(4, kPositions * head_dim);
        for (int p = kContext + 5; p < kPositions; p += 3) {
          values[p * head_dim + p % head_dim] = std::numeric_limits<float>::infinity();
        }
        const Tensor keys = LoadAll(device, RandomFloats(5, kPositions * head_dim), head_dim);
        const Tensor value_rows = LoadAll(device, values, head_dim);
        AttentionPaths paths;
        for (int row = 0; row < rows; ++row) {
          paths.StartRow();
          paths.Append({0, 0, kContext + row + 1});
        }
        const Tensor q = LoadAll(device, RandomFloats(6, rows * head_dim, 4), head_dim);
        const Tensor out = device.Allocate(DType::kF32, rows, head_dim);
        const std::vector<KvSegment> segments = {{keys.view(), value_rows.view()}};
        device.Attention(q.view(), segments, paths, {1, 1, head_dim, 0.1f}, out.view());
        return device.ReadBytes(out.view());
      });
    }
  }
}

TEST(CudaKernelsTest, HeadsWithoutAKernelAreRefused) {
  constexpr int kHeadDim = 264;
  const auto device = MakeSimDevice(1);
  const Tensor row = LoadAll(*device, RandomFloats(1, kHeadDim), kHeadDim);
  const Tensor out = device->Allocate(DType::kF32, 1, kHeadDim);
  const std::vector<KvSegment> segments = {{row.view(), row.view()}};
  AttentionPaths paths;
  paths.StartRow();
  paths.Append({0, 0, 1});
  try {
    device->Attention(row.view(), segments, paths, {1, 1, kHeadDim, 0.1f}, out.view());
    FAIL() << "not refused";
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(),
                 "attention heads of 264 features: the cuda device has kernels for "
                 "at most 256; use --device cpu");
  }
}

// What stays on the device between calls changes with them: 6 segments, paths of several lengths,
// the same ones again, slots and positions.
TEST(CudaKernelsTest, CallsOneAfterTheOther) {
  constexpr int kDim = 32, kSlots = 70, kSegments = 6;
  ExpectTheSameOnBoth([&](Device& device) {
    std::vector<std::vector<std::byte>> results;
    std::vector<Tensor> memory;
    std::vector<KvSegment> segments;
    for (int i = 0; i < 2 * kSegments; ++i) {
      memory.push_back(LoadAll(device, RandomFloats(10 + i, kSlots * kDim), kDim));
    }
    for (int i = 0; i < kSegments; ++i) {
      segments.push_back({memory[2 * i].view(), memory[2 * i + 1].view()});
    }
    const Tensor table = LoadAll(device, RandomFloats(7, kSlots * kDim), kDim);
    const Tensor out = device.Allocate(DType::kF32, 5, kDim);
    for (const int turn : {0, 0, 1, 1, 0, 3, 0}) {
      const int rows = turn == 3 ? 5 : 2;
      const TensorView some = out.view().Rows(0, rows);
      const Tensor q = LoadAll(device, RandomFloats(8, rows * kDim, 2), kDim);
      const std::vector<std::int32_t> places(static_cast<std::size_t>(rows), 3 + turn);
      device.Rope(q.view(), places, table, RopeStyle::kHalf);
      AttentionPaths paths;
      for (int row = 0; row < rows; ++row) {
        paths.StartRow();
        for (int i = 0; i < kSegments; ++i) paths.Append({i, 3 * turn + i, 9 + turn});
        paths.Append({turn, 60, row + 1});
      }
      device.Attention(q.view(), segments, paths, {1, 1, kDim, 0.2f}, some);
      results.push_back(device.ReadBytes(some));
      device.KvAppend(q.view(), some, segments[0], places);
      results.push_back(device.ReadBytes(segments[0].values));
    }
    return results;
  });
}

// A case with what the `cpu` device makes of it.
struct KnownCase {
  OpCase op;
  std::vector<std::byte> expected;
};

// The cases that pass each barrier of the kernels.
std::vector<std::pair<sim::Site, std::vector<KnownCase>>> CasesOfBarriers() {
  std::vector<std::pair<sim::Site, std::vector<KnownCase>>> found;
  sim::TakeBarrierSites();
  for (const OpCase& op : AllOpCases()) {
    op.run(*MakeSimDevice(1), AllRows(op.rows));
    const KnownCase known{op, op.run(*MakeDevice("cpu", {}), AllRows(op.rows))};
    for (const sim::Site& site : sim::TakeBarrierSites()) {
      auto entry = std::find_if(found.begin(), found.end(),
                                [&](const auto& other) { return other.first == site; });
      if (entry == found.end()) entry = found.insert(found.end(), {site, {}});
      entry->second.push_back(known);
    }
  }
  return found;
}

bool AllHaveTheBitsOfTheCpu(const std::vector<KnownCase>& cases, std::uint64_t seed) {
  return std::all_of(cases.begin(), cases.end(), [&](const KnownCase& known) {
    return known.op.run(*MakeSimDevice(seed), AllRows(known.op.rows)) == known.expected;
  });
}

TEST(CudaKernelsTest, EachBarrierLeftOutIsFound) {
  if (Sanitized()) GTEST_SKIP() << "too slow under a sanitizer; run it in the release build";
  const auto barriers = CasesOfBarriers();
  EXPECT_GE(barriers.size(), 8u);
  for (const auto& [site, cases] : barriers) {
    SCOPED_TRACE(std::string(site.file) + ":" + std::to_string(site.line));
    const std::vector<KnownCase>& of_site = cases;
    sim::LeaveOut(site);
    EXPECT_EXIT(
        ExitUnlessWrong([&](std::uint64_t seed) { return AllHaveTheBitsOfTheCpu(of_site, seed); }),
        Fails, "");
    sim::LeaveOut({});
  }
  // With all of them nothing is found.
  const std::vector<KnownCase> one = {barriers.back().second.front()};
  EXPECT_EXIT(
      ExitUnlessWrong([&](std::uint64_t seed) { return AllHaveTheBitsOfTheCpu(one, seed); }),
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace jupiter
