#include "model/stage/medusa_heads.h"

#include <algorithm>
#include <string>
#include <utility>

#include "kernels/base/check.h"
#include "model/stage/layer_input.h"
#include "model/stage/weights.h"

namespace jupiter {
namespace {

int UsedHeads(const MedusaFile& file, const MedusaOptions& options) {
  const int heads = options.heads == 0 ? file.layout.heads : options.heads;
  if (heads >= 1 && heads <= file.layout.heads) return heads;
  FailUser("{}: holds {} Medusa heads, but {} are asked for, as many as the draft tree is deep",
           file.tensors->source(), file.layout.heads, heads);
}

std::int64_t ActivationBytes(const MedusaLayout& layout, const ModelConfig& config) {
  const std::int64_t hidden = RowBytes(DType::kF32, config.hidden);
  const std::int64_t act = HasAct(config.hidden) ? RowBytes(DType::kAct8, config.hidden) : 0;
  const int buffers = layout.blocks > 1 ? 3 : 2;
  return buffers * hidden + act + RowBytes(DType::kF32, config.vocab);
}

Tensor LoadOnes(Device& device, std::int64_t rows, std::int64_t columns) {
  const std::vector<float> ones(static_cast<std::size_t>(rows * columns), 1.0f);
  return device.LoadDense(HostView(ones.data(), rows, columns));
}

}  // namespace

StageMemory PlanMedusaMemory(const Device& device, const MedusaFile& file,
                             const MedusaOptions& options) {
  const ModelConfig& config = file.tensors->config();
  MedusaLayout used = file.layout;
  used.heads = UsedHeads(file, options);
  StageMemory memory;
  for (const TensorInfo& tensor : MedusaTensors(used, config)) {
    const TensorInfo& info = file.tensors->Info(tensor.name);
    const DType dtype = LoadedType(config, info, options.quantise);
    memory.weights += DeviceBytes(device, dtype, info, Shard::Whole(info.rows, info.columns));
    memory.loading = std::max(memory.loading, LoadingBytes(*file.tensors, info, dtype));
  }
  memory.activations = used.heads * options.max_rows * ActivationBytes(used, config);
  return memory;
}

MedusaHeads::MedusaHeads(Device& device, const MedusaFile& file,
                         std::shared_ptr<const Weight> model_head, const MedusaOptions& options)
    : device_(device), blocks_(file.layout.blocks), own_output_(file.layout.own_output) {
  JUPITER_CHECK(own_output_ || model_head != nullptr);
  const ModelConfig& config = file.tensors->config();
  WeightLoader loader(device, *file.tensors, options.quantise);
  for (int head = 0; head < UsedHeads(file, options); ++head) {
    Head& loaded = heads_.emplace_back();
    for (int block = 0; block < blocks_; ++block) {
      loaded.blocks.push_back({loader.LoadWhole(MedusaBlockWeight(head, block), MatrixRole::kMlp),
                               loader.LoadDense(MedusaBlockBias(head, block))});
    }
    loaded.output =
        own_output_ ? loader.LoadWhole(MedusaOutput(head, blocks_), MatrixRole::kHead) : model_head;
  }
  const std::int64_t rows = count() * options.max_rows;
  ones_ = LoadOnes(device, rows, config.hidden);
  hidden_ = device.Allocate(DType::kF32, rows, config.hidden);
  if (blocks_ > 1) spare_ = device.Allocate(DType::kF32, rows, config.hidden);
  if (HasAct(config.hidden)) act_ = device.Allocate(DType::kAct8, rows, config.hidden);
  logits_ = device.Allocate(DType::kF32, rows, config.vocab);
}

ConstTensorView MedusaHeads::Part(ConstTensorView rows, int head, std::int64_t count_each) const {
  return rows.rows == count_each ? rows : rows.Rows(head * count_each, count_each);
}

void MedusaHeads::RunBlock(int index, ConstTensorView x, TensorView out) {
  const std::int64_t rows = out.rows / count();
  LayerInput input(x, act_, {0, x.rows});
  for (int head = 0; head < count(); ++head) {
    const Block& block =
        heads_[static_cast<std::size_t>(head)].blocks[static_cast<std::size_t>(index)];
    device_.Linear(Part(input.ConvertFor(device_, *block.weight), head, rows), *block.weight,
                   out.Rows(head * rows, rows), {.bias = &block.bias});
  }
  device_.SwiGlu(out, ones_.Rows(0, out.rows), out);
  for (int head = 0; head < count(); ++head) {
    device_.Add(Part(x, head, rows), out.Rows(head * rows, rows));
  }
}

ConstTensorView MedusaHeads::RunBlocks(ConstTensorView x) {
  const std::int64_t rows = count() * x.rows;
  for (int block = 0; block < blocks_; ++block) {
    const TensorView out = (block % 2 == 0 ? hidden_ : spare_).Rows(0, rows);
    RunBlock(block, x, out);
    x = out;
  }
  return x;
}

ConstTensorView MedusaHeads::ComputeLogits(ConstTensorView x) {
  const TensorView logits = logits_.Rows(0, count() * x.rows);
  const ConstTensorView y = RunBlocks(x);
  LayerInput input(y, act_, {0, y.rows});
  if (!own_output_) {
    const Weight& output = *heads_.front().output;
    device_.Linear(input.ConvertFor(device_, output), output, logits);
    return logits;
  }
  for (int head = 0; head < count(); ++head) {
    const Weight& output = *heads_[static_cast<std::size_t>(head)].output;
    device_.Linear(Part(input.ConvertFor(device_, output), head, x.rows), output,
                   logits.Rows(head * x.rows, x.rows));
  }
  return logits;
}

void MedusaHeads::TopK(ConstTensorView x, int k, std::span<std::int32_t> ids,
                       std::span<float> values) {
  device_.TopK(ComputeLogits(x), k, ids, values);
}

}  // namespace jupiter
