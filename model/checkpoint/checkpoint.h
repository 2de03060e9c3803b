// Named tensors of a model, wherever they are stored. One interface; a loader per format.
//
// Canonical names (shapes are [rows = output features, columns = input features]; vectors have one
// row; a bias tensor exists only where the config says so):
//   embed              [vocab, hidden]
//   layers.N.attn_norm [1, hidden]           layers.N.mlp_norm [1, hidden]
//   layers.N.wq        [heads*head_dim, hidden]      layers.N.bq [1, heads*head_dim]
//   layers.N.wk, wv    [kv_heads*head_dim, hidden]   layers.N.bk, bv [1, kv_heads*head_dim]
//   layers.N.wo        [hidden, heads*head_dim]
//   layers.N.w_gate, w_up [ffn, hidden]      layers.N.w_down [hidden, ffn]
//   final_norm         [1, hidden]
//   head               [vocab, hidden]       (absent when the config says tied_head)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernels/base/tensor.h"
#include "model/config/config.h"

namespace jupiter {

struct TensorInfo {
  std::string name;  // canonical
  DType dtype = DType::kF32;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

// Host rows of a tensor, valid while this object and its checkpoint live. Views a mapped file, or
// owns generated data.
struct HostTensor {
  ConstTensorView view;
  std::shared_ptr<const std::byte> storage;  // null when the file is mapped
};

class Checkpoint {
 public:
  virtual ~Checkpoint() = default;
  const ModelConfig& config() const { return config_; }
  // Tensors that are needed, each checked against the config. Extra tensors of a file are left out.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  // Throws UserError when the checkpoint lacks it.
  const TensorInfo& Info(std::string_view name) const;
  // Rows [share.row_begin, share.row_end), all columns; counts the bytes of the share.
  HostTensor Read(std::string_view name, const Shard& share);
  // Bytes of all shares read so far.
  std::int64_t bytes_read() const { return bytes_read_; }
  // True when Read makes tensors in memory, instead of mapping them from a file.
  virtual bool in_memory() const { return false; }
  // Tells the system that mapped pages read so far are no longer needed.
  virtual void DropPages() {}
  // "gguf", "safetensors", "llama2.c", "synthetic".
  virtual std::string_view format() const = 0;
  // The path (or synthetic name) it was opened with.
  const std::string& source() const { return source_; }

 protected:
  explicit Checkpoint(std::string source) : source_(std::move(source)) {}
  // How a tensor of this canonical name is called in the file, for messages.
  using NameInFile = std::function<std::string(const std::string&)>;
  // Called by a loader's constructor: checks config, and the tensors found against the expected
  // ones (name, dtype, shape; missing ones), keeps them.
  void Publish(ModelConfig config, std::vector<TensorInfo> expected, std::vector<TensorInfo> found,
               const NameInFile& name_in_file);

 private:
  // Rows [row_begin, row_end) of a published tensor.
  virtual HostTensor DoRead(const TensorInfo& info, std::int64_t row_begin,
                            std::int64_t row_end) = 0;

  std::string source_;
  ModelConfig config_;
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, std::size_t> index_;
  std::int64_t bytes_read_ = 0;
};

// The tensors a model of this config has (dtype left kF32), in canonical order.
std::vector<TensorInfo> ExpectedTensors(const ModelConfig& config);

}  // namespace jupiter
