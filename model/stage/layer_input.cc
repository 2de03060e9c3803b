#include "model/stage/layer_input.h"

#include <utility>

namespace jupiter {

ConstTensorView LayerInput::ConvertFor(Device& device, const Weight& weight) {
  if (weight.input_dtype() == DType::kF32) return dense_;
  const TensorView act = act_.Rows(rows_.begin, rows_.count());
  if (!std::exchange(quantised_, true)) device.Quantise(dense_, act);
  return act;
}

}  // namespace jupiter
