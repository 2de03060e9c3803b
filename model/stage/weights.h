// The weights of one layer, or of the ends of a model, on a device.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kernels/device.h"
#include "model/checkpoint/checkpoint.h"
#include "model/config/model_shape.h"

namespace jupiter {

// The part of a layer one rank computes under tensor parallelism: whole KV heads with their query
// heads, and columns of the feed-forward block.
struct LayerShare {
  int kv_head_begin = 0;
  int kv_head_end = 0;
  int ffn_begin = 0;
  int ffn_end = 0;

  static LayerShare Whole(const ModelConfig& config) { return {0, config.kv_heads, 0, config.ffn}; }
  int kv_heads() const { return kv_head_end - kv_head_begin; }
  int ffn() const { return ffn_end - ffn_begin; }
};

// What a share has of a tensor of a layer (by canonical name): rows of wq, wk, wv, w_gate and w_up,
// columns of wo and w_down, entries of biases; everything else whole.
Shard ShardOf(const ModelConfig& config, const TensorInfo& info, const LayerShare& share);

struct LayerWeights {
  Tensor attn_norm;  // [1, hidden]
  Tensor mlp_norm;   // [1, hidden]
  // Null where the share is empty.
  std::unique_ptr<Weight> wq;            // [heads*head_dim, hidden]     of the share
  std::unique_ptr<Weight> wk, wv;        // [kv_heads*head_dim, hidden]  of the share
  std::unique_ptr<Weight> wo;            // [hidden, heads*head_dim]     columns of the share
  std::unique_ptr<Weight> w_gate, w_up;  // [ffn, hidden]          of the share
  std::unique_ptr<Weight> w_down;        // [hidden, ffn]          columns of the share
  std::optional<Tensor> bq, bk, bv;      // [1, ...]               where the model has biases
};

// The type a tensor will have on the device. `quantise` (q8_0 or q4_0) applies to dense matrices
// whose columns are whole blocks of 32. Others, norms, and an embedding table that is not also the
// head stay as they are.
DType LoadedType(const ModelConfig& config, const TensorInfo& info, std::optional<DType> quantise);
// Throws UserError where --quantize would change no tensor of the model: it takes dense ones alone.
void CheckQuantises(const Checkpoint& checkpoint, std::optional<DType> quantise);

// Bytes of a share of a tensor on the device: of a matrix in the device's own layout, of a vector
// as f32.
std::int64_t DeviceBytes(const Device& device, DType dtype, const TensorInfo& info,
                         const Shard& shard);
// Extra memory while a tensor is loaded as `dtype`: the tensor as it was made, if it is not mapped,
// and its quantised copy. The system may take pages of a mapped file back, so they do not count,
// except where layers are streamed to stay within a budget.
std::int64_t LoadingBytes(const Checkpoint& checkpoint, const TensorInfo& info, DType dtype,
                          bool streamed = false);

// The shape of the model as it will be loaded: what plans compute from.
ModelShape ShapeOf(const Checkpoint& checkpoint, std::optional<DType> quantise, DType kv);

// Reads weights of one checkpoint onto one device.
class WeightLoader {
 public:
  WeightLoader(Device& device, Checkpoint& checkpoint, std::optional<DType> quantise)
      : device_(device), checkpoint_(checkpoint), quantise_(quantise) {}

  LayerWeights LoadLayer(int layer, const LayerShare& share);
  std::unique_ptr<Weight> LoadEmbedding();
  // The output matrix; with a tied head the same numbers as LoadEmbedding.
  std::unique_ptr<Weight> LoadHead();
  Tensor LoadFinalNorm() { return LoadDense("final_norm"); }

  // Any other tensor of the checkpoint: a vector, and a matrix with all its rows and columns.
  Tensor LoadDense(const std::string& name);
  std::unique_ptr<Weight> LoadWhole(const std::string& name, MatrixRole role);

 private:
  void LoadAttention(const std::string& prefix, const LayerShare& share, LayerWeights& weights);
  void LoadMlp(const std::string& prefix, const LayerShare& share, LayerWeights& weights);
  // Host rows of a share in the type the device will hold; null data for a device that computes
  // nothing.
  HostTensor Read(const TensorInfo& info, DType dtype, const Shard& share);
  Tensor LoadDenseColumns(const std::string& name, std::int64_t begin, std::int64_t end);
  std::unique_ptr<Weight> LoadMatrix(const std::string& name, MatrixRole role, const Shard& shard);

  Device& device_;
  Checkpoint& checkpoint_;
  std::optional<DType> quantise_;
};

}  // namespace jupiter
