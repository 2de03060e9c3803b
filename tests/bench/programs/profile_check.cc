// Loads what jupiter_profile wrote, for profile_test.py.
//
//   profile_check profile|cluster FILE MODEL QUANTIZE|-
//
// Prints a line per device with its measured points and the time of a layer of the model; exit code
// 1 and a line for every table or time that is missing.
#include <fmt/format.h>

#include <optional>
#include <string>

#include "kernels/base/check.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/weights.h"
#include "planning/cost/model_ops.h"
#include "planning/testbed/cluster.h"
#include "planning/testbed/profile_costs.h"

namespace jupiter {
namespace {

bool HasTable(const DeviceProfile& profile, const OpCall& op) {
  for (const MeasuredOp& table : profile.measured) {
    if (table.kind == op.kind && table.weight == op.weight && table.input == op.input &&
        table.inner == op.inner && table.outer == op.outer) {
      return true;
    }
  }
  return false;
}

std::vector<OpCall> NeededOps(const ModelShape& shape) {
  std::vector<OpCall> needed = EmbedOps(shape, 1);
  for (int layer = 0; layer < shape.config.layers; ++layer) {
    for (const OpCall& op : LayerOps(shape, layer, {7, 20})) needed.push_back(op);
  }
  for (const OpCall& op : HeadOps(shape, 1)) needed.push_back(op);
  for (const DType wire : {DType::kF32, DType::kF16, DType::kQ8_0}) {
    needed.push_back(ExportOp(shape, wire, 7));
    needed.push_back(ImportOp(shape, wire, 7));
  }
  needed.push_back(RoundOp(shape, DType::kF16, 7));
  return needed;
}

// The number of problems.
int CheckProfile(const DeviceProfile& profile, const ModelShape& shape) {
  const ProfileCosts costs(profile);
  int problems = 0;
  for (const OpCall& op : NeededOps(shape)) {
    if (HasTable(profile, op) && costs.Seconds(op) > 0) continue;
    ++problems;
    fmt::print("{}: no time of {} {} {} -> {}\n", profile.name, Name(op.kind), Name(op.weight),
               op.inner, op.outer);
  }
  std::size_t points = 0;
  for (const MeasuredOp& table : profile.measured) {
    for (const MeasuredPoint& point : table.points) {
      ++points;
      if (!(point.seconds > 0)) ++problems;
    }
  }
  fmt::print("{}: {} points, a layer of 7 rows takes {:.1f} us\n", profile.name, points,
             1e6 * Seconds(costs, LayerOps(shape, 0, {7, 20})));
  return problems;
}

int CheckLinks(const Cluster& cluster) {
  int problems = 0;
  for (int from = 0; from < cluster.size(); ++from) {
    for (int to = 0; to < cluster.size(); ++to) {
      if (from == to) continue;
      const Link& link =
          cluster.links[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
      fmt::print("link {} {} {} bit/s\n", from, to, link.bandwidth);
      // At the limit of the format the fit has failed.
      if (!(link.bandwidth > 1e6 && link.bandwidth < 1e12 && link.HostSeconds(1) >= 0)) ++problems;
      if (link.efficiency != 1) ++problems;
    }
  }
  return problems;
}

int Main(const std::string& kind, const std::string& path, const std::string& model,
         const std::string& quantise) {
  const std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint(model);
  const ModelShape shape =
      ShapeOf(*checkpoint, quantise == "-" ? std::nullopt : ParseDType(quantise), DType::kF32);
  if (kind == "profile") return CheckProfile(LoadDeviceProfile(path), shape) == 0 ? 0 : 1;
  const Cluster cluster = LoadCluster(path);
  int problems = CheckLinks(cluster);
  for (const ClusterDevice& device : cluster.devices) {
    problems += CheckProfile(device.profile, shape);
    if (device.host.empty()) ++problems;
    fmt::print("device {} on {}\n", device.name, device.host);
  }
  return problems == 0 ? 0 : 1;
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  try {
    return jupiter::Main(argv[1], argv[2], argv[3], argv[4]);
  } catch (const jupiter::UserError& error) {
    fmt::print("{}\n", error.what());
    return 2;
  }
}
