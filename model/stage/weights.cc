#include "model/stage/weights.h"

#include "kernels/base/check.h"
#include "kernels/block_formats.h"
#include "model/stage/quantise.h"

namespace jupiter {

DType LoadedType(const ModelConfig& config, const TensorInfo& info, std::optional<DType> quantise) {
  const bool table_only = info.name == "embed" && !config.tied_head;
  if (!quantise || IsQuantised(info.dtype) || info.rows == 1 || table_only) return info.dtype;
  return info.columns % BlockColumns(*quantise) == 0 ? *quantise : info.dtype;
}

void CheckQuantises(const Checkpoint& checkpoint, std::optional<DType> quantise) {
  const ModelConfig& config = checkpoint.config();
  if (!quantise) return;
  for (const TensorInfo& info : checkpoint.tensors()) {
    if (LoadedType(config, info, quantise) != info.dtype) return;
  }
  FailUser(
      "--quantize {}: rounds dense weights (f32, f16, bf16) whose columns are whole blocks of {}, "
      "and {} has none ({} is {}); leave it out",
      Name(*quantise), BlockColumns(*quantise), checkpoint.source(), "layers.0.wq",
      Name(checkpoint.Info("layers.0.wq").dtype));
}

std::int64_t DeviceBytes(const Device& device, DType dtype, const TensorInfo& info,
                         const Shard& shard) {
  const std::int64_t rows = shard.row_end - shard.row_begin;
  const std::int64_t columns = shard.column_end - shard.column_begin;
  if (info.rows == 1) return RowBytes(DType::kF32, columns);
  return rows * columns == 0 ? 0 : device.WeightBytes(dtype, rows, columns);
}

std::int64_t LoadingBytes(const Checkpoint& checkpoint, const TensorInfo& info, DType dtype,
                          bool streamed) {
  std::int64_t bytes = 0;
  if (checkpoint.in_memory() || streamed) bytes += info.rows * RowBytes(info.dtype, info.columns);
  if (dtype != info.dtype) bytes += info.rows * RowBytes(dtype, info.columns);
  return bytes;
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

Shard ShardOf(const ModelConfig& config, const TensorInfo& info, const LayerShare& share) {
  const std::string_view leaf = std::string_view(info.name).substr(info.name.rfind('.') + 1);
  const std::int64_t kv_begin = std::int64_t{share.kv_head_begin} * config.head_dim;
  const std::int64_t kv_end = std::int64_t{share.kv_head_end} * config.head_dim;
  const std::int64_t group = config.heads / config.kv_heads;
  if (leaf == "wq") return {kv_begin * group, kv_end * group, 0, info.columns};
  if (leaf == "wk" || leaf == "wv") return {kv_begin, kv_end, 0, info.columns};
  if (leaf == "bq") return {0, 1, kv_begin * group, kv_end * group};
  if (leaf == "bk" || leaf == "bv") return {0, 1, kv_begin, kv_end};
  if (leaf == "wo") return {0, info.rows, kv_begin * group, kv_end * group};
  if (leaf == "w_gate" || leaf == "w_up") return {share.ffn_begin, share.ffn_end, 0, info.columns};
  if (leaf == "w_down") return {0, info.rows, share.ffn_begin, share.ffn_end};
  return {0, info.rows, 0, info.columns};
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

std::unique_ptr<Weight> WeightLoader::LoadMatrix(const std::string& name, MatrixRole role,
                                                 const Shard& shard) {
  const TensorInfo& info = checkpoint_.Info(name);
  const DType dtype = LoadedType(checkpoint_.config(), info, quantise_);
  // The cut is checked in the type the device will hold, before a byte is read.
  CheckShard(name, dtype, info.rows, info.columns, shard);
  try {
    const HostTensor host = Read(info, dtype, shard);
    std::unique_ptr<Weight> weight =
        device_.Load(name, host.view, shard.column_begin, shard.column_end);
    weight->SetOrigin(role, info.rows * info.columns);
    checkpoint_.DropPages();
    return weight;
  } catch (const UserError& error) {
    FailUser("{}: {}", checkpoint_.source(), error.what());
  }
}

std::unique_ptr<Weight> WeightLoader::LoadWhole(const std::string& name, MatrixRole role) {
  const TensorInfo& info = checkpoint_.Info(name);
  return LoadMatrix(name, role, {0, info.rows, 0, info.columns});
}

Tensor WeightLoader::LoadDense(const std::string& name) {
  return LoadDenseColumns(name, 0, checkpoint_.Info(name).columns);
}

// For a vector. A bias is cut like the rows of its matrix, which are its own columns.
Tensor WeightLoader::LoadDenseColumns(const std::string& name, std::int64_t begin,
                                      std::int64_t end) {
  const TensorInfo& info = checkpoint_.Info(name);
  const HostTensor host = Read(info, info.dtype, {0, 1, begin, end});
  ConstTensorView part = host.view;
  if (part.data != nullptr) part.data += begin * RowBytes(info.dtype, 1);
  part.columns = end - begin;
  return device_.LoadDense(part);
}

LayerWeights WeightLoader::LoadLayer(int layer, const LayerShare& share) {
  const std::string prefix = fmt::format("layers.{}.", layer);
  LayerWeights weights;
  weights.attn_norm = LoadDense(prefix + "attn_norm");
  if (share.kv_heads() > 0) LoadAttention(prefix, share, weights);
  weights.mlp_norm = LoadDense(prefix + "mlp_norm");
  if (share.ffn() > 0) LoadMlp(prefix, share, weights);
  return weights;
}

void WeightLoader::LoadAttention(const std::string& prefix, const LayerShare& share,
                                 LayerWeights& weights) {
  const ModelConfig& config = checkpoint_.config();
  const auto matrix = [&](const char* name) {
    return LoadMatrix(prefix + name, MatrixRole::kAttention,
                      ShardOf(config, checkpoint_.Info(prefix + name), share));
  };
  const auto bias = [&](const char* name) {
    const Shard shard = ShardOf(config, checkpoint_.Info(prefix + name), share);
    return LoadDenseColumns(prefix + name, shard.column_begin, shard.column_end);
  };
  weights.wq = matrix("wq");
  weights.wk = matrix("wk");
  weights.wv = matrix("wv");
  if (config.qkv_bias) {
    weights.bq = bias("bq");
    weights.bk = bias("bk");
    weights.bv = bias("bv");
  }
  weights.wo = matrix("wo");
}

void WeightLoader::LoadMlp(const std::string& prefix, const LayerShare& share,
                           LayerWeights& weights) {
  const auto matrix = [&](const char* name) {
    const TensorInfo& info = checkpoint_.Info(prefix + name);
    return LoadMatrix(prefix + name, MatrixRole::kMlp, ShardOf(checkpoint_.config(), info, share));
  };
  weights.w_gate = matrix("w_gate");
  weights.w_up = matrix("w_up");
  weights.w_down = matrix("w_down");
}

std::unique_ptr<Weight> WeightLoader::LoadEmbedding() {
  return LoadWhole("embed", MatrixRole::kEmbedding);
}

std::unique_ptr<Weight> WeightLoader::LoadHead() {
  return LoadWhole(checkpoint_.config().tied_head ? "embed" : "head", MatrixRole::kHead);
}

}  // namespace jupiter
