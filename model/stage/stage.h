// A piece of the model on one device: a range of layers, whole or one rank's share of each,
// optionally the embedding before them and the output head after them.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/device.h"
#include "model/batch/batch_layout.h"
#include "model/stage/layer_store.h"
#include "model/stage/stage_options.h"
#include "model/stage/workspace.h"

namespace jupiter {

// Bytes of one stage, known before anything is allocated.
struct StageMemory {
  std::int64_t weights = 0;      // of layers that are read again, only the largest
  std::int64_t kv = 0;           // of kv_positions
  std::int64_t activations = 0;  // workspace, logits, rotary table
  std::int64_t loading = 0;      // at most, beside the others, while weights are read and quantised
  // The part of the weights that does not stay: see StageOptions::resident_layers.
  int streamed_layers = 0;
  std::int64_t pass_bytes = 0;  // of the checkpoint, read again for every batch
  std::int64_t total() const { return weights + kv + activations + loading; }
};
StageMemory PlanStageMemory(const Device& device, Checkpoint& checkpoint,
                            const StageOptions& options);

class Stage {
 public:
  // Loads the weights. Throws UserError for weights that cannot be used. The checkpoint outlives
  // the stage, which may read it again.
  Stage(Device& device, Checkpoint& checkpoint, const StageOptions& options);

  // Where a stage without embedding takes its input rows.   [rows, hidden]
  TensorView Input(std::int64_t rows) const { return workspace_.residual.Rows(0, rows); }
  // Opens sequences, settles provisional rows, computes the layers, closes sequences. Returns the
  // residual stream [rows, hidden], valid until the next call; without embedding it starts from
  // Input. A dropped batch gives no rows.
  TensorView Forward(const Batch& batch);
  // Frees the KV rows of all sequences.
  void CloseAll() { caches_.clear(); }

  // Forward in steps, for strategies whose ranks compute shares of layers.
  //
  // Opens sequences and settles provisional rows; the layout is valid until the next call.
  const BatchLayout& Begin(const Batch& batch);
  // workspace().residual = the embedding of these rows.
  void Embed(RowRange rows);
  // Rounds x as the residual stream is rounded at a boundary, see StageOptions::rounding.
  void Round(int boundary, TensorView x);
  // Closes sequences.
  void Finish(const Batch& batch);
  int layers() const { return options_.layers(); }
  // See LayerStore::Fetch.
  const Layer& FetchLayer(int index) { return layers_.Fetch(index); }
  Workspace& workspace() { return workspace_; }
  const Tensor& rope_table() const { return rope_table_; }
  // Computes the logits [head rows, vocab] of the last Forward's batch, valid until the next call.
  // Head stages only.
  ConstTensorView ComputeLogits();
  // What draft heads need, at head stages only: the rows that ComputeLogits multiplied, which are
  // those after the final norm [head rows, hidden], valid as long as its result; and the output
  // matrix.
  ConstTensorView HeadInput() const;
  const std::shared_ptr<Weight>& head() const { return head_; }

  Device& device() const { return device_; }
  const StageOptions& options() const { return options_; }

 private:
  void Open(const SequenceOpening& opening);
  void Compute(TensorView x);

  Device& device_;
  const ModelConfig& config_;
  StageOptions options_;
  std::shared_ptr<Weight> embedding_;
  LayerStore layers_;
  Tensor final_norm_;             // [1, hidden]
  std::shared_ptr<Weight> head_;  // the embedding itself when tied and both are here
  Tensor rope_table_;             // [max_positions, head_dim]
  Workspace workspace_;
  Tensor head_input_;  // [max_head_rows, hidden]
  Tensor head_act_;    // the same as kAct8, where the width allows
  Tensor logits_;      // [max_head_rows, vocab]
  KvCaches caches_;
  BatchLayout layout_;  // of the last batch
};

}  // namespace jupiter
