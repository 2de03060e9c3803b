// An activation that is quantised when, and only when, some weight asks for it, and then once.
#pragma once

#include "kernels/device.h"
#include "model/batch/row_range.h"

namespace jupiter {

// Whether rows of so many columns can be quantised.
inline bool HasAct(std::int64_t columns) { return columns % BlockColumns(DType::kAct8) == 0; }

class LayerInput {
 public:
  // Rows of an f32 buffer and of the kAct8 buffer beside it.
  LayerInput(const Tensor& dense, const Tensor& act, RowRange rows)
      : LayerInput(dense.Rows(rows.begin, rows.count()), act, rows) {}
  // Any f32 rows, and as many of a kAct8 buffer.
  LayerInput(ConstTensorView dense, const Tensor& act, RowRange rows)
      : dense_(dense), act_(act), rows_(rows) {}
  // In the type that the weight takes; quantises at the first one that takes kAct8.
  ConstTensorView ConvertFor(Device& device, const Weight& weight);

 private:
  ConstTensorView dense_;
  const Tensor& act_;
  RowRange rows_;
  bool quantised_ = false;
};

}  // namespace jupiter
