#include "model/stage/workspace.h"

namespace jupiter {
namespace {

bool IsWholeBlocks(std::int64_t width) { return width % BlockColumns(DType::kAct8) == 0; }

Tensor AllocateAct(Device& device, std::int64_t rows, std::int64_t width) {
  return IsWholeBlocks(width) ? device.Allocate(DType::kAct8, rows, width) : Tensor();
}

std::int64_t ActBytes(std::int64_t width) {
  return IsWholeBlocks(width) ? RowBytes(DType::kAct8, width) : 0;
}

}  // namespace

Workspace::Workspace(Device& device, const LayerWidths& widths, std::int64_t rows)
    : rows(rows),
      residual(device.Allocate(DType::kF32, rows, widths.hidden)),
      normed(device.Allocate(DType::kF32, rows, widths.hidden)),
      q(device.Allocate(DType::kF32, rows, widths.q)),
      k(device.Allocate(DType::kF32, rows, widths.kv)),
      v(device.Allocate(DType::kF32, rows, widths.kv)),
      attended(device.Allocate(DType::kF32, rows, widths.q)),
      gate(device.Allocate(DType::kF32, rows, widths.ffn)),
      up(device.Allocate(DType::kF32, rows, widths.ffn)),
      normed_act(AllocateAct(device, rows, widths.hidden)),
      attended_act(AllocateAct(device, rows, widths.q)),
      gate_act(AllocateAct(device, rows, widths.ffn)) {}

std::int64_t Workspace::Bytes(const LayerWidths& widths, std::int64_t rows) {
  const std::int64_t dense = 2 * widths.hidden + 2 * widths.q + 2 * widths.kv + 2 * widths.ffn;
  return rows * (RowBytes(DType::kF32, dense) + ActBytes(widths.hidden) + ActBytes(widths.q) +
                 ActBytes(widths.ffn));
}

}  // namespace jupiter
