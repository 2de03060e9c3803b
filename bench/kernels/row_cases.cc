// Ops on rows of activations, each with all its rows from memory.
#include <memory>
#include <utility>

#include "bench/kernels/op_cases.h"
#include "model/stage/rope_table.h"

namespace jupiter {
namespace {

// An op that reads or writes `tensors` tensors [rows, columns].
using RowOp = std::function<void(Device& device, const std::vector<TensorView>& tensors)>;

PreparedOp PrepareRows(Workbench& bench, std::int64_t rows, std::int64_t columns, int tensors,
                       const RowOp& op) {
  const int copies = bench.Copies(tensors * rows * RowBytes(DType::kF32, columns));
  std::vector<std::shared_ptr<Operands>> operands;
  for (int i = 0; i < tensors; ++i) operands.push_back(bench.Rows(rows, columns, copies));
  return {[&device = bench.device(), operands, copies, op](std::int64_t turn) {
    std::vector<TensorView> views;
    for (const auto& operand : operands) views.push_back(operand->at(turn % copies));
    op(device, views);
  }};
}

PreparedOp PrepareNorm(Workbench& bench, const ModelConfig& config, std::int64_t rows) {
  const auto weight =
      std::make_shared<Tensor>(bench.device().Allocate(DType::kF32, 1, config.hidden));
  return PrepareRows(bench, rows, config.hidden, 2,
                     [weight, epsilon = config.norm_epsilon](Device& device, const auto& x) {
                       device.RmsNorm(x[0], *weight, epsilon, x[1]);
                     });
}

PreparedOp PrepareRope(Workbench& bench, const ModelConfig& config, std::int64_t rows) {
  const auto table =
      std::make_shared<Tensor>(MakeRopeTable(bench.device(), config, static_cast<int>(rows)));
  std::vector<std::int32_t> positions;
  for (std::int32_t row = 0; row < rows; ++row) positions.push_back(row);
  return PrepareRows(bench, rows, config.q_width(), 1,
                     [table, positions, style = config.rope_style](Device& device, const auto& x) {
                       device.Rope(x[0], positions, *table, style);
                     });
}

PreparedOp PrepareQuantise(Workbench& bench, std::int64_t columns, std::int64_t rows) {
  const int copies =
      bench.Copies(rows * (RowBytes(DType::kF32, columns) + RowBytes(DType::kAct8, columns)));
  const auto x = bench.Rows(rows, columns, copies);
  const auto out = bench.Act8Rows(rows, columns, copies);
  return {[&device = bench.device(), x, out, copies](std::int64_t turn) {
    device.Quantise(x->at(turn % copies), out->at(turn % copies));
  }};
}

}  // namespace

void AddRowCases(const BenchModel& model, OpCases& cases) {
  const ModelConfig& config = model.config;
  const auto add = [&](std::string_view op,
                       const std::function<PreparedOp(Workbench&, std::int64_t)>& prepare) {
    ForEachRows([&](std::int64_t rows) {
      cases.push_back({CaseName(op, model, rows),
                       [prepare, rows](Workbench& bench) { return prepare(bench, rows); }});
    });
  };
  const auto add_plain = [&](std::string_view op, std::int64_t columns, int tensors,
                             const RowOp& run) {
    add(op, [=](Workbench& bench, std::int64_t rows) {
      return PrepareRows(bench, rows, columns, tensors, run);
    });
  };
  add("rms_norm",
      [config](Workbench& bench, std::int64_t rows) { return PrepareNorm(bench, config, rows); });
  for (const auto& [op, columns] :
       {std::pair{"quantise/hidden", config.hidden}, std::pair{"quantise/ffn", config.ffn}}) {
    add(op, [columns = columns](Workbench& bench, std::int64_t rows) {
      return PrepareQuantise(bench, columns, rows);
    });
  }
  add("rope",
      [config](Workbench& bench, std::int64_t rows) { return PrepareRope(bench, config, rows); });
  add_plain("swiglu", config.ffn, 3,
            [](Device& device, const auto& x) { device.SwiGlu(x[0], x[1], x[2]); });
  add_plain("add", config.hidden, 2, [](Device& device, const auto& x) { device.Add(x[0], x[1]); });
  add_plain("copy", config.hidden, 2,
            [](Device& device, const auto& x) { device.Copy(x[0], x[1]); });
}

}  // namespace jupiter
