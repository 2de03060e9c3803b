#include <algorithm>
#include <array>
#include <vector>

#include "kernels/base/clock.h"
#include "kernels/base/rng.h"
#include "model/quantise.h"
#include "parallel/session.h"

namespace jupiter {

double MeasureLayerSpeed(Device& device, const ModelConfig& config, std::optional<DType> quantise) {
  // The feed-forward matrix stands for a layer: the same work on every rank, so its share of the
  // layer cancels in the ratio of speeds.
  constexpr std::int64_t kRows = 32;
  constexpr int kRepeats = 5;
  const std::int64_t columns = config.hidden;
  const std::int64_t outputs = std::min(config.ffn, 4096);
  std::vector<float> values(static_cast<std::size_t>(columns * outputs));
  const CounterRng rng(1);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = rng.Uniform(i) - 0.5f;
  const ConstTensorView dense = HostView(values.data(), outputs, columns);
  const bool blocks = quantise && columns % BlockColumns(*quantise) == 0;
  const HostTensor quantised = blocks ? QuantiseRows(dense, *quantise) : HostTensor{dense, nullptr};
  const auto weight = device.Load("speed measurement", quantised.view, 0, columns);
  const Tensor x = device.Allocate(DType::kF32, kRows, columns);
  const Tensor act = blocks ? device.Allocate(DType::kAct8, kRows, columns) : Tensor();
  const Tensor out = device.Allocate(DType::kF32, kRows, outputs);
  if (blocks) device.Quantise(x.view(), act.view());
  std::array<double, kRepeats> seconds{};
  for (double& time : seconds) {
    const double start = Now();
    device.Linear(blocks ? act.view() : x.view(), *weight, out.view());
    time = Now() - start;
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRepeats / 2, seconds.end());
  return 1.0 / seconds[kRepeats / 2];
}

}  // namespace jupiter
