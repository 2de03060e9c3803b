// The same bits for every instruction set, thread count, subset of rows and placement of KV rows.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/make_device.h"
#include "tests/kernels/op_cases.h"
#include "tests/kernels/test_inputs.h"
#include "tests/sanitized.h"

namespace jupiter {
namespace {

// A seeded shuffle of some of the rows.
std::vector<int> RandomSubset(int rows, std::uint64_t seed) {
  const CounterRng rng(seed);
  std::vector<int> subset = AllRows(rows);
  std::sort(subset.begin(), subset.end(), [&](int a, int b) { return rng.Bits(a) < rng.Bits(b); });
  subset.resize(1 + rng.Bits(rows) % rows);
  return subset;
}

// Rows `which` of the results of all rows.
std::vector<std::byte> Pick(const std::vector<std::byte>& all, int rows,
                            const std::vector<int>& which) {
  const std::ptrdiff_t size = std::ssize(all) / rows;
  std::vector<std::byte> picked;
  for (int row : which) {
    picked.insert(picked.end(), all.begin() + row * size, all.begin() + (row + 1) * size);
  }
  return picked;
}

// A sanitizer takes minutes for all of them, and sees most with several.
std::vector<int> ThreadCounts() {
  return Sanitized() ? std::vector<int>{3} : std::vector<int>{1, 2, 3};
}

struct Answer {
  OpCase op;
  std::vector<std::byte> all_rows;
};

// What portable code answers, which is slow: computed once for all instruction sets.
const std::vector<Answer>& PortableAnswers() {
  static const std::vector<Answer> answers = [] {
    const auto portable = MakeDevice("cpu", {1, "portable"});
    std::vector<Answer> computed;
    for (const OpCase& op : AllOpCases()) {
      computed.push_back({op, op.run(*portable, AllRows(op.rows))});
    }
    return computed;
  }();
  return answers;
}

class InvarianceTest : public testing::TestWithParam<std::string> {};

TEST_P(InvarianceTest, RowsThreadsAndPortableCode) {
  for (const auto& [op, expected] : PortableAnswers()) {
    for (int threads : ThreadCounts()) {
      const auto device = MakeDevice("cpu", {threads, GetParam()});
      EXPECT_EQ(op.run(*device, AllRows(op.rows)), expected) << op.name << ", " << threads;
      for (int row = 0; row < op.rows; row += 1 + op.rows / 7) {
        EXPECT_EQ(op.run(*device, {row}), Pick(expected, op.rows, {row})) << op.name << ", " << row;
      }
      const std::vector<int> subset = RandomSubset(op.rows, 100 + threads);
      EXPECT_EQ(op.run(*device, subset), Pick(expected, op.rows, subset)) << op.name;
    }
  }
}

TEST_P(InvarianceTest, PlacementOfKvRows) {
  const auto device = MakeDevice("cpu", {2, GetParam()});
  for (DType dtype : {DType::kF32, DType::kF16}) {
    const AttentionCase attention{8, 2, 48, dtype, 30, 10};
    const std::vector<int> rows = AllRows(attention.rows);
    const auto in_order = MakeAttentionCase(attention, Placement::kInOrder).run(*device, rows);
    EXPECT_EQ(MakeAttentionCase(attention, Placement::kReversed).run(*device, rows), in_order);
    EXPECT_EQ(MakeAttentionCase(attention, Placement::kTwoSegments).run(*device, rows), in_order);
  }
}

// Features of a weight cut by rows, as ranks hold them, are the features of the whole.
TEST_P(InvarianceTest, SharesOfTheFeatures) {
  const auto device = MakeDevice("cpu", {1, GetParam()});
  for (DType dtype : kWeightTypes) {
    const HostMatrix host = RandomWeight(dtype, 50, 256, 3);
    const auto whole = device->Load("w", host.view(), 0, 256);
    const auto part = device->Load("w", host.view().Rows(21, 29), 0, 256);
    const Tensor x = InputFor(*device, *whole, LoadAll(*device, RandomFloats(4, 9 * 256), 256));
    const Tensor all = device->Allocate(DType::kF32, 9, 50),
                 some = device->Allocate(DType::kF32, 9, 29);
    device->Linear(x.view(), *whole, all.view());
    device->Linear(x.view(), *part, some.view());
    for (int i = 0; i < 9; ++i) {
      for (int j = 0; j < 29; ++j) {
        ASSERT_EQ(some.view().Row<float>(i)[j], all.view().Row<float>(i)[21 + j]) << Name(dtype);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, InvarianceTest, testing::ValuesIn(IsaNames()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace jupiter
