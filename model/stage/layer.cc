#include "model/stage/layer.h"

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "model/stage/layer_input.h"

namespace jupiter {
namespace {

const Tensor* Bias(const std::optional<Tensor>& bias) { return bias ? &*bias : nullptr; }

TensorView Part(const Tensor& tensor, RowRange rows) {
  return tensor.Rows(rows.begin, rows.count());
}

}  // namespace

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
  const RowRange all{0, x.rows};
  NormForAttention(device, workspace, all, x);
  ProjectQkv(device, workspace, all);
  Rotate(device, workspace, layout, rope_table, all);
  AppendKv(device, workspace, layout);
  Attend(device, workspace, layout, all);
  ProjectOut(device, workspace, all, out, accumulate);
}

void Layer::MlpBlock(Device& device, Workspace& workspace, ConstTensorView x, TensorView out,
                     bool accumulate) const {
  const RowRange all{0, x.rows};
  NormForMlp(device, workspace, all, x);
  GateUp(device, workspace, all);
  Down(device, workspace, all, out, accumulate);
}

void Layer::NormForAttention(Device& device, Workspace& workspace, RowRange rows,
                             ConstTensorView x) const {
  device.RmsNorm(x, weights_.attn_norm, config_.norm_epsilon, Part(workspace.normed, rows));
}

void Layer::NormForMlp(Device& device, Workspace& workspace, RowRange rows,
                       ConstTensorView x) const {
  device.RmsNorm(x, weights_.mlp_norm, config_.norm_epsilon, Part(workspace.normed, rows));
}

void Layer::ProjectQkv(Device& device, Workspace& workspace, RowRange rows) const {
  LayerInput input(workspace.normed, workspace.normed_act, rows);
  device.Linear(input.ConvertFor(device, *weights_.wq), *weights_.wq, Part(workspace.q, rows),
                {.bias = Bias(weights_.bq)});
  device.Linear(input.ConvertFor(device, *weights_.wk), *weights_.wk, Part(workspace.k, rows),
                {.bias = Bias(weights_.bk)});
  device.Linear(input.ConvertFor(device, *weights_.wv), *weights_.wv, Part(workspace.v, rows),
                {.bias = Bias(weights_.bv)});
}

void Layer::Rotate(Device& device, Workspace& workspace, const BatchLayout& layout,
                   const Tensor& rope_table, RowRange rows) const {
  const auto positions =
      std::span<const std::int32_t>(layout.positions)
          .subspan(static_cast<std::size_t>(rows.begin), static_cast<std::size_t>(rows.count()));
  device.Rope(Part(workspace.q, rows), positions, rope_table, config_.rope_style);
  device.Rope(Part(workspace.k, rows), positions, rope_table, config_.rope_style);
}

void Layer::AppendKv(Device& device, const Workspace& workspace, const BatchLayout& layout) const {
  for (const BatchLayout::Item& item : layout.items) {
    const std::int64_t rows = std::ssize(item.slots);
    if (rows == 0) continue;
    device.KvAppend(workspace.k.Rows(item.first_row, rows), workspace.v.Rows(item.first_row, rows),
                    item.cache->segment(index_), item.slots);
  }
}

void Layer::Attend(Device& device, const Workspace& workspace, const BatchLayout& layout,
                   RowRange rows) const {
  std::vector<KvSegment> segments;
  segments.reserve(layout.segments.size());
  for (const KvCache* cache : layout.segments) segments.push_back(cache->segment(index_));
  const TensorView q = Part(workspace.q, rows);
  const TensorView out = Part(workspace.attended, rows);
  if (rows.count() == layout.rows()) {
    device.Attention(q, segments, layout.paths, shape_, out);
  } else {
    device.Attention(q, segments, layout.paths.Rows(rows.begin, rows.end), shape_, out);
  }
}

void Layer::ProjectOut(Device& device, Workspace& workspace, RowRange rows, TensorView out,
                       bool accumulate) const {
  LayerInput input(workspace.attended, workspace.attended_act, rows);
  device.Linear(input.ConvertFor(device, *weights_.wo), *weights_.wo, out,
                {.accumulate = accumulate});
}

void Layer::GateUp(Device& device, Workspace& workspace, RowRange rows) const {
  LayerInput input(workspace.normed, workspace.normed_act, rows);
  const TensorView gate = Part(workspace.gate, rows);
  const TensorView up = Part(workspace.up, rows);
  device.Linear(input.ConvertFor(device, *weights_.w_gate), *weights_.w_gate, gate);
  device.Linear(input.ConvertFor(device, *weights_.w_up), *weights_.w_up, up);
  device.SwiGlu(gate, up, gate);
}

void Layer::Down(Device& device, Workspace& workspace, RowRange rows, TensorView out,
                 bool accumulate) const {
  LayerInput input(workspace.gate, workspace.gate_act, rows);
  device.Linear(input.ConvertFor(device, *weights_.w_down), *weights_.w_down, out,
                {.accumulate = accumulate});
}

}  // namespace jupiter
