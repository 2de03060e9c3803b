#include "planning/testbed/cluster_write.h"

#include <iterator>
#include <map>

#include "kernels/base/check.h"
#include "planning/testbed/profile_write.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

std::string TraceText(const RateTrace& trace) {
  std::string text = "[";
  for (const RateStep& step : trace.steps()) {
    text += fmt::format("{}{{at: {}, factor: {}}}", text.size() > 1 ? ", " : "",
                        FormatQuantity(step.start, Dimension::kTime),
                        FormatQuantity(step.rate, Dimension::kFraction));
  }
  return text + "]";
}

// Lines "key: value", each after `indent`.
std::string LinkLines(const Link& link, std::string_view indent) {
  std::string lines;
  const auto line = [&](std::string_view key, std::string_view value) {
    lines += fmt::format("{}{}: {}\n", indent, key, value);
  };
  line("bandwidth", FormatQuantity(link.bandwidth, Dimension::kBitRate));
  line("efficiency", FormatQuantity(link.efficiency, Dimension::kFraction));
  line("latency", FormatQuantity(link.latency, Dimension::kTime));
  line("wire_overhead", FormatQuantity(link.wire_seconds, Dimension::kTime));
  line("host_overhead", FormatQuantity(link.host_seconds, Dimension::kTime));
  line("host_time_per_byte", FormatQuantity(link.host_seconds_per_byte, Dimension::kTimePerByte));
  line("trace", TraceText(link.trace));
  return lines;
}

// The distinct profiles of a cluster, each under a key of its own.
class ProfileKeys {
 public:
  const std::string& KeyOf(const DeviceProfile& profile) {
    std::string lines = ProfileLines(profile, "    ");
    const auto known = key_of_.find(lines);
    if (known != key_of_.end()) return known->second;
    std::string key = profile.name;
    for (int i = 2; !names_.emplace(key, true).second; ++i) {
      key = fmt::format("{}-{}", profile.name, i);
    }
    text_ += fmt::format("  {}:\n{}", QuoteYaml(key), lines);
    return key_of_.emplace(std::move(lines), key).first->second;
  }
  const std::string& text() const { return text_; }

 private:
  std::map<std::string, std::string> key_of_;  // by the lines of the profile
  std::map<std::string, bool> names_;
  std::string text_;
};

std::string DeviceLines(const ClusterDevice& device, const std::string& profile_key) {
  std::string lines = fmt::format("  - name: {}\n", QuoteYaml(device.name));
  if (!device.host.empty()) lines += fmt::format("    host: {}\n", QuoteYaml(device.host));
  lines += fmt::format("    profile: {}\n", QuoteYaml(profile_key));
  if (!device.speed.steps().empty()) {
    lines += fmt::format("    speed: {}\n", TraceText(device.speed));
  }
  return lines;
}

std::string PairLines(const Cluster& cluster, std::size_t from, std::size_t to, bool one_way) {
  return fmt::format("  - from: {}\n    to: {}\n{}{}", QuoteYaml(cluster.devices[from].name),
                     QuoteYaml(cluster.devices[to].name), one_way ? "    one_way: true\n" : "",
                     LinkLines(cluster.links[from][to], "    "));
}

// Pairs whose link is not the default one; both directions at once where they are equal.
std::string PairsText(const Cluster& cluster, const std::string& default_lines) {
  std::string text;
  const auto lines = [&](std::size_t from, std::size_t to) {
    return LinkLines(cluster.links[from][to], "  ");
  };
  for (std::size_t from = 0; from < cluster.devices.size(); ++from) {
    for (std::size_t to = from + 1; to < cluster.devices.size(); ++to) {
      const std::string there = lines(from, to);
      const std::string back = lines(to, from);
      if (there == back && there == default_lines) continue;
      text += PairLines(cluster, from, to, there != back);
      if (there != back) text += PairLines(cluster, to, from, true);
    }
  }
  return text;
}

}  // namespace

std::string ToYaml(const Cluster& cluster) {
  JUPITER_CHECK(!cluster.devices.empty() && cluster.links.size() == cluster.devices.size());
  ProfileKeys profiles;
  std::string devices;
  for (const ClusterDevice& device : cluster.devices) {
    devices += DeviceLines(device, profiles.KeyOf(device.profile));
  }
  std::string text =
      fmt::format("jupiter_cluster: 1\nname: {}\nmedium: {}\ndevices:\n{}profiles:\n{}",
                  QuoteYaml(cluster.name), cluster.shared_medium ? "shared" : "switched", devices,
                  profiles.text());
  if (cluster.size() == 1) return text;
  const std::string link = LinkLines(cluster.links[0][1], "  ");
  text += "link:\n" + link;
  const std::string pairs = PairsText(cluster, link);
  if (!pairs.empty()) text += "links:\n" + pairs;
  return text;
}

void SaveCluster(const Cluster& cluster, const std::string& path) {
  WriteTextFile(path, ToYaml(cluster));
}

}  // namespace jupiter
