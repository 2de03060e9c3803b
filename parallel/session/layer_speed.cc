#include "parallel/session/layer_speed.h"

#include <algorithm>
#include <array>
#include <vector>

#include "kernels/base/clock.h"
#include "model/stage/quantise.h"
#include "model/stage/weights.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"

namespace jupiter {
namespace {

// Rows of the first feed-forward matrix as the device would hold them. It stands for a layer: the
// same work on every rank, so its share of the layer cancels in the ratio of speeds.
std::unique_ptr<Weight> LoadSample(Device& device, Checkpoint& checkpoint,
                                   std::optional<DType> quantise) {
  constexpr std::int64_t kMostOutputs = 4096;
  const TensorInfo& info = checkpoint.Info("layers.0.w_gate");
  const std::int64_t outputs = std::min(info.rows, kMostOutputs);
  const DType dtype = LoadedType(checkpoint.config(), info, quantise);
  HostTensor host = checkpoint.Read(info.name, {0, outputs, 0, info.columns});
  if (dtype != info.dtype) host = QuantiseRows(host.view, dtype);
  return device.Load(info.name, host.view, 0, info.columns);
}

}  // namespace

double MeasureLayerSpeed(Device& device, Checkpoint& checkpoint, std::optional<DType> quantise) {
  constexpr std::int64_t kRows = 32;
  constexpr int kRepeats = 5;
  const std::unique_ptr<Weight> weight = LoadSample(device, checkpoint, quantise);
  const Tensor x = device.Allocate(weight->input_dtype(), kRows, weight->columns());
  const Tensor out = device.Allocate(DType::kF32, kRows, weight->rows());
  std::array<double, kRepeats> seconds{};
  for (double& time : seconds) {
    device.Finish();
    const double start = Now();
    device.Linear(x.view(), *weight, out.view());
    device.Finish();
    time = Now() - start;
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRepeats / 2, seconds.end());
  return 1.0 / seconds[kRepeats / 2];
}

std::vector<double> GatherSpeeds(Transport& transport, double speed) {
  const std::vector<std::string> texts = AllGather(transport, fmt::format("{}", speed));
  std::vector<double> speeds(texts.size());
  for (int rank = 0; rank < transport.size(); ++rank) {
    const auto index = static_cast<std::size_t>(rank);
    ReadFields(transport, rank, "the speed of a rank", texts[index], speeds[index]);
    if (!(speeds[index] > 0)) transport.FailPeer(rank, "the speed of a rank", texts[index]);
  }
  return speeds;
}

}  // namespace jupiter
