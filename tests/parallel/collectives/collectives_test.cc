// Each collective against a plain sum in the documented order, at every size; the bytes each rank
// sends against their formulas; the same bits on every rank.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "parallel/collectives/ring_all_gather.h"
#include "parallel/collectives/ring_all_reduce.h"
#include "parallel/collectives/ring_reduce_scatter.h"
#include "parallel/collectives/star_all_reduce.h"
#include "parallel/transport/agreement.h"
#include "tests/parallel/collectives/collective_device.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

using Matrix = std::vector<float>;  // [rows, columns]

struct Case {
  std::int64_t rows;
  std::int64_t columns;
  bool by_rows;
  bool uneven;
  DType wire;
};

std::string CaseName(const testing::TestParamInfo<Case>& info) {
  const Case& c = info.param;
  return fmt::format("{}x{}_{}_{}_{}", c.rows, c.columns, c.by_rows ? "rows" : "columns",
                     c.uneven ? "uneven" : "even", Name(c.wire));
}

class CollectivesTest : public testing::TestWithParam<Case> {
 protected:
  CollectivesTest()
      : transport_(TestContext()),
        exchange_(transport_, device_, GetParam().wire),
        sizes_(Sizes()),
        split_(GetParam().by_rows ? Split::OfRows(sizes_) : Split::OfColumns(sizes_)),
        x_(Values(rank())) {}

  int rank() const { return transport_.rank(); }
  int size() const { return transport_.size(); }

  // Uneven: the first rank has everything that later ranks have not, and the second has nothing.
  std::vector<std::int64_t> Sizes() const {
    const Case& c = GetParam();
    const std::int64_t unit = c.by_rows ? 1 : BlockColumns(c.wire);
    std::vector<std::int64_t> sizes =
        Split::Even(c.by_rows ? c.rows : c.columns, TestContext().size(), unit);
    if (c.uneven && sizes.size() > 1) {
      sizes[0] += sizes[1];
      sizes[1] = 0;
    }
    return sizes;
  }

  Matrix Values(int of_rank) const {
    const auto elements = static_cast<std::size_t>(GetParam().rows * GetParam().columns);
    const CounterRng rng(static_cast<std::uint64_t>(of_rank) + 11);
    Matrix values(elements);
    for (std::size_t i = 0; i < elements; ++i) values[i] = rng.Uniform(i) - 0.5f;
    return values;
  }

  std::vector<Matrix> AllValues() const {
    std::vector<Matrix> all;
    for (int r = 0; r < size(); ++r) all.push_back(Values(r));
    return all;
  }

  // Every rank; of large matrices the last one only, for the sake of time.
  std::vector<int> Roots() const {
    if (GetParam().rows > 1000) return {size() - 1};
    std::vector<int> roots(static_cast<std::size_t>(size()));
    std::iota(roots.begin(), roots.end(), 0);
    return roots;
  }

  TensorView View(Matrix& matrix) const {
    return HostView(matrix.data(), GetParam().rows, GetParam().columns);
  }

  // The rank whose chunk holds element i.
  int Owner(std::size_t i) const {
    const auto columns = static_cast<std::size_t>(GetParam().columns);
    std::int64_t at = static_cast<std::int64_t>(GetParam().by_rows ? i / columns : i % columns);
    int owner = 0;
    while (at >= sizes_[static_cast<std::size_t>(owner)]) {
      at -= sizes_[static_cast<std::size_t>(owner++)];
    }
    return owner;
  }

  // The sum of element i in the order of the ring, whose last summand is that of rank `last`.
  float RingSum(const std::vector<Matrix>& all, std::size_t i, int last) const {
    float sum = all[static_cast<std::size_t>((last + 1) % size())][i];
    for (int step = 2; step <= size(); ++step) {
      sum += all[static_cast<std::size_t>((last + step) % size())][i];
    }
    return sum;
  }

  // What `roundings` trips over the wire may change a value whose parts never exceed `size()` / 2.
  double Tolerance(int roundings) const {
    const double largest = 0.5 * size();
    switch (GetParam().wire) {
      case DType::kF32: return 0;
      case DType::kF16: return roundings * largest * std::ldexp(1.0, -11) * 1.01;
      default: return roundings * largest / 127 * 0.51;  // half a step, and the rounded scale
    }
  }

