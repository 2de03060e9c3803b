// The `cpu` device against the contract in plain loops, bit by bit, where sums run in parts; and
// the same loops without parts, as version 1 added, whose bits differ.
#include "tests/kernels/contract.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "kernels/block_formats.h"
#include "kernels/leaves.h"
#include "kernels/make_device.h"
#include "tests/kernels/op_cases.h"

namespace jupiter {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::span<const float> RowOf(const Tensor& x, std::int64_t row) {
  return {x.view().Row<float>(row), static_cast<std::size_t>(x.columns())};
}

// A product of the device, and the values of its weights.
struct Product {
  HostMatrix host;
  std::vector<std::vector<float>> w;  // [features][columns], dense types
  Tensor input, out;
};

Product Multiply(DType dtype, int rows, int columns, int features,
                 const std::vector<std::int64_t>& leaf_ends) {
  const auto device = MakeDevice("cpu", {});
  Product product;
  product.host = RandomWeight(dtype, features, columns, 31);
  for (int j = 0; j < features; ++j) {
    product.w.emplace_back(static_cast<std::size_t>(columns));
    ReadRow(dtype, product.host.view().Row<std::byte>(j), 0, columns, product.w.back().data());
  }
  const auto weight = device->Load("w", product.host.view(), 0, columns);
  product.input =
      InputFor(*device, *weight, LoadAll(*device, RandomFloats(32, rows * columns), columns));
  product.out = device->Allocate(DType::kF32, rows, features);
  LinearOptions options;
  options.leaf_ends = leaf_ends;
  device->Linear(product.input.view(), *weight, product.out.view(), options);
  return product;
}

// How many results differ from what `sum_of(row, feature)` says.
template <typename SumOf>
int CountOthers(const Product& product, const SumOf& sum_of) {
  int others = 0;
  for (std::int64_t i = 0; i < product.out.rows(); ++i) {
    for (std::int64_t j = 0; j < product.out.columns(); ++j) {
      others += product.out.view().Row<float>(i)[j] != sum_of(i, j);
    }
  }
  return others;
}

class DenseContractTest : public testing::TestWithParam<DType> {};

TEST_P(DenseContractTest, ChainsOf512Columns) {
  const std::vector<std::int64_t> one_leaf = {1100};
  const Product product = Multiply(GetParam(), 9, 1100, 65, {});
  const auto others = [&](std::int64_t chain) {
    return CountOthers(product, [&](std::int64_t i, std::int64_t j) {
      return DenseSum(RowOf(product.input, i), product.w[j], chain, one_leaf);
    });
  };
  EXPECT_EQ(others(512), 0);
  EXPECT_GT(others(kNoRuns), 9 * 65 / 2);
}

TEST_P(DenseContractTest, LeavesAndTheirTree) {
  for (int leaves : {2, 3, 4, 7, 8, 11}) {
    const std::vector<std::int64_t> ends = LeafEnds(2304, 32, leaves), one_leaf = {2304};
    const Product product = Multiply(GetParam(), 2, 2304, 19, ends);
    const auto others = [&](std::int64_t chain, const std::vector<std::int64_t>& leaf_ends) {
      return CountOthers(product, [&](std::int64_t i, std::int64_t j) {
        return DenseSum(RowOf(product.input, i), product.w[j], chain, leaf_ends);
      });
    };
    EXPECT_EQ(others(512, ends), 0) << leaves;
    EXPECT_GT(others(512, one_leaf), 19) << leaves;
    EXPECT_GT(others(kNoRuns, one_leaf), 19) << leaves;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, DenseContractTest,
                         testing::Values(DType::kF32, DType::kF16, DType::kBF16),
                         [](const auto& info) { return std::string(Name(info.param)); });

class QuantisedContractTest : public testing::TestWithParam<DType> {};

TEST_P(QuantisedContractTest, LeavesAndTheirTree) {
  for (int leaves : {1, 3, 4, 8}) {
    const std::vector<std::int64_t> ends = LeafEnds(2304, 32, leaves), one_leaf = {2304};
    const Product product = Multiply(GetParam(), 2, 2304, 19, ends);
    const auto others = [&](const std::vector<std::int64_t>& leaf_ends) {
      return CountOthers(product, [&](std::int64_t i, std::int64_t j) {
        return QuantisedSum(product.input, i, product.host, j, 0, leaf_ends);
      });
    };
    EXPECT_EQ(others(ends), 0) << leaves;
    EXPECT_EQ(others(one_leaf) > 19, leaves > 1) << leaves;
  }
}

TEST_P(QuantisedContractTest, AShareThatBeginsAndEndsInsideABlockOfTheFile) {
  const auto device = MakeDevice("cpu", {});
  const HostMatrix host = RandomWeight(GetParam(), 33, 768, 33);
  const auto weight = device->Load("w", host.view(), 96, 544);
  const Tensor x = InputFor(*device, *weight, LoadAll(*device, RandomFloats(34, 3 * 448), 448));
  const Tensor out = device->Allocate(DType::kF32, 3, 33);
  device->Linear(x.view(), *weight, out.view());
  const std::vector<std::int64_t> one_leaf = {448};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 33; ++j) {
      EXPECT_EQ(out.view().Row<float>(i)[j], QuantisedSum(x, i, host, j, 96, one_leaf));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, QuantisedContractTest,
                         testing::Values(DType::kQ8_0, DType::kQ4_0, DType::kQ4_K, DType::kQ6_K),
                         [](const auto& info) { return std::string(Name(info.param)); });

// What ranks with 1 to `leaves` leaves each add up is what one process does.
TEST(LeavesContractTest, NodesOfRanksAddUpToTheWholeTree) {
  const int leaves = 7, columns = 2304, features = 19;
  const auto device = MakeDevice("cpu", {});
  const std::vector<std::int64_t> ends = LeafEnds(columns, 32, leaves);
  for (DType dtype : {DType::kF16, DType::kQ4_K}) {
    const Product whole = Multiply(dtype, 2, columns, features, ends);
    const auto node_sum = [&](LeafRange node) {
      const std::int64_t begin = node.begin == 0 ? 0 : ends[node.begin - 1];
      std::vector<std::int64_t> own;
      for (int leaf = node.begin; leaf < node.end; ++leaf) own.push_back(ends[leaf] - begin);
      const auto weight = device->Load("w", whole.host.view(), begin, begin + own.back());
      std::vector<float> x = RandomFloats(32, 2 * columns), part;
      for (int i : {0, 1}) {
        const auto first = x.begin() + i * columns + begin;
        part.insert(part.end(), first, first + own.back());
      }
      const Tensor input = InputFor(*device, *weight, LoadAll(*device, part, own.back()));
      Tensor out = device->Allocate(DType::kF32, 2, features);
      LinearOptions options;
      options.leaf_ends = own;
      device->Linear(input.view(), *weight, out.view(), options);
      return out;
    };
    for (int cut = 0; cut <= leaves; ++cut) {  // two ranks
      std::map<int, Tensor> sums;
      for (LeafRange run : {LeafRange{0, cut}, LeafRange{cut, leaves}}) {
        for (LeafRange node : LeafNodes(leaves, run)) sums[node.begin] = node_sum(node);
      }
      for (const LeafAddition& addition : LeafTree(leaves)) {
        const auto right = sums.find(addition.right);
        if (right == sums.end()) continue;  // inside a node
        device->Add(right->second.view(), sums.at(addition.left).view());
        sums.erase(right);
      }
      EXPECT_EQ(BytesOf(sums.at(0)), BytesOf(whole.out)) << Name(dtype) << ", cut at " << cut;
    }
  }
}

TEST(AttentionContractTest, RunsOf256Positions) {
  const int positions = 705, dim = 24;
  const auto device = MakeDevice("cpu", {});
  const Tensor keys = LoadAll(*device, RandomFloats(35, positions * dim), dim);
  const Tensor values = LoadAll(*device, RandomFloats(36, positions * dim), dim);
  const Tensor q = LoadAll(*device, RandomFloats(37, dim, 4), dim);
  const Tensor out = device->Allocate(DType::kF32, 1, dim);
  const std::vector<KvSegment> segments = {{keys.Rows(0, 300), values.Rows(0, 300)},
                                           {keys.Rows(300, 405), values.Rows(300, 405)}};
  AttentionPaths paths;
  paths.StartRow();
  paths.Append({0, 0, 300});
  paths.Append({1, 0, 405});
  device->Attention(q.view(), segments, paths, {1, 1, dim, 0.3f}, out.view());

  std::vector<std::vector<float>> key_rows, value_rows;
  for (int p = 0; p < positions; ++p) {
    const std::span<const float> key = RowOf(keys, p), value = RowOf(values, p);
    key_rows.emplace_back(key.begin(), key.end());
    value_rows.emplace_back(value.begin(), value.end());
  }
  const std::vector<float> found = FloatsOf(out);
  EXPECT_EQ(found, AttentionHead(RowOf(q, 0), key_rows, value_rows, 0.3f, 256));
  EXPECT_NE(found, AttentionHead(RowOf(q, 0), key_rows, value_rows, 0.3f, kNoRuns));
}

float DeviceLogSumExp(const std::vector<float>& x) {
  const auto device = MakeDevice("cpu", {});
  float out = 0;
  device->LogSumExp(LoadAll(*device, x, std::ssize(x)).view(), {&out, 1});
  return out;
}

TEST(LogSumExpContractTest, RunsOf1024Columns) {
  const std::vector<float> rows = LongLogits();
  int others = 0;
  for (int row = 0; row < 5; ++row) {
    const auto first = rows.begin() + row * kLongLogits;
    const std::vector<float> x(first, first + kLongLogits);
    const float found = DeviceLogSumExp(x);
    EXPECT_EQ(found, LogSumExpOf(x, 1024)) << row;
    others += found != LogSumExpOf(x, kNoRuns);
  }
  EXPECT_GE(others, 3);
}

TEST(LogSumExpContractTest, MinusInfinityCountsNothing) {
  std::vector<float> x = RandomFloats(60, 3000, 12);
  const std::vector<float> middle(x.begin() + 1024, x.begin() + 2048);
  std::fill(x.begin(), x.begin() + 1024, -kInfinity);
  std::fill(x.begin() + 2048, x.end(), -kInfinity);
  EXPECT_EQ(DeviceLogSumExp(x), DeviceLogSumExp(middle));
  EXPECT_EQ(DeviceLogSumExp(std::vector<float>(3000, -kInfinity)), -kInfinity);
  x[2999] = NAN;
  EXPECT_TRUE(std::isnan(DeviceLogSumExp(x)));
}

}  // namespace
}  // namespace jupiter
