// Dense weights to q8_0 or q4_0 blocks at load.
#pragma once

#include "kernels/base/tensor.h"
#include "model/checkpoint/checkpoint.h"

namespace jupiter {

// Rounds dense host rows (f32, f16, bf16) to blocks of 32: q8_0 scale max|w| / 127; q4_0 scale the
// element of largest magnitude / -8, as GGUF files hold them. The same bits on every processor.
HostTensor QuantiseRows(const ConstTensorView& dense, DType dtype);

}  // namespace jupiter