  std::int64_t ChunkBytes(int of_rank) {
    const TensorView chunk = split_.Chunk(View(x_), of_rank % size());
    return chunk.rows * RowBytes(GetParam().wire, chunk.columns);
  }
  std::int64_t AllBytes() {
    return GetParam().rows * RowBytes(GetParam().wire, GetParam().columns);
  }

  void ExpectNear(std::size_t i, float expected, double tolerance) {
    if (std::fabs(static_cast<double>(x_[i]) - expected) > tolerance) {
      ASSERT_EQ(x_[i], expected) << "element " << i << ", tolerance " << tolerance;
    }
  }

  void ExpectSameBitsEverywhere() {
    const std::string_view bytes(reinterpret_cast<const char*>(x_.data()), 4 * x_.size());
    const std::vector<std::string> hashes = AllGather(transport_, std::to_string(HashBytes(bytes)));
    for (const std::string& hash : hashes) EXPECT_EQ(hash, hashes[0]);
  }

  Transport transport_;
  CollectiveDevice device_;
  Exchange exchange_;
  std::vector<std::int64_t> sizes_;
  Split split_;
  Matrix x_;
};

TEST_P(CollectivesTest, RingReduceScatter) {
  RingReduceScatter(exchange_, View(x_), split_, "a reduce-scatter");
  EXPECT_EQ(transport_.counters().payload_sent, size() == 1 ? 0 : AllBytes() - ChunkBytes(rank()));
  const std::vector<Matrix> all = AllValues();
  for (std::size_t i = 0; i < x_.size(); ++i) {
    if (Owner(i) == rank()) ExpectNear(i, RingSum(all, i, rank()), Tolerance(size() - 1));
  }
  transport_.Flush();
}

TEST_P(CollectivesTest, RingAllGather) {
  RingAllGather(exchange_, View(x_), split_, "an all-gather");
  EXPECT_EQ(transport_.counters().payload_sent,
            size() == 1 ? 0 : AllBytes() - ChunkBytes(rank() + 1));
  const std::vector<Matrix> all = AllValues();
  for (std::size_t i = 0; i < x_.size(); ++i) {
    ExpectNear(i, all[static_cast<std::size_t>(Owner(i))][i], Tolerance(1));
  }
  ExpectSameBitsEverywhere();
}

TEST_P(CollectivesTest, RingAllReduce) {
  RingAllReduce(exchange_, View(x_), split_, "an all-reduce");
  EXPECT_EQ(transport_.counters().payload_sent,
            size() == 1 ? 0 : 2 * AllBytes() - ChunkBytes(rank()) - ChunkBytes(rank() + 1));
  const std::vector<Matrix> all = AllValues();
  for (std::size_t i = 0; i < x_.size(); ++i) {
    ExpectNear(i, RingSum(all, i, Owner(i)), Tolerance(size()));
  }
  ExpectSameBitsEverywhere();
}

