#include "model/layer.h"

#include <cmath>
#include <utility>
#include <vector>

namespace jupiter {
namespace {

const Tensor* Bias(const std::optional<Tensor>& bias) { return bias ? &*bias : nullptr; }

}  // namespace

ConstTensorView LayerInput::For(Device& device, const Weight& weight) {
  if (weight.input_dtype() == DType::kF32) return dense_;
  const TensorView act = act_.Rows(0, dense_.rows);
  if (!std::exchange(quantised_, true)) device.Quantise(dense_, act);
  return act;
}

Layer::Layer(const ModelConfig& config, LayerWeights weights, const LayerShare& share, int index)
    : config_(config), weights_(std::move(weights)), index_(index) {
  const int group = config.heads / config.kv_heads;
  // sqrt is exact to the bit everywhere, unlike 1/sqrt in one step.
  shape_ = {share.kv_heads() * group, share.kv_heads(), config.head_dim,
            1.0f / std::sqrt(static_cast<float>(config.head_dim))};
}

LayerWidths Layer::Widths(const ModelConfig& config, const LayerShare& share) {
  const std::int64_t kv = std::int64_t{share.kv_heads()} * config.head_dim;
  return {config.hidden, kv * (config.heads / config.kv_heads), kv, share.ffn()};
}

void Layer::AttentionBlock(Device& device, Workspace& workspace, const BatchLayout& layout,
                           const Tensor& rope_table, ConstTensorView x, TensorView out,
                           bool accumulate) const {
  const std::int64_t rows = x.rows;
  const TensorView normed = workspace.normed.Rows(0, rows);
  device.RmsNorm(x, weights_.attn_norm, config_.norm_epsilon, normed);
  LayerInput input(normed, workspace.normed_act);
  const TensorView q = workspace.q.Rows(0, rows);
  const TensorView k = workspace.k.Rows(0, rows);
  device.Linear(input.For(device, *weights_.wq), *weights_.wq, q, {.bias = Bias(weights_.bq)});
  device.Linear(input.For(device, *weights_.wk), *weights_.wk, k, {.bias = Bias(weights_.bk)});
  device.Linear(input.For(device, *weights_.wv), *weights_.wv, workspace.v.Rows(0, rows),
                {.bias = Bias(weights_.bv)});
  device.Rope(q, layout.positions, rope_table, config_.rope_style);
  device.Rope(k, layout.positions, rope_table, config_.rope_style);
  AppendKv(device, workspace, layout);
  Attend(device, workspace, layout);
  LayerInput attended(workspace.attended.Rows(0, rows), workspace.attended_act);
  device.Linear(attended.For(device, *weights_.wo), *weights_.wo, out, {.accumulate = accumulate});
}

void Layer::AppendKv(Device& device, const Workspace& workspace, const BatchLayout& layout) const {
  for (const BatchLayout::Item& item : layout.items) {
    const std::int64_t rows = std::ssize(item.slots);
    if (rows == 0) continue;
    device.KvAppend(workspace.k.Rows(item.first_row, rows), workspace.v.Rows(item.first_row, rows),
                    item.cache->segment(index_), item.slots);
  }
}

void Layer::Attend(Device& device, const Workspace& workspace, const BatchLayout& layout) const {
  std::vector<KvSegment> segments;
  segments.reserve(layout.segments.size());
  for (const KvCache* cache : layout.segments) segments.push_back(cache->segment(index_));
  device.Attention(workspace.q.Rows(0, layout.rows()), segments, layout.paths, shape_,
                   workspace.attended.Rows(0, layout.rows()));
}

void Layer::MlpBlock(Device& device, Workspace& workspace, ConstTensorView x, TensorView out,
                     bool accumulate) const {
  const std::int64_t rows = x.rows;
  const TensorView normed = workspace.normed.Rows(0, rows);
  device.RmsNorm(x, weights_.mlp_norm, config_.norm_epsilon, normed);
  LayerInput input(normed, workspace.normed_act);
  const TensorView gate = workspace.gate.Rows(0, rows);
  const TensorView up = workspace.up.Rows(0, rows);
  device.Linear(input.For(device, *weights_.w_gate), *weights_.w_gate, gate);
  device.Linear(input.For(device, *weights_.w_up), *weights_.w_up, up);
  device.SwiGlu(gate, up, gate);
  LayerInput activated(gate, workspace.gate_act);
  device.Linear(activated.For(device, *weights_.w_down), *weights_.w_down, out,
                {.accumulate = accumulate});
}

}  // namespace jupiter
