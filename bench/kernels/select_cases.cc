// Ops that choose from rows of logits.
#include <fmt/format.h>

#include <memory>
#include <span>

#include "bench/kernels/op_cases.h"

namespace jupiter {
namespace {

constexpr int kTopK = 40;

// `op`: on a row of logits each; `ids` and `values` have room for kTopK of each row.
using SelectOp = std::function<void(Device& device, ConstTensorView logits,
                                    std::span<std::int32_t> ids, std::span<float> values)>;

struct Selection {
  std::shared_ptr<Operands> logits;
  std::vector<std::int32_t> ids;
  std::vector<float> values;
};

PreparedOp PrepareSelect(Workbench& bench, std::int64_t vocab, std::int64_t rows,
                         const SelectOp& op) {
  const int copies = bench.Copies(rows * RowBytes(DType::kF32, vocab));
  auto all = std::make_shared<Selection>();
  all->logits = bench.Rows(rows, vocab, copies);
  all->ids.resize(static_cast<std::size_t>(rows * kTopK));
  all->values.resize(all->ids.size());
  return {[&device = bench.device(), all, copies, op](std::int64_t turn) {
    op(device, all->logits->at(turn % copies), all->ids, all->values);
  }};
}

}  // namespace

void AddSelectCases(const BenchModel& model, OpCases& cases) {
  const auto add = [&](const std::string& op, const SelectOp& run) {
    ForEachRows([&](std::int64_t rows) {
      cases.push_back(
          {CaseName(op, model, rows), [=, vocab = model.config.vocab](Workbench& bench) {
             return PrepareSelect(bench, vocab, rows, run);
           }});
    });
  };
  add("argmax", [](Device& device, ConstTensorView logits, auto ids, auto) {
    device.ArgMax(logits, ids.first(static_cast<std::size_t>(logits.rows)));
  });
  add(fmt::format("top_k/k:{}", kTopK),
      [](Device& device, ConstTensorView logits, auto ids, auto values) {
        device.TopK(logits, kTopK, ids, values);
      });
  add("log_sum_exp", [](Device& device, ConstTensorView logits, auto, auto values) {
    device.LogSumExp(logits, values.first(static_cast<std::size_t>(logits.rows)));
  });
}

}  // namespace jupiter
