// One transformer layer, whole or one rank's share of it, as its two blocks.
//
// A pipeline stage accumulates each block into the residual stream; tensor parallel strategies take
// a block's partial sums and reduce them over ranks in between.
#pragma once

#include "kernels/device.h"
#include "model/batch/batch_layout.h"
#include "model/batch/row_range.h"
#include "model/config/config.h"
#include "model/stage/weights.h"
#include "model/stage/workspace.h"

namespace jupiter {

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

  // The same blocks in steps, for strategies that put messages between them or take rows in tiles.
  // Each reads and writes rows `rows` of the workspace's buffers; x, out [rows.count(), hidden].
  //
  // workspace.normed = attn_norm(x), or mlp_norm(x)
  void NormForAttention(Device& device, Workspace& workspace, RowRange rows,
                        ConstTensorView x) const;
  void NormForMlp(Device& device, Workspace& workspace, RowRange rows, ConstTensorView x) const;
  // workspace.q, k, v from workspace.normed, without the rotation.
  void ProjectQkv(Device& device, Workspace& workspace, RowRange rows) const;
  void Rotate(Device& device, Workspace& workspace, const BatchLayout& layout,
              const Tensor& rope_table, RowRange rows) const;
  // All rows of the batch: their keys and values become part of the sequences.
  void AppendKv(Device& device, const Workspace& workspace, const BatchLayout& layout) const;
  // workspace.attended from workspace.q and all keys and values on the rows' paths.
  void Attend(Device& device, const Workspace& workspace, const BatchLayout& layout,
              RowRange rows) const;
  // out (+)= wo(workspace.attended)
  void ProjectOut(Device& device, Workspace& workspace, RowRange rows, TensorView out,
                  bool accumulate) const;
  // workspace.gate = silu(w_gate(n)) * w_up(n) with n = workspace.normed
  void GateUp(Device& device, Workspace& workspace, RowRange rows) const;
  // out (+)= w_down(workspace.gate)
  void Down(Device& device, Workspace& workspace, RowRange rows, TensorView out,
            bool accumulate) const;

 private:
  const ModelConfig& config_;
  LayerWeights weights_;
  AttentionShape shape_;
  int index_ = 0;
};

}  // namespace jupiter
