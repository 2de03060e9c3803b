#include "tests/kernels/op_cases.h"

#include <fmt/format.h>

#include <cstring>

#include "kernels/leaves.h"
#include "tests/kernels/test_inputs.h"

namespace jupiter {
namespace {

using Rows = std::vector<int>;
using Bytes = std::vector<std::byte>;

template <typename T>
Bytes AsBytes(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

struct LinearShape {
  int rows, columns, features;
  bool bias, accumulate;
  int leaves = 1;
  int begin = 0;     // columns [begin, begin + columns) of
  int of = columns;  // as many in the file
};

std::string NameOf(DType dtype, const LinearShape& shape) {
  std::string name =
      fmt::format("linear/{}/{}x{}x{}", Name(dtype), shape.rows, shape.columns, shape.features);
  if (shape.leaves > 1) name += fmt::format("/leaves{}", shape.leaves);
  if (shape.of != shape.columns) name += fmt::format("/from{}of{}", shape.begin, shape.of);
  return name;
}

OpCase LinearCase(DType dtype, const LinearShape& shape) {
  const auto run = [dtype, shape](Device& device, const Rows& which) {
    const HostMatrix host = RandomWeight(dtype, shape.features, shape.of, 1);
    const auto weight = device.Load("w", host.view(), shape.begin, shape.begin + shape.columns);
    const std::vector<std::int64_t> leaf_ends = LeafEnds(shape.columns, 32, shape.leaves);
    const Tensor x =
        LoadRows(device, RandomFloats(2, shape.rows * shape.columns), shape.columns, which);
    const Tensor out =
        LoadRows(device, RandomFloats(3, shape.rows * shape.features), shape.features, which);
    const Tensor bias = LoadAll(device, RandomFloats(4, shape.features), shape.features);
    device.Linear(InputFor(device, *weight, x).view(), *weight, out.view(),
                  {shape.bias ? &bias : nullptr, shape.accumulate, leaf_ends});
    return device.ReadBytes(out.view());
  };
  return {NameOf(dtype, shape), shape.rows, run};
}

OpCase EmbedCase(DType dtype) {
  return {fmt::format("embed/{}", Name(dtype)), 20, [dtype](Device& device, const Rows& which) {
            const HostMatrix host = RandomWeight(dtype, 20, 512, 5);
            const auto table = device.Load("table", host.view(), 256, 512);
            const Tensor out = device.Allocate(DType::kF32, std::ssize(which), 256);
            device.Embed(std::vector<std::int32_t>(which.begin(), which.end()), *table, out.view());
            return device.ReadBytes(out.view());
          }};
}

// An op from rows x [rows, columns] to rows of `out`.
using RowOp = std::function<Tensor(Device& device, const Tensor& x, const Rows& which)>;

OpCase RowCase(std::string name, int rows, int columns, float scale, RowOp op) {
  const auto run = [=](Device& device, const Rows& which) {
    const Tensor x = LoadRows(device, RandomFloats(6, rows * columns, scale), columns, which);
    return device.ReadBytes(op(device, x, which).view());
  };
  return {fmt::format("{}/{}x{}", name, rows, columns), rows, run};
}

Tensor Like(Device& device, const Tensor& x, DType dtype = DType::kF32) {
  return device.Allocate(dtype, x.rows(), x.columns());
}

OpCase RmsNormCase(int columns) {
  return RowCase("rms_norm", 5, columns, 3, [](Device& device, const Tensor& x, const Rows&) {
    const Tensor weight = LoadAll(device, RandomFloats(7, x.columns()), x.columns());
    Tensor out = Like(device, x);
    device.RmsNorm(x.view(), weight, 1e-5f, out.view());
    return out;
  });
}

OpCase SwiGluCase(int columns) {
  return RowCase("swiglu", 5, columns, 30, [](Device& device, const Tensor& x, const Rows& which) {
    const Tensor up = LoadRows(device, RandomFloats(8, 5 * x.columns()), x.columns(), which);
    Tensor out = Like(device, x);
    device.SwiGlu(x.view(), up.view(), out.view());
    return out;
  });
}

OpCase QuantiseCase() {
  return RowCase("quantise", 7, 96, 5, [](Device& device, const Tensor& x, const Rows&) {
    Tensor out = Like(device, x, DType::kAct8);
    device.Quantise(x.view(), out.view());
    return out;
  });
}

OpCase RopeCase(RopeStyle style) {
  const char* name = style == RopeStyle::kHalf ? "rope_half" : "rope_interleaved";
  return RowCase(name, 6, 72, 2, [style](Device& device, const Tensor& x, const Rows& which) {
    const Tensor table = LoadAll(device, RandomFloats(9, 6 * 24), 24);
    Tensor out = Like(device, x);
    device.Copy(x.view(), out.view());
    device.Rope(out.view(), std::vector<std::int32_t>(which.begin(), which.end()), table, style);
    return out;
  });
}

OpCase AddCase() {
  return RowCase("add", 4, 77, 2, [](Device& device, const Tensor& x, const Rows& which) {
    Tensor y = LoadRows(device, RandomFloats(10, 4 * 77), 77, which);
    device.Add(x.view(), y.view());
    return y;
  });
}

OpCase MessageCase(DType dtype) {
  const auto op = [dtype](Device& device, const Tensor& x, const Rows&) {
    HostMatrix message{dtype, x.rows(), x.columns(), {}};
    message.bytes.resize(static_cast<std::size_t>(x.rows() * RowBytes(dtype, x.columns())));
    Tensor out = Like(device, x);
    device.Export(x.view(), message.view());
    device.Import(message.view(), out.view());
    return out;
  };
  return RowCase(fmt::format("message_{}", Name(dtype)), 3, 160, 100, op);
}

OpCase KvAppendCase(DType dtype) {
  const auto op = [dtype](Device& device, const Tensor& x, const Rows&) {
    Tensor keys = Like(device, x, dtype);
    const Tensor values = Like(device, x, dtype);
    std::vector<std::int32_t> slots;
    for (int i = 0; i < x.rows(); ++i) slots.push_back(i);
    device.KvAppend(x.view(), x.view(), {keys.view(), values.view()}, slots);
    return keys;
  };
  return RowCase(fmt::format("kv_append_{}", Name(dtype)), 4, 88, 10, op);
}

OpCase LogSumExpCase(int columns, const std::vector<float>& values) {
  const auto run = [=](Device& device, const Rows& which) {
    const Tensor x = LoadRows(device, values, columns, which);
    std::vector<float> sums(which.size());
    device.LogSumExp(x.view(), sums);
    return AsBytes(sums);
  };
  return {fmt::format("log_sum_exp/5x{}", columns), 5, run};
}

OpCase TopKCase() {
  const auto run = [](Device& device, const Rows& which) {
    const Tensor x = LoadRows(device, RandomFloats(11, 4 * 301), 301, which);
    std::vector<std::int32_t> ids(which.size() * 7);
    std::vector<float> values(which.size() * 7);
    device.TopK(x.view(), 7, ids, values);
    return AsBytes(ids);
  };
  return {"top_k", 4, run};
}

OpCase ArgMaxCase(int columns) {
  const auto run = [columns](Device& device, const Rows& which) {
    const Tensor x = LoadRows(device, RandomFloats(12, 4 * columns), columns, which);
    std::vector<std::int32_t> ids(which.size());
    device.ArgMax(x.view(), ids);
    return AsBytes(ids);
  };
  return {columns == 301 ? "arg_max" : fmt::format("arg_max/4x{}", columns), 4, run};
}

// Segment and slot of each logical position.
std::vector<KvRun> PlacePositions(Placement placement, int count) {
  std::vector<KvRun> places;
  for (int p = 0; p < count; ++p) {
    switch (placement) {
      case Placement::kInOrder: places.push_back({0, p, 1}); break;
      case Placement::kReversed: places.push_back({0, count - 1 - p, 1}); break;
      case Placement::kTwoSegments: places.push_back({p % 3 == 2, p * 101 % count, 1}); break;
    }
  }
  return places;
}

// Attention of rows over `positions` that lie in two segments at `places`, with these paths.
Bytes RunAttention(Device& device, const AttentionCase& c, const std::vector<KvRun>& places,
                   const AttentionPaths& paths, const Rows& which) {
  const int positions = static_cast<int>(places.size()), kv_width = c.kv_heads * c.head_dim;
  std::vector<Tensor> memory;
  std::vector<KvSegment> segments;
  for (int i = 0; i < 4; ++i) memory.push_back(device.Allocate(c.kv_dtype, positions, kv_width));
  for (int i = 0; i < 2; ++i) segments.push_back({memory[2 * i].view(), memory[2 * i + 1].view()});
  const Tensor keys = LoadAll(device, RandomFloats(13, positions * kv_width), kv_width);
  const Tensor values = LoadAll(device, RandomFloats(14, positions * kv_width), kv_width);
  for (int p = 0; p < positions; ++p) {
    const std::vector<std::int32_t> slot = {places[p].begin};
    device.KvAppend(keys.Rows(p, 1), values.Rows(p, 1), segments[places[p].segment], slot);
  }
  const int width = c.heads * c.head_dim;
  const Tensor q = LoadRows(device, RandomFloats(15, c.rows * width, 4), width, which);
  const Tensor out = Like(device, q);
  device.Attention(q.view(), segments, paths, {c.heads, c.kv_heads, c.head_dim, 0.3f}, out.view());
  return device.ReadBytes(out.view());
}

Bytes RunSlice(Device& device, const AttentionCase& c, Placement placement, const Rows& which) {
  const std::vector<KvRun> places = PlacePositions(placement, c.context + c.rows);
  AttentionPaths paths;
  for (int row : which) {
    paths.StartRow();
    for (int p = 0; p < c.context + row; ++p) paths.Append(places[p]);
  }
  return RunAttention(device, c, places, paths, which);
}

// Rows are nodes of binary trees, one tree for each sequence, whose context comes before them: they
// attend to the context and their ancestors. Contexts get shorter from one sequence to the next.
Bytes RunTrees(Device& device, const AttentionCase& c, int sequences, const Rows& which) {
  const int nodes = c.rows / sequences;
  const std::vector<KvRun> places =
      PlacePositions(Placement::kInOrder, sequences * c.context + c.rows);
  AttentionPaths paths;
  for (int row : which) {
    const int sequence = row / nodes, node = row % nodes;
    paths.StartRow();
    for (int p = 0; p < c.context - 10 * sequence; ++p) {
      paths.Append(places[sequence * c.context + p]);
    }
    std::vector<int> ancestors = {node};
    while (ancestors.back() > 0) ancestors.push_back((ancestors.back() - 1) / 2);
    for (auto it = ancestors.rbegin(); it != ancestors.rend(); ++it) {
      paths.Append(places[sequences * c.context + sequence * nodes + *it]);
    }
  }
  return RunAttention(device, c, places, paths, which);
}

std::string NameOf(const AttentionCase& c) {
  return fmt::format("attention/{}/{}h{}k{}d/{}+{}", Name(c.kv_dtype), c.heads, c.kv_heads,
                     c.head_dim, c.context, c.rows);
}

OpCase TreesCase(const AttentionCase& c, int sequences) {
  return {fmt::format("{}/trees{}", NameOf(c), sequences), c.rows,
          [=](Device& device, const Rows& which) { return RunTrees(device, c, sequences, which); }};
}

}  // namespace

std::vector<float> LongLogits() {
  std::vector<float> x = RandomFloats(16, 5 * kLongLogits);
  for (float& value : x) value -= 8.25f;
  return x;
}

OpCase MakeAttentionCase(const AttentionCase& c, Placement placement) {
  const std::string name = NameOf(c) + (placement == Placement::kInOrder ? "" : "/placed");
  return {name, c.rows,
          [=](Device& device, const Rows& which) { return RunSlice(device, c, placement, which); }};
}

namespace {

void AddWeightCases(std::vector<OpCase>& cases) {
  for (DType dtype : kWeightTypes) {
    cases.push_back(LinearCase(dtype, {67, 256, 40, false, false}));
    cases.push_back(LinearCase(dtype, {13, 512, 172, true, true}));
    // Leaves of 576 columns, one chain and a bit of a second one, and of 288, which cut K types.
    cases.push_back(LinearCase(dtype, {5, 2304, 40, true, true, 4}));
    cases.push_back(LinearCase(dtype, {5, 2304, 40, false, false, 8}));
    // Numbers of rows that a device may have other kernels for.
    cases.push_back(LinearCase(dtype, {1, 2304, 65, true, false}));
    cases.push_back(LinearCase(dtype, {2, 2304, 65, false, true}));
    cases.push_back(LinearCase(dtype, {3, 256, 65, false, false}));
    cases.push_back(LinearCase(dtype, {130, 256, 24, true, true}));
    cases.push_back(EmbedCase(dtype));
  }
  for (DType dtype : {DType::kQ4_K, DType::kQ6_K}) {
    cases.push_back(LinearCase(dtype, {7, 448, 33, false, false, 1, 96, 768}));
  }
  for (DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    cases.push_back(LinearCase(dtype, {9, 172, 65, true, false}));
    cases.push_back(LinearCase(dtype, {9, 1100, 65, true, false}));
    cases.push_back(LinearCase(dtype, {33, 516, 72, false, true}));
  }
  cases.push_back(LinearCase(DType::kF16, {33, 520, 520, false, true}));
  for (DType dtype : {DType::kQ8_0, DType::kQ4_0}) {
    cases.push_back(LinearCase(dtype, {8, 96, 16, false, true}));
    cases.push_back(LinearCase(dtype, {130, 288, 40, false, false}));
  }
}

void AddAttentionCases(std::vector<OpCase>& cases) {
  for (DType dtype : {DType::kF32, DType::kF16}) {
    cases.push_back(MakeAttentionCase({8, 4, 64, dtype, 33, 6}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({8, 4, 8, dtype, 1, 20}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({7, 1, 80, dtype, 15, 3}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({12, 1, 22, dtype, 16, 3}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({2, 2, 128, dtype, 200, 2}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({8, 4, 64, dtype, 704, 2}, Placement::kTwoSegments));
    // Slices that cross a run of positions, of one row more than a tile, and trees.
    cases.push_back(MakeAttentionCase({2, 1, 64, dtype, 210, 65}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({1, 1, 128, dtype, 200, 70}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({1, 1, 22, dtype, 200, 65}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({2, 1, 96, dtype, 250, 17}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({2, 1, 256, dtype, 250, 9}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({1, 1, 250, dtype, 250, 3}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({4, 2, 128, dtype, 530, 1}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({1, 1, 80, dtype, 2070, 1}, Placement::kInOrder));
    cases.push_back(MakeAttentionCase({1, 1, 24, dtype, 1900, 1}, Placement::kTwoSegments));
    cases.push_back(TreesCase({4, 2, 64, dtype, 270, 15}, 1));
    cases.push_back(TreesCase({2, 2, 128, dtype, 530, 40}, 2));
    cases.push_back(TreesCase({2, 2, 80, dtype, 300, 66}, 1));
    cases.push_back(KvAppendCase(dtype));
  }
}

}  // namespace

std::vector<OpCase> AllOpCases() {
  std::vector<OpCase> cases;
  AddWeightCases(cases);
  AddAttentionCases(cases);
  for (int columns : {1, 15, 16, 33, 288}) {
    cases.push_back(RmsNormCase(columns));
    cases.push_back(SwiGluCase(columns));
    cases.push_back(LogSumExpCase(columns, RandomFloats(6, 5 * columns, 12)));
  }
  for (int columns : {5120, 8196, 8203}) cases.push_back(RmsNormCase(columns));
  cases.push_back(LogSumExpCase(kLongLogits, LongLogits()));
  for (DType dtype : {DType::kF32, DType::kF16, DType::kQ8_0}) cases.push_back(MessageCase(dtype));
  for (RopeStyle style : {RopeStyle::kHalf, RopeStyle::kInterleaved}) {
    cases.push_back(RopeCase(style));
  }
  cases.push_back(QuantiseCase());
  cases.push_back(AddCase());
  cases.push_back(TopKCase());
  for (int columns : {301, 9000}) cases.push_back(ArgMaxCase(columns));
  return cases;
}

}  // namespace jupiter
