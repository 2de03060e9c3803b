#include "planning/testbed/cluster.h"

#include <map>
#include <set>
#include <utility>

#include "kernels/base/check.h"
#include "planning/testbed/op_costs.h"
#include "planning/testbed/profile_costs.h"
#include "planning/testbed/profile_format.h"
#include "planning/text/find_data.h"

namespace jupiter {
namespace {

constexpr std::size_t kMostDevices = 4096;
constexpr std::size_t kMostSteps = 100'000;
constexpr QuantityRange kFactor{Dimension::kFraction, 0, 1000};
// Where it is not 0, it is far enough above: what hardly moves never ends.
constexpr double kLeastFactor = 1e-6;

// [{at: TIME, factor: NUMBER}, ...]
RateTrace ReadTrace(const YamlValue& value) {
  std::vector<RateStep> steps;
  for (const YamlValue& item : value.List(0, kMostSteps)) {
    const YamlMap map(item, {"at", "factor"});
    const YamlValue at = map.At("at");
    const YamlValue factor = map.At("factor");
    const RateStep step{at.Quantity(kSecondsRange), factor.Quantity(kFactor)};
    if (step.rate > 0 && step.rate < kLeastFactor) {
      factor.FailGot(fmt::format("expected 0, or {} to {}", kLeastFactor, kFactor.most));
    }
    if (!steps.empty() && step.start <= steps.back().start) {
      at.FailGot("expected a later time than that of the step before");
    }
    steps.push_back(step);
  }
  if (steps.empty()) return {};
  if (steps.back().rate == 0) {
    value.Fail("the last factor is 0, so nothing would ever end; add a step with a larger one");
  }
  return RateTrace(std::move(steps));
}

// Where a key is missing, the link stays as it is.
void ReadLink(const YamlMap& map, Link& link) {
  const auto read = [&map](std::string_view key, const QuantityRange& range, double& number) {
    if (const auto value = map.Find(key)) number = value->Quantity(range);
  };
  read("bandwidth", kBandwidthRange, link.bandwidth);
  read("efficiency", kEfficiencyRange, link.efficiency);
  read("latency", kSecondsRange, link.latency);
  read("wire_overhead", kSecondsRange, link.wire_seconds);
  read("host_overhead", kSecondsRange, link.host_seconds);
  read("host_time_per_byte", kSecondsPerByteRange, link.host_seconds_per_byte);
  if (const auto trace = map.Find("trace")) link.trace = ReadTrace(*trace);
}

Link ReadDefaultLink(const YamlMap& root) {
  const YamlMap map(root.At("link"), {"bandwidth", "efficiency", "latency", "wire_overhead",
                                      "host_overhead", "host_time_per_byte", "trace"});
  map.At("bandwidth");
  Link link;
  ReadLink(map, link);
  return link;
}

using Profiles = std::map<std::string, DeviceProfile>;

Profiles ReadProfiles(const YamlMap& root) {
  Profiles profiles;
  const auto value = root.Find("profiles");
  if (!value) return profiles;
  for (const YamlEntry& entry : Entries(*value)) {
    profiles.emplace(entry.name, ReadProfile(entry.value));
  }
  return profiles;
}

// Finds profiles by the name that a device gives; each is read once.
class ProfileReader {
 public:
  ProfileReader(Profiles profiles, const std::string& cluster_path)
      : profiles_(std::move(profiles)), cluster_path_(cluster_path) {}

  const DeviceProfile& Read(const YamlValue& value) {
    const std::string& name = value.Name();
    const auto known = profiles_.find(name);
    if (known != profiles_.end()) return known->second;
    return profiles_.emplace(name, LoadDeviceProfile(Find(name, value))).first->second;
  }

 private:
  std::string Find(const std::string& name, const YamlValue& value) const {
    try {
      return FindDeviceProfile(name, cluster_path_);
    } catch (const UserError& error) {
      value.Fail(error.what());
    }
  }

