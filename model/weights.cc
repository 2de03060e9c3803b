#include "model/weights.h"

#include "kernels/base/check.h"
#include "kernels/block_formats.h"
#include "model/quantise.h"

namespace jupiter {

DType LoadedType(const ModelConfig& config, const TensorInfo& info, std::optional<DType> quantise) {
  const bool table_only = info.name == "embed" && !config.tied_head;
  if (!quantise || IsQuantised(info.dtype) || info.rows == 1 || table_only) return info.dtype;
  return info.columns % BlockColumns(*quantise) == 0 ? *quantise : info.dtype;
}

namespace {

HostTensor QuantiseNamed(const std::string& name, const ConstTensorView& dense, DType dtype) {
  try {
    return QuantiseRows(dense, dtype);
  } catch (const UserError& error) {
    FailUser("{}: {}", name, error.what());
  }
}

}  // namespace

ModelShape ShapeOf(const Checkpoint& checkpoint, std::optional<DType> quantise, DType kv) {
  ModelShape shape;
  shape.config = checkpoint.config();
  shape.kv = kv;
  const auto type = [&](const std::string& name) {
    return LoadedType(shape.config, checkpoint.Info(name), quantise);
  };
  for (int layer = 0; layer < shape.config.layers; ++layer) {
    const std::string prefix = fmt::format("layers.{}.", layer);
    shape.layers.push_back({type(prefix + "wq"), type(prefix + "wk"), type(prefix + "wv"),
                            type(prefix + "wo"), type(prefix + "w_gate"), type(prefix + "w_up"),
                            type(prefix + "w_down")});
  }
  shape.embedding = type("embed");
  shape.head = shape.config.tied_head ? shape.embedding : type("head");
  return shape;
}

HostTensor WeightLoader::Read(const TensorInfo& info, DType dtype, const Shard& share) {
  if (!device_.holds_data()) {
    const std::int64_t row_bytes = RowBytes(dtype, info.columns);
    return {{nullptr, dtype, share.rows(), info.columns, row_bytes}, nullptr};
  }
  HostTensor host = checkpoint_.Read(info.name, share);
  if (info.rows == 1) {
    const std::string name = fmt::format("{}: {}", checkpoint_.source(), info.name);
    CheckFiniteRow(name, host.view, 0, 0, info.columns);
  }
  return dtype == info.dtype ? host : QuantiseNamed(info.name, host.view, dtype);
}

std::unique_ptr<Weight> WeightLoader::Matrix(const std::string& name, const Shard& share) {
  const TensorInfo& info = checkpoint_.Info(name);
  const DType dtype = LoadedType(checkpoint_.config(), info, quantise_);
  // The cut is checked in the type the device will hold, before a byte is read.
  CheckShard(name, dtype, info.rows, info.columns, share);
  try {
    const HostTensor host = Read(info, dtype, share);
    std::unique_ptr<Weight> weight =
        device_.Load(name, host.view, share.column_begin, share.column_end);
    checkpoint_.DropPages();
    return weight;
  } catch (const UserError& error) {
    FailUser("{}: {}", checkpoint_.source(), error.what());
  }
}

std::unique_ptr<Weight> WeightLoader::Rows(const std::string& name, std::int64_t begin,
                                           std::int64_t end) {
  return Matrix(name, {begin, end, 0, checkpoint_.Info(name).columns});
}

std::unique_ptr<Weight> WeightLoader::Columns(const std::string& name, std::int64_t begin,
                                              std::int64_t end) {
  return Matrix(name, {0, checkpoint_.Info(name).rows, begin, end});
}

Tensor WeightLoader::Dense(const std::string& name) {
  return DenseColumns(name, 0, checkpoint_.Info(name).columns);
}

// Of a vector. A bias shares the cut of its matrix's rows, which are its own columns.
Tensor WeightLoader::DenseColumns(const std::string& name, std::int64_t begin, std::int64_t end) {
  const TensorInfo& info = checkpoint_.Info(name);
  const HostTensor host = Read(info, info.dtype, {0, 1, begin, end});
  ConstTensorView part = host.view;
  if (part.data != nullptr) part.data += begin * RowBytes(info.dtype, 1);
  part.columns = end - begin;
  return device_.LoadDense(part);
}

LayerWeights WeightLoader::Layer(int layer, const LayerShare& share) {
  const ModelConfig& config = checkpoint_.config();
  const std::string prefix = fmt::format("layers.{}.", layer);
  const std::int64_t group = config.heads / config.kv_heads;
  const std::int64_t kv_begin = std::int64_t{share.kv_head_begin} * config.head_dim;
  const std::int64_t kv_end = std::int64_t{share.kv_head_end} * config.head_dim;
  const std::int64_t q_begin = kv_begin * group;
  const std::int64_t q_end = kv_end * group;
  LayerWeights weights;
  weights.attn_norm = Dense(prefix + "attn_norm");
  weights.wq = Rows(prefix + "wq", q_begin, q_end);
  weights.wk = Rows(prefix + "wk", kv_begin, kv_end);
  weights.wv = Rows(prefix + "wv", kv_begin, kv_end);
  if (config.qkv_bias) {
    weights.bq = DenseColumns(prefix + "bq", q_begin, q_end);
    weights.bk = DenseColumns(prefix + "bk", kv_begin, kv_end);
    weights.bv = DenseColumns(prefix + "bv", kv_begin, kv_end);
  }
  weights.wo = Columns(prefix + "wo", q_begin, q_end);
  weights.mlp_norm = Dense(prefix + "mlp_norm");
  weights.w_gate = Rows(prefix + "w_gate", share.ffn_begin, share.ffn_end);
  weights.w_up = Rows(prefix + "w_up", share.ffn_begin, share.ffn_end);
  weights.w_down = Columns(prefix + "w_down", share.ffn_begin, share.ffn_end);
  return weights;
}

std::unique_ptr<Weight> WeightLoader::Embedding() {
  return Rows("embed", 0, checkpoint_.Info("embed").rows);
}

std::unique_ptr<Weight> WeightLoader::Head() {
  if (checkpoint_.config().tied_head) return Embedding();
  return Rows("head", 0, checkpoint_.Info("head").rows);
}

}  // namespace jupiter
