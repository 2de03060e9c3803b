#include "model/stage/stage.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "kernels/base/check.h"
#include "model/stage/layer_input.h"
#include "model/stage/rope_table.h"

namespace jupiter {
namespace {

KvShape ShapeOfKv(const ModelConfig& config, const StageOptions& options) {
  const LayerWidths widths = Layer::Widths(config, options.ShareOf(config));
  return {widths.kv == 0 ? 0 : options.layers(), widths.kv, options.kv_dtype};
}

// The layer that has this tensor; -1 for those of the ends.
int LayerOf(const TensorInfo& info) {
  if (info.name.compare(0, 7, "layers.") != 0) return -1;
  return std::stoi(info.name.substr(7));
}

// Tensors of the stage, by canonical name. A tied head counts its table once.
bool BelongsTo(const TensorInfo& info, const ModelConfig& config, const StageOptions& options) {
  if (info.name == "embed") return options.embedding || (options.head && config.tied_head);
  if (info.name == "head" || info.name == "final_norm") return options.head;
  const int layer = LayerOf(info);
  return layer >= options.layer_begin && layer < options.layer_end;
}

StageMemory PlanWeights(const Device& device, const Checkpoint& checkpoint,
                        const StageOptions& options) {
  const ModelConfig& config = checkpoint.config();
  StageMemory memory;
  memory.streamed_layers = options.streamed_layers();
  const int first_streamed = options.layer_end - memory.streamed_layers;
  std::map<int, std::int64_t> streamed;  // bytes on the device, by layer
  for (const TensorInfo& info : checkpoint.tensors()) {
    if (!BelongsTo(info, config, options)) continue;
    const DType dtype = LoadedType(config, info, options.quantise);
    const Shard shard = ShardOf(config, info, options.ShareOf(config));
    const int layer = LayerOf(info);
    const bool passes = layer >= first_streamed;
    (passes ? streamed[layer] : memory.weights) += DeviceBytes(device, dtype, info, shard);
    if (passes) memory.pass_bytes += MatrixBytes(info.dtype, shard.rows(), shard.columns());
    memory.loading =
        std::max(memory.loading, LoadingBytes(checkpoint, info, dtype, memory.streamed_layers > 0));
  }
  std::int64_t largest = 0;
  for (const auto& [layer, bytes] : streamed) largest = std::max(largest, bytes);
  memory.weights += largest;
  return memory;
}

std::unique_ptr<Weight> LoadEmbedding(Device& device, Checkpoint& checkpoint,
                                      const StageOptions& options) {
  if (!options.embedding) return nullptr;
  return WeightLoader(device, checkpoint, options.quantise).LoadEmbedding();
}

}  // namespace

StageMemory PlanStageMemory(const Device& device, Checkpoint& checkpoint,
                            const StageOptions& options) {
  const ModelConfig& config = checkpoint.config();
  StageMemory memory = PlanWeights(device, checkpoint, options);
  memory.kv = KvCache::Bytes(ShapeOfKv(config, options),
                             std::max<std::int64_t>(options.kv_positions, options.max_positions));
  const LayerWidths widths = Layer::Widths(config, options.ShareOf(config));
  memory.activations = Workspace::Bytes(widths, options.max_rows) +
                       RowBytes(DType::kF32, config.head_dim) * options.max_positions;
  if (options.head) {
    memory.activations += options.max_head_rows *
                          (RowBytes(DType::kF32, config.hidden + config.vocab) +
                           (HasAct(config.hidden) ? RowBytes(DType::kAct8, config.hidden) : 0));
  }
  return memory;
}

Stage::Stage(Device& device, Checkpoint& checkpoint, const StageOptions& options)
    : device_(device),
      config_(checkpoint.config()),
      options_(options),
      embedding_(LoadEmbedding(device, checkpoint, options)),
      layers_(device, checkpoint, options),
      rope_table_(MakeRopeTable(device, config_, options.max_positions)),
      workspace_(device, Layer::Widths(config_, options.ShareOf(config_)), options.max_rows) {
  if (!options.head) return;
  WeightLoader loader(device, checkpoint, options.quantise);
  final_norm_ = loader.LoadFinalNorm();
  const bool shared = config_.tied_head && options.embedding;
  head_ = shared ? embedding_ : std::shared_ptr<Weight>(loader.LoadHead());
  head_input_ = device.Allocate(DType::kF32, options.max_head_rows, config_.hidden);
  if (HasAct(config_.hidden)) {
    head_act_ = device.Allocate(DType::kAct8, options.max_head_rows, config_.hidden);
  }
  logits_ = device.Allocate(DType::kF32, options.max_head_rows, config_.vocab);
}

void Stage::Open(const SequenceOpening& opening) {
  std::shared_ptr<const KvCache> parent;
  if (opening.parent >= 0) {
    const auto found = caches_.find(opening.parent);
    JUPITER_CHECK(found != caches_.end(), "parent {} is not open", opening.parent);
    parent = found->second;
  }
  caches_[opening.sequence] = std::make_shared<KvCache>(device_, ShapeOfKv(config_, options_),
                                                        opening.capacity, std::move(parent));
}

void Stage::Round(int boundary, TensorView x) {
  if (options_.rounding.empty() || x.rows == 0) return;
  for (DType dtype : options_.rounding[static_cast<std::size_t>(boundary)]) device_.Round(x, dtype);
}

const BatchLayout& Stage::Begin(const Batch& batch) {
  for (const SequenceOpening& opening : batch.open) Open(opening);
  layout_ = LayOut(device_, batch, caches_);
  return layout_;
}

void Stage::Finish(const Batch& batch) {
  for (std::int32_t sequence : batch.close) caches_.erase(sequence);
}

void Stage::Embed(RowRange rows) {
  if (rows.count() == 0) return;
  const auto tokens =
      std::span<const std::int32_t>(layout_.tokens)
          .subspan(static_cast<std::size_t>(rows.begin), static_cast<std::size_t>(rows.count()));
  const TensorView x = workspace_.residual.Rows(rows.begin, rows.count());
  device_.Embed(tokens, *embedding_, x);
  Round(0, x);
}

TensorView Stage::Forward(const Batch& batch) {
  Begin(batch);
  const TensorView x = workspace_.residual.Rows(0, batch.dropped ? 0 : layout_.rows());
  if (x.rows > 0) Compute(x);
  Finish(batch);
  return x;
}

void Stage::Compute(TensorView x) {
  if (options_.embedding) Embed({0, x.rows});
  for (int i = 0; i < layers(); ++i) {
    const Layer& layer = layers_.Fetch(i);
    layer.AttentionBlock(device_, workspace_, layout_, rope_table_, x, x, true);
    layer.MlpBlock(device_, workspace_, x, x, true);
    Round(options_.layer_begin + i + 1, x);
  }
}

ConstTensorView Stage::ComputeLogits() {
  JUPITER_CHECK(options_.head);
  const std::int64_t rows = std::ssize(layout_.head_rows);
  const TensorView input = head_input_.Rows(0, rows);
  for (std::int64_t i = 0; i < rows; ++i) {
    device_.Copy(workspace_.residual.Rows(layout_.head_rows[static_cast<std::size_t>(i)], 1),
                 input.Rows(i, 1));
  }
  const TensorView normed = workspace_.normed.Rows(0, rows);
  device_.RmsNorm(input, final_norm_, config_.norm_epsilon, normed);
  LayerInput head_input(workspace_.normed, head_act_, {0, rows});
  const TensorView logits = logits_.Rows(0, rows);
  device_.Linear(head_input.ConvertFor(device_, *head_), *head_, logits);
  return logits;
}

ConstTensorView Stage::HeadInput() const {
  JUPITER_CHECK(options_.head);
  return workspace_.normed.Rows(0, std::ssize(layout_.head_rows));
}

}  // namespace jupiter
