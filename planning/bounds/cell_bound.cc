#include "planning/bounds/cell_bound.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "planning/bounds/layer_split.h"
#include "planning/cost/memory_model.h"
#include "planning/replay/simulator.h"

namespace jupiter {
namespace {

// Splits are looked up for contexts rounded down to these.
constexpr std::int64_t kContextStep = 64;

bool MayHold(const ClusterDevice& device, std::int64_t bytes) {
  const auto budget = static_cast<std::int64_t>(device.profile.usable_memory.value);
  return FitOf(bytes, budget) != Fit::kOutOfMemory;
}

std::int64_t WeightBytes(const ModelShape& shape) {
  std::int64_t bytes = EmbeddingBytes(shape) + HeadBytes(shape) - SharedHeadBytes(shape);
  for (int layer = 0; layer < shape.config.layers; ++layer) bytes += LayerBytes(shape, layer);
  return bytes;
}

// Layers that a device can hold, were they all as small as the smallest.
int CapacityOf(const ModelShape& shape, const ClusterDevice& device) {
  std::int64_t smallest = LayerBytes(shape, 0);
  for (int layer = 1; layer < shape.config.layers; ++layer) {
    smallest = std::min(smallest, LayerBytes(shape, layer));
  }
  int layers = 0;
  while (layers < shape.config.layers && MayHold(device, (layers + 1) * smallest)) ++layers;
  return layers;
}

int FirstAlike(const ModelShape& shape, int layer) {
  const auto& layers = shape.layers;
  const auto found =
      std::find(layers.begin(), layers.end(), layers[static_cast<std::size_t>(layer)]);
  return static_cast<int>(found - layers.begin());
}

}  // namespace

CellBound::CellBound(const BoundInputs& inputs) : inputs_(inputs), devices_(inputs.cluster) {
  const Cluster& cluster = inputs.cluster;
  byte_seconds_ = latency_ = message_ = std::numeric_limits<double>::infinity();
  for (int i = 0; i < cluster.size(); ++i) {
    const ClusterDevice& device = cluster.devices[static_cast<std::size_t>(i)];
    capacity_.push_back(CapacityOf(inputs.shape, device));
    const bool known =
        std::any_of(holders_.begin(), holders_.end(),
                    [&](const BoundDevice& holder) { return holder.SameAs(devices_[i]); });
    if (!known && MayHold(device, WeightBytes(inputs.shape))) holders_.push_back(devices_[i]);
    for (int j = 0; j < cluster.size(); ++j) {
      if (j != i) TakeLink(cluster.links[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]);
    }
  }
  for (int layer = 0; layer < inputs.shape.config.layers; ++layer) {
    ++kinds_[FirstAlike(inputs.shape, layer)];
  }
}

void CellBound::TakeLink(const Link& link) {
  const double rate = link.bandwidth * link.efficiency * FastestRate(link.trace);
  byte_seconds_ = std::min(byte_seconds_, 8 / rate + 2 * link.host_seconds_per_byte);
  latency_ = std::min(latency_, link.latency);
  message_ = std::min(message_, link.wire_seconds + 2 * link.host_seconds);
}

double CellBound::Seconds(const std::vector<SetWork>& work) const {
  double seconds = 0;
  for (const SetWork& set : work) seconds += SecondsOf(set);
  return seconds;
}

double CellBound::SecondsOf(const SetWork& set) const {
  RowsWork all = RowsOf({set.prefix, 0});
  double slowest = 0;
  for (const RequestWork& request : set.requests) {
    all += RowsOf({request.prompt, request.before});
    all.head_rows += 1;
    for (const StepWork& step : request.steps) {
      if (step.tokens == 0) continue;  // a better guess needs no such step
      const std::int64_t context = LeastContext({step.rows, step.before});
      all += {step.rows, context, step.before + 1, step.rows, 1};
    }
    slowest = std::max(slowest, RequestSeconds(request));
  }
  return std::max(slowest, Least(all));
}

double CellBound::RequestSeconds(const RequestWork& request) const {
  double steps = 0, shortest = std::numeric_limits<double>::infinity();
  int wrong = 0;
  for (const StepWork& step : request.steps) {
    const double seconds = WayOf({step.rows, step.before}, Phase::kStep);
    steps += seconds;
    shortest = std::min(shortest, seconds);
    wrong += step.tokens == 0;
  }
  if (request.runs_ahead && !request.steps.empty()) steps = (wrong + 1) * shortest;
  return Prefill(request) + steps;
}

double CellBound::Prefill(const RequestWork& request) const {
  RowsWork rows = RowsOf({request.before, 0});
  rows += RowsOf({request.prompt, request.before});
  rows.head_rows = 1;
  rows.draft_steps = inputs_.drafts.any() ? 1 : 0;
  const std::int64_t last = request.before + request.prompt - 1;
  return std::max(Least(rows), WayOf({1, last}, Phase::kPrompt));
}

double CellBound::Least(const RowsWork& work) const {
  return LeastSeconds(inputs_.shape, devices_.all(), inputs_.residual, inputs_.drafts, work);
}

double CellBound::WayOf(const RowBlock& block, Phase phase) const {
  const double layers = holders_.empty() ? FilledLayersWay(block, phase) : LayersWay(block, phase);
  return FastestOf(EmbedOps(inputs_.shape, block.rows)) + layers +
         FastestOf(HeadOps(inputs_.shape, block.rows)) +
         FastestOf(DraftOps(inputs_.shape, inputs_.drafts));
}

// Every layer on a device of those that hold the model, or on several: the first without an
// exchange, as every device can embed rows for itself.
double CellBound::LayersWay(const RowBlock& block, Phase phase) const {
  double seconds = 0;
  for (const auto& [layer, count] : kinds_) {
    double one = std::numeric_limits<double>::infinity();
    for (const BoundDevice& device : holders_) {
      one = std::min(one, LayerOn(device, layer, block));
    }
    const Split split = BestSplit(layer, block, phase);
    const double least = std::min(one, split.total());
    seconds += count * least;
    if (layer == 0) seconds += std::min(one, split.seconds) - least;
  }
  return seconds;
}

// No device holds all layers: the fastest ones have what they can, at what the shortest layer
// takes.
double CellBound::FilledLayersWay(const RowBlock& block, Phase phase) const {
  Split split;
  for (const auto& [layer, count] : kinds_) {
    const Split of_layer = BestSplit(layer, block, phase);
    if (layer == 0 || of_layer.total() < split.total()) split = of_layer;
  }
  std::vector<std::pair<double, int>> by_speed;  // seconds of a layer, how many of them
  for (std::size_t i = 0; i < capacity_.size(); ++i) {
    double shortest = std::numeric_limits<double>::infinity();
    for (const auto& [layer, count] : kinds_) {
      shortest = std::min(shortest, LayerOn(devices_.all()[i], layer, block));
    }
    by_speed.emplace_back(shortest, capacity_[i]);
  }
  std::sort(by_speed.begin(), by_speed.end());
  double seconds = 0;
  int left = inputs_.shape.config.layers;
  for (const auto& [of_layer, capacity] : by_speed) {
    if (left == 0 || of_layer >= split.total()) break;
    seconds += std::min(left, capacity) * of_layer;
    left -= std::min(left, capacity);
  }
  if (left == 0) {
    return seconds + (DevicesNeeded() - 1) * MessageSeconds(block.rows, phase);
  }
  // The first of the split ones without an exchange; those may also be all there are between
  // devices.
  return seconds + left * split.total() - split.exchange;
}

int CellBound::DevicesNeeded() const {
  std::vector<int> capacity = capacity_;
  std::sort(capacity.rbegin(), capacity.rend());
  int devices = 0;
  for (int left = inputs_.shape.config.layers; left > 0 && devices < std::ssize(capacity);) {
    left -= capacity[static_cast<std::size_t>(devices++)];
  }
  return devices;
}

// With every row at the beginning of a range of contexts. Never on one device alone.
CellBound::Split CellBound::BestSplit(int layer, const RowBlock& block, Phase phase) const {
  Split best{std::numeric_limits<double>::infinity(), 0};
  if (devices_.all().size() == 1) return best;
  const std::int64_t before = block.before / kContextStep * kContextStep;
  const auto [found, is_new] = splits_.try_emplace({layer, block.rows, before});
  if (is_new) {
    found->second = LeastSplitSeconds(inputs_.shape, devices_.all(), layer, block.rows,
                                      LeastContext({block.rows, before}));
  }
  for (std::size_t i = 0; i < found->second.size(); ++i) {
    const Split split{found->second[i],
                      ExchangeSeconds(static_cast<int>(i) + 2, block.rows, phase)};
    if (split.total() < best.total()) best = split;
  }
  return best;
}

double CellBound::LayerOn(const BoundDevice& device, int layer, const RowBlock& block) const {
  return LayerSeconds(inputs_.shape, device, inputs_.residual, layer, block);
}

double CellBound::ExchangeSeconds(int devices, std::int64_t rows, Phase phase) const {
  const double wire = WireSeconds(kCollectiveChannel, rows, phase);
  const int others = devices - 1;
  const double one_round = latency_ + others * (message_ + wire);
  int messages = 0;
  while ((1 << messages) < devices) ++messages;
  return std::min(one_round, 2 * latency_ + messages * message_ + 2.0 * others / devices * wire);
}

double CellBound::MessageSeconds(std::int64_t rows, Phase phase) const {
  return latency_ + message_ + WireSeconds(kBatchChannel, rows, phase);
}

double CellBound::WireSeconds(int channel, std::int64_t rows, Phase phase) const {
  double factor = std::numeric_limits<double>::infinity();
  for (const PayloadFactors& factors : inputs_.exchanges) {
    factor = std::min(factor, FactorOf(factors, channel, phase == Phase::kStep, rows));
  }
  const auto bytes =
      static_cast<double>(rows * RowBytes(inputs_.wire, inputs_.shape.config.hidden));
  return bytes * factor * byte_seconds_;
}

double CellBound::FastestOf(const std::vector<OpCall>& ops) const {
  double least = std::numeric_limits<double>::infinity();
  for (const BoundDevice& device : devices_.all()) least = std::min(least, device.Seconds(ops));
  return least;
}

}  // namespace jupiter