TEST_P(CollectivesTest, StarAllReduceAtEveryRoot) {
  const std::vector<Matrix> all = AllValues();
  for (int root : Roots()) {
    x_ = Values(rank());
    transport_.ResetCounters();
    StarAllReduce(exchange_, View(x_), root, "a star all-reduce");
    const std::int64_t times = size() == 1 ? 0 : rank() == root ? size() - 1 : 1;
    EXPECT_EQ(transport_.counters().payload_sent, times * AllBytes());
    for (std::size_t i = 0; i < x_.size(); ++i) {
      float sum = all[static_cast<std::size_t>(root)][i];
      for (int r = 0; r < size(); ++r) {
        if (r != root) sum += all[static_cast<std::size_t>(r)][i];
      }
      ExpectNear(i, sum, Tolerance(size()));
    }
    ExpectSameBitsEverywhere();
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, CollectivesTest,
                         testing::Values(Case{1, 1, false, false,
                                              DType::kF32},  // fewer elements than ranks
                                         Case{1, 1024, false, false, DType::kF32},  // 4 KB
                                         Case{16, 1024, true, false, DType::kF32},  // 64 KB
                                         Case{16, 1024, true, true, DType::kF32},
                                         Case{7, 1056, false, true, DType::kF32},  // strided chunks
                                         Case{16, 1024, true, false, DType::kF16},
                                         Case{5, 1056, false, true, DType::kF16},
                                         Case{16, 1024, true, true, DType::kQ8_0},
                                         Case{5, 1056, false, false, DType::kQ8_0},
                                         Case{2048, 1024, true, false, DType::kF32}),  // 8 MB
                         CaseName);

TEST(ExchangeTest, OtherSizeThanPlannedIsRefused) {
  if (TestContext().size() < 2) GTEST_SKIP() << "needs 2 ranks: run under mpirun -np 2";
  Transport transport(TestContext());
  CollectiveDevice device;
  Exchange exchange(transport, device, DType::kF16);
  Matrix x(64);
  if (transport.rank() == 1) exchange.Send(0, exchange.Encode(HostView(x.data(), 2, 32)));
  if (transport.rank() != 0) return;
  try {
    exchange.Receive(1, 3, 32, "a test");
    ADD_FAILURE() << "2 rows passed for 3";
  } catch (const PeerError& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.find(TestContext().Describe(0) + ": a test from " + TestContext().Describe(1) +
                        ", waited "),
              0u)
        << text;
    EXPECT_NE(text.find("128 bytes, expected 192"), std::string::npos) << text;
  }
}

// Every send and every op of a collective shows in the record.
TEST(ExchangeTest, CollectivesAreRecorded) {
  Transport transport(TestContext());
  CollectiveDevice device;
  Exchange exchange(transport, device, DType::kF32);
  Recorder recorder(transport.rank());
  device.Observe(&recorder);
  transport.RecordTo(&recorder);
  const int size = transport.size();
  Matrix x(static_cast<std::size_t>(8 * size));
  RingAllReduce(exchange, HostView(x.data(), size, 8), Split::OfRows(Split::Even(size, size)),
                "a test");
  std::vector<std::string> kinds;
  for (const Event& event : recorder.record().events) {
    if (const auto* op = std::get_if<OpEvent>(&event)) kinds.emplace_back(Name(op->op.kind));
    if (std::get_if<SendEvent>(&event) != nullptr) kinds.emplace_back("send");
    if (std::get_if<ReceiveEvent>(&event) != nullptr) kinds.emplace_back("receive");
  }
  std::vector<std::string> expected;
  for (int step = 1; step < size; ++step) {
    for (const char* kind : {"export", "send", "receive", "import", "add"})
      expected.emplace_back(kind);
  }
  if (size > 1) expected.insert(expected.end(), {"export", "send"});
  for (int step = 1; step < size; ++step) {
    expected.emplace_back("receive");
    if (step + 1 < size) expected.emplace_back("send");
    expected.emplace_back("import");
  }
  EXPECT_EQ(kinds, expected);
}

TEST(SplitTest, EvenGivesTheRestToTheFirst) {
  EXPECT_EQ(Split::Even(10, 4), (std::vector<std::int64_t>{3, 3, 2, 2}));
  EXPECT_EQ(Split::Even(2, 3), (std::vector<std::int64_t>{1, 1, 0}));
  EXPECT_EQ(Split::Even(96, 2, 32), (std::vector<std::int64_t>{64, 32}));
}

TEST(SplitTest, ChunksLieSideBySide) {
  Matrix x(12);
  const TensorView view = HostView(x.data(), 3, 4);
  const TensorView columns = Split::OfColumns({1, 0, 3}).Chunk(view, 2);
  EXPECT_EQ(columns.Row<float>(1), x.data() + 5);
  EXPECT_EQ(columns.columns, 3);
  EXPECT_EQ(columns.rows, 3);
  const TensorView rows = Split::OfRows({1, 2}).Chunk(view, 1);
  EXPECT_EQ(rows.Row<float>(0), x.data() + 4);
  EXPECT_EQ(rows.rows, 2);
}

}  // namespace
}  // namespace jupiter
