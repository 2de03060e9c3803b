// Hidden rows to messages and back. Rows and messages come from memory: a message is far larger in
// time than an op, so nothing of it is left in a cache.
#include <fmt/format.h>

#include <cstddef>
#include <memory>

#include "bench/kernels/op_cases.h"

namespace jupiter {
namespace {

// Messages of one size in host memory.
class Messages {
 public:
  Messages(DType dtype, std::int64_t rows, std::int64_t columns, int count)
      : dtype_(dtype),
        rows_(rows),
        columns_(columns),
        bytes_(static_cast<std::size_t>(count * rows * RowBytes(dtype, columns))) {}
  TensorView at(std::int64_t which) {
    const std::int64_t row_bytes = RowBytes(dtype_, columns_);
    return {bytes_.data() + which * rows_ * row_bytes, dtype_, rows_, columns_, row_bytes};
  }

 private:
  DType dtype_;
  std::int64_t rows_;
  std::int64_t columns_;
  std::vector<std::byte> bytes_;
};

PreparedOp PrepareMessages(Workbench& bench, DType wire, std::int64_t columns, std::int64_t rows,
                           bool imports) {
  const std::int64_t row_bytes = RowBytes(DType::kF32, columns) + RowBytes(wire, columns);
  const int copies = bench.Copies(rows * row_bytes);
  bench.CheckRoom(copies * rows * row_bytes);
  const auto x = bench.Rows(rows, columns, copies);
  const auto messages = std::make_shared<Messages>(wire, rows, columns, copies);
  Device& device = bench.device();
  // What is imported must be numbers.
  for (int i = 0; i < copies; ++i) device.Export(x->at(i), messages->at(i));
  return {[&device, x, messages, copies, imports](std::int64_t turn) {
    const std::int64_t copy = turn % copies;
    if (imports) {
      device.Import(messages->at(copy), x->at(copy));
    } else {
      device.Export(x->at(copy), messages->at(copy));
    }
  }};
}

PreparedOp PrepareRound(Workbench& bench, DType wire, std::int64_t columns, std::int64_t rows) {
  const int copies = bench.Copies(rows * RowBytes(DType::kF32, columns));
  const auto x = bench.Rows(rows, columns, copies);
  return {[&device = bench.device(), x, wire, copies](std::int64_t turn) {
    device.Round(x->at(turn % copies), wire);
  }};
}

}  // namespace

void AddMessageCases(const BenchModel& model, OpCases& cases) {
  const std::int64_t columns = model.config.hidden;
  for (const DType wire : {DType::kF32, DType::kF16, DType::kQ8_0}) {
    const auto add = [&](std::string_view op,
                         const std::function<PreparedOp(Workbench&, std::int64_t)>& prepare) {
      ForEachRows([&](std::int64_t rows) {
        cases.push_back({CaseName(fmt::format("{}/{}", op, Name(wire)), model, rows),
                         [=](Workbench& bench) { return prepare(bench, rows); }});
      });
    };
    for (const bool imports : {false, true}) {
      add(imports ? "import" : "export", [=](Workbench& bench, std::int64_t rows) {
        return PrepareMessages(bench, wire, columns, rows, imports);
      });
    }
    // Rounding to f32 does nothing.
    if (wire == DType::kF32) continue;
    add("round", [=](Workbench& bench, std::int64_t rows) {
      return PrepareRound(bench, wire, columns, rows);
    });
  }
}

}  // namespace jupiter
