#include "planning/bounds/cell_bound.h"

#include <algorithm>
#include <limits>
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

CellBound::CellBound(const BoundInputs& inputs)
    : inputs_(inputs),
      devices_(inputs.cluster),
      throughput_(inputs.shape, devices_.all(), inputs.residual, inputs.drafts) {
  const Cluster& cluster = inputs.cluster;
  byte_seconds_ = latency_ = message_ = std::numeric_limits<double>::infinity();
  for (int i = 0; i < cluster.size(); ++i) {
    const ClusterDevice& device = cluster.devices[static_cast<std::size_t>(i)];
    capacity_.push_back(CapacityOf(inputs.shape, device));
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
  return std::max(slowest, throughput_.LeastSeconds(all));
}

double CellBound::RequestSeconds(const RequestWork& request) const {
  return Prefill(request) + StepsSeconds(request, [&](const StepWork& step) {
           return WayOf({step.rows, step.before}, Phase::kStep);
         });
}

double CellBound::Prefill(const RequestWork& request) const {
  RowsWork rows = RowsOf({request.before, 0});
  rows += RowsOf({request.prompt, request.before});
  rows.head_rows = 1;
  rows.draft_steps = inputs_.drafts.any() ? 1 : 0;
  const std::int64_t last = request.before + request.prompt - 1;
  return std::max(throughput_.LeastSeconds(rows), WayOf({1, last}, Phase::kPrompt));
}

double CellBound::WayOf(const RowBlock& block, Phase phase) const {
  return FastestOf(EmbedOps(inputs_.shape, block.rows)) + LayersWay(block, phase) +
         FastestOf(HeadOps(inputs_.shape, block.rows)) +
         FastestOf(DraftOps(inputs_.shape, inputs_.drafts));
}

// The way of rows through all layers: the larger of two bounds. One takes each layer for itself,
// one counts layers alike and knows how many of them a device can hold.
double CellBound::LayersWay(const RowBlock& block, Phase phase) const {
  return std::max(EachLayersWay(block, phase), FilledLayersWay(block, phase));
}

// Every layer on the fastest device, or on several: the first without an exchange, as every device
// can embed rows for itself.
double CellBound::EachLayersWay(const RowBlock& block, Phase phase) const {
  double seconds = 0;
  for (const auto& [layer, count] : kinds_) {
    double one = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < capacity_.size(); ++i) {
      if (capacity_[i] > 0) one = std::min(one, LayerOn(devices_.all()[i], layer, block));
    }
    const Split split = BestSplit(layer, block, phase);
    const double least = std::min(one, split.total());
    seconds += count * least;
    if (layer == 0) seconds += std::min(one, split.seconds) - least;
  }
  return seconds;
}

// So many layers, each as long as the shortest, on the devices that take least for them: without
// the messages between these.
double CellBound::FillSeconds(int layers, const std::vector<std::pair<double, int>>& by_speed) {
  double seconds = 0;
  for (const auto& [of_layer, capacity] : by_speed) {
    const int taken = std::min(layers, capacity);
    if (taken > 0) seconds += taken * of_layer;
    layers -= taken;
  }
  return layers > 0 ? std::numeric_limits<double>::infinity() : seconds;
}

// Any number of layers split, the rest where there is room. Without a split layer there are
// messages between the devices that it takes to hold the layers. With some, there is an exchange
// for each, but for the first of all layers; where that one is split and others are not, one device
// gets its sum.
double CellBound::FilledLayersWay(const RowBlock& block, Phase phase) const {
  Split split;
  for (const auto& [layer, count] : kinds_) {
    const Split of_layer = BestSplit(layer, block, phase);
    if (layer == 0 || of_layer.seconds < split.seconds) split.seconds = of_layer.seconds;
    if (layer == 0 || of_layer.exchange < split.exchange) split.exchange = of_layer.exchange;
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
  const int layers = inputs_.shape.config.layers;
  const int hops = DevicesNeeded() - 1;
  const double message = hops > 0 ? MessageSeconds(block.rows, phase) : 0;
  double least = FillSeconds(layers, by_speed) + hops * message;
  if (capacity_.size() == 1) return least;
  const double sum = std::min(split.exchange, MessageSeconds(block.rows, phase));
  for (int count = 1; count <= layers; ++count) {
    const double exchanges = (count - 1) * split.exchange + (count < layers ? sum : 0);
    least =
        std::min(least, FillSeconds(layers - count, by_speed) + count * split.seconds + exchanges);
  }
  return least;
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
