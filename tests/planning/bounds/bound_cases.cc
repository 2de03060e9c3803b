#include "tests/planning/bounds/bound_cases.h"

#include <cmath>
#include <utility>

#include "planning/cost/memory_model.h"

namespace jupiter {

ModelShape SmallShape(int layers, bool mixed) {
  ModelShape shape;
  ModelConfig& config = shape.config;
  config.layers = layers;
  config.hidden = 256;
  config.heads = 8;
  config.kv_heads = 4;
  config.head_dim = 32;
  config.ffn = 512;
  config.vocab = 320;
  config.context = 4096;
  const auto all = [](DType type) { return LayerTypes{type, type, type, type, type, type, type}; };
  shape.layers.assign(static_cast<std::size_t>(layers), all(DType::kQ4_0));
  for (int layer = 0; mixed && layer < 2; ++layer) {
    shape.layers[static_cast<std::size_t>(layer)] = all(DType::kF32);
  }
  shape.embedding = DType::kF16;
  shape.head = DType::kQ8_0;
  shape.kv = DType::kF16;
  return shape;
}

ClusterDevice DeviceOf(const std::string& name, const Speeds& speeds, std::int64_t bytes) {
  ClusterDevice device;
  device.name = device.profile.name = name;
  device.profile.total_memory = device.profile.usable_memory = {static_cast<double>(bytes), "test"};
  Roofline& roof = device.profile.roofline;
  roof.memory_bandwidth = {speeds.memory, "test"};
  roof.seconds_per_op = {speeds.per_op, "test"};
  roof.op_rate[DType::kF32] = {speeds.products, "test"};
  roof.other_rate = {speeds.others, "test"};
  return device;
}

Cluster ClusterOf(std::vector<ClusterDevice> devices, const Link& link) {
  Cluster cluster;
  cluster.name = "test";
  cluster.devices = std::move(devices);
  cluster.links.assign(cluster.devices.size(), std::vector<Link>(cluster.devices.size(), link));
  return cluster;
}

std::int64_t WeightsOf(const ModelShape& shape) {
  std::int64_t weights = EmbeddingBytes(shape) + HeadBytes(shape);
  for (int layer = 0; layer < shape.config.layers; ++layer) weights += LayerBytes(shape, layer);
  return weights;
}

Cluster RandomCluster(Dice& dice, int devices, const ModelShape& shape) {
  const std::int64_t weights = WeightsOf(shape);
  const auto rate = [&] { return 1e8 * std::pow(10, 0.25 * dice.Roll(9)); };
  std::vector<ClusterDevice> all;
  const bool alike = dice.Roll(3) == 0;
  for (int i = 0; i < devices; ++i) {
    const std::string name = std::to_string(i);
    if (alike && i > 0) {
      all.push_back(all.front());
      all.back().name = name;
      continue;
    }
    all.push_back(DeviceOf(name, {rate(), rate(), rate(), dice.Roll(3) * 1e-5},
                           dice.Roll(2) == 0 ? 3 * weights : weights * (6 + dice.Roll(4)) / 10));
  }
  Link link;
  link.bandwidth = 1e5 * std::pow(10, 0.5 * dice.Roll(10));
  link.latency = dice.Roll(2) * 1e-3;
  link.host_seconds = dice.Roll(2) * 1e-4;
  return ClusterOf(std::move(all), link);
}

std::vector<SetWork> PlainWork(int prompt_tokens, int tokens) {
  RequestWork request{.prompt = prompt_tokens};
  for (int step = 0; step + 1 < tokens; ++step) {
    request.steps.push_back({1, std::int64_t{prompt_tokens} + step, 1});
  }
  return {{0, {std::move(request)}}};
}

}  // namespace jupiter
