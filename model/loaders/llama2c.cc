// Legacy checkpoints of llama2.c (karpathy/llama2.c, export version 0): seven int32, then f32
// tensors in a fixed order, each kind for all layers at once.
#include "model/loaders/llama2c.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/config_limits.h"
#include "model/checkpoint/mapped_checkpoint.h"

namespace jupiter {
namespace {

constexpr std::uint32_t kVersionedMagic = 0x616b3432;  // "ak42": exports of version 1 and later

// `vocab` is negative when the head is a tensor of its own.
void ReadSizes(ByteReader& reader, ModelConfig& config) {
  const auto read = [&reader](const char* what, bool negative_allowed = false) {
    const std::int64_t value = reader.Read<std::int32_t>(what);
    const std::int64_t magnitude = negative_allowed && value < 0 ? -value : value;
    return NarrowCount(fmt::format("{}: {} in the llama2.c header", reader.path(), what),
                       magnitude);
  };
  config.hidden = read("the hidden width");
  config.ffn = read("the feed-forward width");
  config.layers = read("the number of layers");
  config.heads = read("the number of heads");
  config.kv_heads = read("the number of KV heads");
  config.vocab = read("the vocabulary size", true);
  config.context = read("the context length");
}

ModelConfig ReadHeader(const MappedFile& file) {
  ByteReader reader(file.bytes(), file.path());
  reader.Need(7, sizeof(std::int32_t), "the llama2.c header");
  if (ByteReader(reader).Take<std::uint32_t>() == kVersionedMagic) {
    FailUser("{}: a versioned llama2.c export is not supported; export with version 0 (legacy)",
             file.path());
  }
  ModelConfig config;
  config.name = std::filesystem::path(file.path()).stem().string();
  config.rope_style = RopeStyle::kInterleaved;
  ReadSizes(reader, config);
  std::int32_t vocabulary = 0;
  std::memcpy(&vocabulary, file.bytes().data() + 5 * sizeof(std::int32_t), sizeof(vocabulary));
  config.tied_head = vocabulary > 0;
  if (config.hidden % config.heads != 0) {
    FailUser("{}: {} heads do not divide the hidden width {}", file.path(), config.heads,
             config.hidden);
  }
  config.head_dim = config.hidden / config.heads;
  ValidateConfig(config, file.path());
  return config;
}

// Walks the tensors in file order. Offsets cannot overflow: ValidateConfig bounds every factor.
class Layout {
 public:
  explicit Layout(const ModelConfig& config) : config_(config) { Walk(); }

  struct Place {
    std::string name;
    std::int64_t rows;
    std::int64_t columns;
    std::int64_t offset;
  };
  const std::vector<Place>& places() const { return places_; }
  std::int64_t end() const { return offset_; }

 private:
  static constexpr std::int64_t kHeaderBytes = 7 * sizeof(std::int32_t);

  void Add(std::string name, std::int64_t rows, std::int64_t columns) {
    places_.push_back({std::move(name), rows, columns, offset_});
    offset_ += rows * columns * static_cast<std::int64_t>(sizeof(float));
  }
  void AddLayers(const char* part, std::int64_t rows, std::int64_t columns) {
    for (int layer = 0; layer < config_.layers; ++layer) {
      Add(fmt::format("layers.{}.{}", layer, part), rows, columns);
    }
  }
  void Walk() {
    Add("embed", config_.vocab, config_.hidden);
    AddLayers("attn_norm", 1, config_.hidden);
    AddLayers("wq", config_.q_width(), config_.hidden);
    AddLayers("wk", config_.kv_width(), config_.hidden);
    AddLayers("wv", config_.kv_width(), config_.hidden);
    AddLayers("wo", config_.hidden, config_.q_width());
    AddLayers("mlp_norm", 1, config_.hidden);
    AddLayers("w_gate", config_.ffn, config_.hidden);
    AddLayers("w_down", config_.hidden, config_.ffn);
    AddLayers("w_up", config_.ffn, config_.hidden);
    Add("final_norm", 1, config_.hidden);
    // Two tables, cos and sin [context, head_dim / 2], that this engine computes itself.
    offset_ +=
        std::int64_t{config_.context} * config_.head_dim * static_cast<std::int64_t>(sizeof(float));
    if (!config_.tied_head) Add("head", config_.vocab, config_.hidden);
  }

  const ModelConfig& config_;
  std::vector<Place> places_;
  std::int64_t offset_ = kHeaderBytes;
};

class Llama2cCheckpoint : public MappedCheckpoint {
 public:
  explicit Llama2cCheckpoint(std::shared_ptr<const MappedFile> file)
      : MappedCheckpoint(file->path()) {
    ModelConfig config = ReadHeader(*file);
    const Layout layout(config);
    const auto size = static_cast<std::int64_t>(file->bytes().size());
    if (layout.end() != size) {
      FailUser(
          "{}: a llama2.c checkpoint of this header (hidden {}, {} layers, vocabulary {}) has {} "
          "bytes, but the file has {}: {}",
          file->path(), config.hidden, config.layers, config.vocab, layout.end(), size,
          size < layout.end() ? "it is truncated or no model" : "it is no such checkpoint");
    }
    std::vector<StoredTensor> stored;
    for (const Layout::Place& place : layout.places()) {
      stored.push_back({{place.name, DType::kF32, place.rows, place.columns},
                        file->bytes().data() + place.offset});
    }
    Keep(std::move(file));
    PublishStored(std::move(config), stored, [](const std::string& name) { return name; });
  }

  std::string_view format() const override { return "llama2.c"; }
};

}  // namespace

std::unique_ptr<Checkpoint> LoadLlama2c(std::shared_ptr<const MappedFile> file) {
  return std::make_unique<Llama2cCheckpoint>(std::move(file));
}

}  // namespace jupiter
