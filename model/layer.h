// One transformer layer, whole or one rank's share of it, as its two blocks.
//
// A pipeline stage accumulates each block into the residual stream; tensor parallel strategies take
// a block's partial sums and reduce them over ranks in between.
#pragma once

#include <span>

#include "kernels/device.h"
#include "model/batch_layout.h"
#include "model/config.h"
#include "model/weights.h"
#include "model/workspace.h"

namespace jupiter {

// An activation that is quantised when, and only when, some weight asks for it, and then once.
class LayerInput {
 public:
  LayerInput(ConstTensorView dense, const Tensor& act) : dense_(dense), act_(act) {}
  ConstTensorView For(Device& device, const Weight& weight);

 private:
  ConstTensorView dense_;
  const Tensor& act_;
  bool quantised_ = false;
};

class Layer {
 public:
  // `index` counts the layers of a KvCache.
  Layer(const ModelConfig& config, LayerWeights weights, const LayerShare& share, int index);

  static LayerWidths Widths(const ModelConfig& config, const LayerShare& share);

  // out (+)= wo(attention(attn_norm(x))), appending keys and values.   x, out [rows, hidden]
  void AttentionBlock(Device& device, Workspace& workspace, const BatchLayout& layout,
                      const Tensor& rope_table, ConstTensorView x, TensorView out,
                      bool accumulate) const;
  // out (+)= w_down(silu(w_gate(n)) * w_up(n)) with n = mlp_norm(x).     x, out [rows, hidden]
  void MlpBlock(Device& device, Workspace& workspace, ConstTensorView x, TensorView out,
                bool accumulate) const;

 private:
  void AppendKv(Device& device, const Workspace& workspace, const BatchLayout& layout) const;
  void Attend(Device& device, const Workspace& workspace, const BatchLayout& layout) const;

  const ModelConfig& config_;
  LayerWeights weights_;
  AttentionShape shape_;
  int index_ = 0;
};

}  // namespace jupiter