  Profiles profiles_;
  const std::string& cluster_path_;
};

ClusterDevice ReadDevice(const YamlValue& value, ProfileReader& profiles) {
  const YamlMap map(value, {"name", "host", "profile", "memory", "speed"});
  ClusterDevice device;
  device.name = map.At("name").Name();
  if (const auto host = map.Find("host")) device.host = host->Name();
  device.profile = profiles.Read(map.At("profile"));
  if (const auto memory = map.Find("memory")) {
    ReadMemory(*memory, device.profile.total_memory, device.profile.usable_memory);
  }
  if (const auto speed = map.Find("speed")) device.speed = ReadTrace(*speed);
  return device;
}

using Ranks = std::map<std::string, std::size_t>;  // by device name

Ranks ReadDevices(const YamlMap& root, ProfileReader& profiles, Cluster& cluster) {
  Ranks ranks;
  const YamlValue list = root.At("devices");
  cluster.devices_line = list.node().line;
  for (const YamlValue& item : list.List(1, kMostDevices)) {
    ClusterDevice device = ReadDevice(item, profiles);
    const auto [first, is_new] = ranks.emplace(device.name, cluster.devices.size());
    if (!is_new) {
      item.Fail(fmt::format("the name {} is that of devices[{}], too; give each its own",
                            Show(device.name), first->second));
    }
    cluster.devices.push_back(std::move(device));
  }
  return ranks;
}

std::size_t ReadRank(const YamlValue& value, const Ranks& ranks) {
  const std::string& name = value.Name();
  const auto found = ranks.find(name);
  if (found != ranks.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [device, rank] : ranks) {
    if (known.size() < 16) known.push_back(device);
  }
  value.Fail(fmt::format("unknown device {}{}", Show(name), ExpectedOneOf(name, known)));
}

// The links of pairs; each starts as the default link.
class PairReader {
 public:
  PairReader(const Ranks& ranks, Cluster& cluster) : ranks_(ranks), cluster_(cluster) {}

  void Read(const YamlValue& value) {
    const YamlMap map(value, {"from", "to", "one_way", "bandwidth", "efficiency", "latency",
                              "wire_overhead", "host_overhead", "host_time_per_byte", "trace"});
    const std::size_t from = ReadRank(map.At("from"), ranks_);
    const std::size_t to = ReadRank(map.At("to"), ranks_);
    if (from == to) value.Fail("a link from a device to itself; name two devices");
    const auto one_way = map.Find("one_way");
    Place(map, from, to);
    if (!one_way || !one_way->Bool()) Place(map, to, from);
  }

 private:
  void Place(const YamlMap& map, std::size_t from, std::size_t to) {
    if (!seen_.emplace(from, to).second) {
      map.value().Fail(
          fmt::format("a second link from {} to {}; keep one, or mark both with \"one_way: true\"",
                      Show(cluster_.devices[from].name), Show(cluster_.devices[to].name)));
    }
    ReadLink(map, cluster_.links[from][to]);
  }

  const Ranks& ranks_;
  Cluster& cluster_;
  std::set<std::pair<std::size_t, std::size_t>> seen_;
};

void ReadLinks(const YamlMap& root, const Ranks& ranks, Cluster& cluster) {
  const std::size_t n = cluster.devices.size();
  const Link link = n > 1 || root.Find("link") ? ReadDefaultLink(root) : Link();
  cluster.links.assign(n, std::vector<Link>(n, link));
  for (std::size_t i = 0; i < n; ++i) cluster.links[i][i] = Link();
  const auto list = root.Find("links");
  if (!list) return;
  PairReader reader(ranks, cluster);
  for (const YamlValue& item : list->List(0, n * n)) reader.Read(item);
}

bool ReadMedium(const YamlMap& root) {
  const auto medium = root.Find("medium");
  if (!medium || medium->Text() == "switched") return false;
  if (medium->Text() != "shared") medium->FailGot("expected switched or shared");
  return true;
}

}  // namespace

Cluster ParseCluster(const std::string& text, const std::string& path) {
  const YamlNode root = ParseYaml(text, path);
  const YamlMap map({root, path, ""},
                    {"jupiter_cluster", "name", "medium", "profiles", "devices", "link", "links"});
  CheckFormatVersion(map, "jupiter_cluster");
  Cluster cluster;
  cluster.name = map.At("name").Name();
  cluster.shared_medium = ReadMedium(map);
  ProfileReader profiles(ReadProfiles(map), path);
  const Ranks ranks = ReadDevices(map, profiles, cluster);
  ReadLinks(map, ranks, cluster);
  return cluster;
}

Cluster LoadCluster(const std::string& path) {
  return ParseCluster(ReadYamlFile(path, "a cluster file"), path);
}

std::string FindCluster(const std::string& name_or_path) {
  return FindDataFile({"cluster", "clusters"}, name_or_path);
}

std::shared_ptr<const OpCosts> OpCostsOf(const ClusterDevice& device) {
  return device.costs != nullptr ? device.costs
                                 : std::make_shared<const ProfileCosts>(device.profile);
}

std::vector<std::string> DeviceNames(const Cluster& cluster) {
  std::vector<std::string> names;
  for (const ClusterDevice& device : cluster.devices) names.push_back(device.name);
  return names;
}

Cluster AtBandwidth(Cluster cluster, double bandwidth) {
  JUPITER_CHECK(bandwidth > 0, "{} bit/s", bandwidth);
  for (std::vector<Link>& row : cluster.links) {
    for (Link& link : row) link.bandwidth = bandwidth;
  }
  return cluster;
}

}  // namespace jupiter
