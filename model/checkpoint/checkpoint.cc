#include "model/checkpoint/checkpoint.h"

#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

bool IsVector(const TensorInfo& expected) { return expected.rows == 1; }

// `expected` carries the shape, `found` the dtype and the shape of the file.
void CheckTensor(const std::string& source, const std::string& shown_name,
                 const TensorInfo& expected, const TensorInfo& found) {
  if (found.rows != expected.rows || found.columns != expected.columns) {
    FailUser("{}: tensor {} is {} x {}, expected {} x {} by the configuration", source, shown_name,
             found.rows, found.columns, expected.rows, expected.columns);
  }
  if (IsVector(expected) && IsQuantised(found.dtype)) {
    FailUser("{}: tensor {} is {}, expected f32, f16 or bf16 for a vector", source, shown_name,
             Name(found.dtype));
  }
  if (found.columns % BlockColumns(found.dtype) != 0) {
    FailUser("{}: tensor {} is {} with {} columns, expected a multiple of {}", source, shown_name,
             Name(found.dtype), found.columns, BlockColumns(found.dtype));
  }
}

}  // namespace

std::vector<TensorInfo> ExpectedTensors(const ModelConfig& config) {
  std::vector<TensorInfo> tensors;
  const auto add = [&tensors](std::string name, int rows, int columns) {
    tensors.push_back({std::move(name), DType::kF32, rows, columns});
  };
  add("embed", config.vocab, config.hidden);
  for (int layer = 0; layer < config.layers; ++layer) {
    const std::string prefix = fmt::format("layers.{}.", layer);
    add(prefix + "attn_norm", 1, config.hidden);
    add(prefix + "wq", config.q_width(), config.hidden);
    add(prefix + "wk", config.kv_width(), config.hidden);
    add(prefix + "wv", config.kv_width(), config.hidden);
    if (config.qkv_bias) {
      add(prefix + "bq", 1, config.q_width());
      add(prefix + "bk", 1, config.kv_width());
      add(prefix + "bv", 1, config.kv_width());
    }
    add(prefix + "wo", config.hidden, config.q_width());
    add(prefix + "mlp_norm", 1, config.hidden);
    add(prefix + "w_gate", config.ffn, config.hidden);
    add(prefix + "w_up", config.ffn, config.hidden);
    add(prefix + "w_down", config.hidden, config.ffn);
  }
  add("final_norm", 1, config.hidden);
  if (!config.tied_head) add("head", config.vocab, config.hidden);
  return tensors;
}

const TensorInfo& Checkpoint::Info(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  if (found == index_.end()) FailUser("{}: the model has no tensor '{}'", source_, name);
  return tensors_[found->second];
}

HostTensor Checkpoint::Read(std::string_view name, const Shard& share) {
  const TensorInfo& info = Info(name);
  CheckShard(info.name, info.dtype, info.rows, info.columns, share);
  HostTensor tensor = DoRead(info, share.row_begin, share.row_end);
  bytes_read_ += MatrixBytes(info.dtype, share.rows(), share.columns());
  return tensor;
}

void Checkpoint::Publish(ModelConfig config, std::vector<TensorInfo> expected,
                         std::vector<TensorInfo> found, const NameInFile& name_in_file) {
  ValidateConfig(config, source_);
  std::unordered_map<std::string, const TensorInfo*> by_name;
  for (const TensorInfo& info : found) {
    if (!by_name.emplace(info.name, &info).second) {
      FailUser("{}: tensor {} occurs twice", source_, name_in_file(info.name));
    }
  }
  tensors_ = std::move(expected);
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const auto entry = by_name.find(tensors_[i].name);
    const std::string shown_name = name_in_file(tensors_[i].name);
    if (entry == by_name.end()) FailUser("{}: tensor {} is missing", source_, shown_name);
    CheckTensor(source_, shown_name, tensors_[i], *entry->second);
    tensors_[i].dtype = entry->second->dtype;
    index_.emplace(tensors_[i].name, i);
  }
  config_ = std::move(config);
}

}  // namespace jupiter
