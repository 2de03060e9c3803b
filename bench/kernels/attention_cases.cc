// Attention after a context, and what moves KV rows. KV rows come from memory, as those of another
// layer, and so do rows that are appended; query rows are in a cache.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>

#include "bench/kernels/op_cases.h"

namespace jupiter {
namespace {

constexpr std::int64_t kContext = 1024;

// The KV rows of a layer.
class KvLayer {
 public:
  KvLayer(Workbench& bench, DType dtype, std::int64_t slots, std::int64_t width) {
    Device& device = bench.device();
    bench.CheckRoom(2 * slots * device.RowStride(dtype, width));
    keys_ = device.Allocate(dtype, slots, width);
    values_ = device.Allocate(dtype, slots, width);
    const std::int64_t rows = std::min<std::int64_t>(slots, 64);
    const auto fresh = bench.Rows(rows, width, 1);
    std::vector<std::int32_t> ids(static_cast<std::size_t>(rows));
    for (std::int64_t begin = 0; begin < slots; begin += rows) {
      const std::int64_t count = std::min(rows, slots - begin);
      std::iota(ids.begin(), ids.end(), static_cast<std::int32_t>(begin));
      device.KvAppend(fresh->at(0).Rows(0, count), fresh->at(0).Rows(0, count), segment(),
                      {ids.data(), static_cast<std::size_t>(count)});
    }
    bench.device().Finish();
  }
  KvSegment segment() const { return {keys_.view(), values_.view()}; }

 private:
  Tensor keys_;
  Tensor values_;
};

struct AttentionOperands {
  std::vector<std::unique_ptr<KvLayer>> layers;
  AttentionPaths paths;
  AttentionShape shape;
  std::shared_ptr<Operands> q;
  std::shared_ptr<Operands> out;
};

// A slice of a prompt, or one token: row i attends to the context and to rows 0 to i.
PreparedOp PrepareAttention(Workbench& bench, DType dtype, const ModelConfig& config,
                            std::int64_t rows) {
  auto all = std::make_shared<AttentionOperands>();
  const std::int64_t slots = kContext + rows;
  const int copies = bench.Copies(2 * slots * RowBytes(dtype, config.kv_width()));
  for (int i = 0; i < copies; ++i) {
    all->layers.push_back(std::make_unique<KvLayer>(bench, dtype, slots, config.kv_width()));
  }
  for (std::int64_t row = 0; row < rows; ++row) {
    all->paths.StartRow();
    all->paths.Append({0, 0, static_cast<std::int32_t>(kContext + row + 1)});
  }
  all->shape = {config.heads, config.kv_heads, config.head_dim,
                1 / std::sqrt(static_cast<float>(config.head_dim))};
  all->q = bench.Rows(rows, config.q_width(), 1);
  all->out = bench.Rows(rows, config.q_width(), 1);
  return {[&device = bench.device(), all](std::int64_t turn) {
            const auto layer = static_cast<std::size_t>(turn) % all->layers.size();
            const KvSegment segment = all->layers[layer]->segment();
            device.Attention(all->q->at(0), {&segment, 1}, all->paths, all->shape, all->out->at(0));
          },
          slots};
}

// `slots` [calls, rows]: of one call after the other.
std::vector<std::int32_t> SlotsFrom(std::int64_t first, std::int64_t count) {
  std::vector<std::int32_t> slots(static_cast<std::size_t>(count));
  std::iota(slots.begin(), slots.end(), static_cast<std::int32_t>(first));
  return slots;
}

PreparedOp PrepareAppend(Workbench& bench, DType dtype, std::int64_t width, std::int64_t rows) {
  const int copies =
      bench.Copies(2 * rows * (RowBytes(dtype, width) + RowBytes(DType::kF32, width)));
  const auto layer = std::make_shared<KvLayer>(bench, dtype, copies * rows, width);
  const auto x = bench.Rows(2 * rows, width, copies);
  const std::vector<std::int32_t> slots = SlotsFrom(0, copies * rows);
  return {[&device = bench.device(), layer, x, slots, rows, copies](std::int64_t turn) {
    const TensorView both = x->at(turn % copies);
    device.KvAppend(both.Rows(0, rows), both.Rows(rows, rows), layer->segment(),
                    {slots.data() + turn % copies * rows, static_cast<std::size_t>(rows)});
  }};
}

// As after a draft: rows move to the slots just before them.
PreparedOp PrepareMove(Workbench& bench, DType dtype, std::int64_t width, std::int64_t rows) {
  const int copies = bench.Copies(4 * rows * RowBytes(dtype, width));
  const auto layer = std::make_shared<KvLayer>(bench, dtype, 2 * copies * rows, width);
  const std::vector<std::int32_t> slots = SlotsFrom(0, 2 * copies * rows);
  return {[&device = bench.device(), layer, slots, rows, copies](std::int64_t turn) {
    const std::int32_t* to = slots.data() + 2 * (turn % copies) * rows;
    const auto count = static_cast<std::size_t>(rows);
    device.KvMove(layer->segment(), {to + rows, count}, {to, count});
  }};
}

}  // namespace

void AddAttentionCases(const BenchModel& model, OpCases& cases) {
  const ModelConfig& config = model.config;
  for (const DType dtype : {DType::kF32, DType::kF16}) {
    ForEachRows([&](std::int64_t rows) {
      cases.push_back({fmt::format("attention/{}/{}/context:{}/rows:{}", Name(dtype), model.name,
                                   kContext, rows),
                       [dtype, config, rows](Workbench& bench) {
                         return PrepareAttention(bench, dtype, config, rows);
                       }});
    });
    using Prepare = PreparedOp (*)(Workbench&, DType, std::int64_t, std::int64_t);
    const auto add = [&](std::string_view op, Prepare prepare) {
      ForEachRows([&](std::int64_t rows) {
        cases.push_back({CaseName(fmt::format("{}/{}", op, Name(dtype)), model, rows),
                         [=, width = config.kv_width()](Workbench& bench) {
                           return prepare(bench, dtype, width, rows);
                         }});
      });
    };
    add("kv_append", PrepareAppend);
    add("kv_move", PrepareMove);
  }
}

}  // namespace jupiter
