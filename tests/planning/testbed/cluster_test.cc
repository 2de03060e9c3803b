// Cluster files: what arrives, the shipped ones, exact round trips, one line for every mistake.
#include "planning/testbed/cluster.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "planning/testbed/cluster_write.h"
#include "planning/testbed/profile_write.h"
#include "tests/planning/testbed_texts.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

std::string ClusterRefusal(const std::string& text) {
  return RefusalOf([&] { ParseCluster(text, "f.yaml"); });
}
std::string ClusterRefusalWith(const std::string& from, const std::string& to) {
  return ClusterRefusal(Replaced(kClusterText, from, to));
}

std::string ShippedPath(const std::string& name) {
  const std::filesystem::path profile = FindDeviceProfile("jetson-nano", "");
  return (profile.parent_path().parent_path() / "clusters" / (name + ".yaml")).string();
}

void ExpectSameTrace(const RateTrace& a, const RateTrace& b) {
  ASSERT_EQ(a.steps().size(), b.steps().size());
  for (std::size_t i = 0; i < a.steps().size(); ++i) {
    EXPECT_EQ(a.steps()[i].start, b.steps()[i].start);
    EXPECT_EQ(a.steps()[i].rate, b.steps()[i].rate);
  }
}

void ExpectSameLink(const Link& a, const Link& b) {
  EXPECT_EQ(a.bandwidth, b.bandwidth);
  EXPECT_EQ(a.efficiency, b.efficiency);
  EXPECT_EQ(a.latency, b.latency);
  EXPECT_EQ(a.wire_seconds, b.wire_seconds);
  EXPECT_EQ(a.host_seconds, b.host_seconds);
  EXPECT_EQ(a.host_seconds_per_byte, b.host_seconds_per_byte);
  ExpectSameTrace(a.trace, b.trace);
}

void ExpectSame(const Cluster& a, const Cluster& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.shared_medium, b.shared_medium);
  ASSERT_EQ(a.devices.size(), b.devices.size());
  ASSERT_EQ(a.links.size(), b.links.size());
  for (std::size_t i = 0; i < a.devices.size(); ++i) {
    EXPECT_EQ(a.devices[i].name, b.devices[i].name);
    EXPECT_EQ(a.devices[i].host, b.devices[i].host);
    EXPECT_EQ(ToYaml(a.devices[i].profile), ToYaml(b.devices[i].profile));
    ExpectSameTrace(a.devices[i].speed, b.devices[i].speed);
    ASSERT_EQ(a.links[i].size(), b.links[i].size());
    for (std::size_t j = 0; j < a.links[i].size(); ++j) {
      if (i != j) ExpectSameLink(a.links[i][j], b.links[i][j]);
    }
  }
}

TEST(ClusterTest, ProfilesInTheFileComeBeforeShippedOnes) {
  const Cluster cluster = ParseCluster(kClusterText + OwnProfiles(), "");
  for (const ClusterDevice& device : cluster.devices) EXPECT_EQ(device.profile.name, "board");
  EXPECT_EQ(cluster.devices[1].profile.roofline.op_rate.at(DType::kQ4_0).value, 2.7e12);
}

TEST(ClusterTest, EveryKeyArrives) {
  const Cluster cluster = ParseCluster(kClusterText, "");
  EXPECT_EQ(cluster.name, "test");
  EXPECT_TRUE(cluster.shared_medium);
  ASSERT_EQ(cluster.size(), 3);
  const ClusterDevice& a = cluster.devices[0];
  EXPECT_EQ(a.host, "board-a");
  EXPECT_EQ(a.profile.name, "jetson-nano");
  EXPECT_EQ(a.profile.usable_memory.value, 3 * 1073741824.0);
  EXPECT_EQ(a.profile.usable_memory.source, "nothing else runs");
  EXPECT_EQ(a.profile.total_memory.value, 4 * 1073741824.0);
  ASSERT_EQ(a.speed.steps().size(), 2u);
  EXPECT_EQ(a.speed.steps()[1].start, 2);
  EXPECT_EQ(a.speed.steps()[1].rate, 0.5);
  EXPECT_TRUE(cluster.devices[1].speed.constant());
  const Link& link = cluster.links[1][2];
  EXPECT_EQ(link.bandwidth, 1e8);
  EXPECT_EQ(link.efficiency, 0.94);
  EXPECT_EQ(link.latency, 1e-4);
  EXPECT_EQ(link.wire_seconds, 3e-6);
  EXPECT_EQ(link.host_seconds, 2e-4);
  EXPECT_EQ(link.host_seconds_per_byte, 0.25e-9);
  ASSERT_EQ(link.trace.steps().size(), 2u);
  EXPECT_EQ(link.trace.steps()[0].rate, 0);
}

TEST(ClusterTest, PairsInheritAndAreSymmetricUnlessOneWay) {
  const Cluster cluster = ParseCluster(kClusterText, "");
  for (const Link& link : {cluster.links[0][1], cluster.links[1][0]}) {
    EXPECT_EQ(link.bandwidth, 1e9);
    EXPECT_EQ(link.efficiency, 0.94);
    EXPECT_TRUE(link.trace.steps().empty());
  }
  EXPECT_EQ(cluster.links[2][0].latency, 5e-3);
  EXPECT_EQ(cluster.links[2][0].bandwidth, 1e8);
  EXPECT_EQ(cluster.links[0][2].latency, 1e-4);
}

TEST(ClusterTest, AtBandwidthChangesBandwidthAlone) {
  const Cluster cluster = ParseCluster(kClusterText, "");
  Cluster fast = AtBandwidth(cluster, 5e8);
  EXPECT_EQ(fast.links[0][1].bandwidth, 5e8);
  EXPECT_EQ(fast.links[2][0].bandwidth, 5e8);
  fast.links[0][1].bandwidth = fast.links[1][0].bandwidth = 1e9;
  for (const auto& [from, to] : {std::pair(0, 2), {2, 0}, {1, 2}, {2, 1}}) {
    fast.links[from][to].bandwidth = 1e8;
  }
  ExpectSame(fast, cluster);
}

TEST(ClusterTest, RoundTripIsExact) {
  Cluster cluster = ParseCluster(kClusterText, "");
  cluster.links[1][2].host_seconds = 1e-4 / 3;
  cluster.links[2][1].bandwidth = 94.3e6 / 7;
  cluster.devices[2].profile.roofline.memory_bandwidth.value = 1e10 / 3;  // the same name as of b
  cluster.devices[1].name = "b \"quoted\": #1";
  const std::string text = ToYaml(cluster);
  const Cluster again = ParseCluster(text, "");
  ExpectSame(again, cluster);
  EXPECT_EQ(ToYaml(again), text);
}

TEST(ClusterTest, OneDeviceNeedsNoLink) {
  const Cluster cluster =
      ParseCluster("jupiter_cluster: 1\nname: x\ndevices: [{name: a, profile: jetson-nano}]\n", "");
  EXPECT_EQ(cluster.size(), 1);
  EXPECT_FALSE(cluster.shared_medium);
  ExpectSame(ParseCluster(ToYaml(cluster), ""), cluster);
}

TEST(ClusterTest, ShippedClustersLoadAndRoundTrip) {
  for (const char* name : {"env-a", "env-b", "orin-pi", "mixed-8"}) {
    const Cluster cluster = LoadCluster(ShippedPath(name));
    EXPECT_EQ(cluster.name, name);
    ExpectSame(ParseCluster(ToYaml(cluster), ""), cluster);
  }
  const Cluster a = LoadCluster(ShippedPath("env-a"));
  ASSERT_EQ(a.size(), 4);
  EXPECT_EQ(a.links[3][0].bandwidth, 1e8);
  EXPECT_EQ(a.links[3][0].efficiency, 0.94);
  EXPECT_EQ(a.links[3][0].host_seconds, 0.2e-3);
  const Cluster b = LoadCluster(ShippedPath("env-b"));
  ASSERT_EQ(b.size(), 4);
  EXPECT_EQ(b.devices[3].profile.name, "jetson-nano");
  EXPECT_EQ(b.devices[3].profile.total_memory.value, 8 * 1073741824.0);
  EXPECT_NE(b.devices[3].profile.total_memory.source.find("override"), std::string::npos);
}

TEST(ClusterTest, SavedFilesLoadAndMayBeMoved) {
  const std::string path = testing::TempDir() + "cluster_test_" + std::to_string(getpid());
  const Cluster cluster = ParseCluster(kClusterText, "");
  SaveCluster(cluster, path);
  ExpectSame(LoadCluster(path), cluster);
  std::filesystem::remove(path);
  EXPECT_EQ(RefusalOf([&] { LoadCluster(path); }),
            path + ": no such file, expected a cluster file");
  EXPECT_EQ(RefusalOf([&] { LoadCluster("/"); }),
            "/: a folder, expected a cluster file; name a file in it");
}

TEST(ClusterTest, MistakesAreOneLineWithFileLineAndKey) {
  EXPECT_EQ(ClusterRefusalWith("{name: c, profile: raspberry-pi-5}",
                               "{name: b, profile: raspberry-pi-5}"),
            "f.yaml: line 12: devices[2]: the name \"b\" is that of devices[1], too; give each its "
            "own");
  EXPECT_EQ(ClusterRefusalWith("profile: jetson-nano", "profile: jetson-nan"),
            "f.yaml: line 6: devices[0].profile: no file or shipped device profile "
            "\"jetson-nan\", expected one of jetson-agx-orin, jetson-nano, jetson-orin-nano, "
            "jetson-tx2, jetson-xavier-nx, raspberry-pi-5, x86-laptop; did you mean jetson-nano?");
  EXPECT_EQ(ClusterRefusalWith("from: c, to: a", "from: d, to: a"),
            "f.yaml: line 23: links[1].from: unknown device \"d\", expected one of a, b, c; did "
            "you mean a?");
  EXPECT_EQ(ClusterRefusalWith("from: c, to: a", "from: b, to: a"),
            "f.yaml: line 23: links[1]: a second link from \"b\" to \"a\"; keep one, or mark both "
            "with \"one_way: true\"");
  EXPECT_EQ(ClusterRefusalWith("from: c, to: a", "from: a, to: a"),
            "f.yaml: line 23: links[1]: a link from a device to itself; name two devices");
  EXPECT_EQ(ClusterRefusalWith("94 %", "1.5"),
            "f.yaml: line 15: link.efficiency: expected a number from 1e-06 to 1, got \"1.5\"");
  EXPECT_EQ(ClusterRefusalWith("100 Mbit/s", "100 MB/s"),
            "f.yaml: line 14: link.bandwidth: unknown unit, expected a bandwidth such as \"100 "
            "Mbit/s\" (units: bit/s, kbit/s, Mbit/s, Gbit/s, Tbit/s), got \"100 MB/s\"");
  EXPECT_EQ(ClusterRefusalWith("  bandwidth: 100 Mbit/s\n", ""),
            "f.yaml: line 14: link.bandwidth: missing; add \"bandwidth: ...\"");
  EXPECT_EQ(ClusterRefusalWith("medium: shared", "medium: wifi"),
            "f.yaml: line 3: medium: expected switched or shared, got \"wifi\"");
  EXPECT_EQ(ClusterRefusalWith("{at: 2 s, factor: 2}", "{at: 1 s, factor: 2}"),
            "f.yaml: line 20: link.trace[1].at: expected a later time than that of the step "
            "before, got \"1 s\"");
  EXPECT_EQ(ClusterRefusalWith("{at: 2 s, factor: 2}", "{at: 2 s, factor: 0}"),
            "f.yaml: line 20: link.trace: the last factor is 0, so nothing would ever end; add a "
            "step with a larger one");
  EXPECT_EQ(ClusterRefusalWith("one_way: true", "one_way: yes"),
            "f.yaml: line 23: links[1].one_way: expected true or false, got \"yes\"");
  EXPECT_EQ(ClusterRefusalWith("usable: {value: 3 GiB", "usable: {value: 5 GiB"),
            "f.yaml: line 9: devices[0].memory: usable memory is 5 GiB, expected at most the total "
            "of 4 GiB");
}

TEST(ClusterTest, WrongKindsAndAbsurdNumbersAreRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {"100 Mbit/s", "1 bit/s"},
      {"100 Mbit/s", "2 Tbit/s"},
      {"100 Mbit/s", "nan bit/s"},
      {"94 %", "0"},
      {"94 %", "-0.5"},
      {"latency: 0.1 ms", "latency: -1 ms"},
      {"latency: 0.1 ms", "latency: 2 h"},
      {"0.25 ns/B", "1 s/B"},
      {"0.2 ms", "inf ms"},
      {"factor: 0.5", "factor: -1"},
      {"factor: 0.5", "factor: 1e9"},
      {"factor: 0.5", "factr: 1"},
      {"name: test", "name: "},
      {"host: board-a", "host: [a]"},
      {"link:\n", "lnk:\n"},
      {"source: nothing else runs", "source: "},
      {"devices:\n", "devices: []\nprofiles:\n"},
      {"links:\n", "links: {}\nname2:\n"},
  };
  for (const auto& [from, to] : cases) {
    const std::string line = ClusterRefusalWith(from, to);
    EXPECT_EQ(line.substr(0, 13), "f.yaml: line ") << to << ": " << line;
  }
  EXPECT_EQ(ClusterRefusal("jupiter_cluster: 1\nname: x\ndevices: []\n"),
            "f.yaml: line 3: devices: expected a list of 1 to 4096, got 0");
}

TEST(ClusterTest, ManyDevices) {
  const auto text = [](int devices) {
    std::string text = "jupiter_cluster: 1\nname: x\nlink: {bandwidth: 1 Gbit/s}\ndevices:\n";
    for (int i = 0; i < devices; ++i) {
      text += fmt::format("  - {{name: d{}, profile: jetson-nano}}\n", i);
    }
    return text;
  };
  EXPECT_EQ(ClusterRefusal(text(4097)),
            "f.yaml: line 5: devices: expected a list of 1 to 4096, got 4097");
  const Cluster cluster = ParseCluster(text(256), "");
  EXPECT_EQ(cluster.size(), 256);
  EXPECT_EQ(cluster.links[255][0].bandwidth, 1e9);
}

}  // namespace
}  // namespace jupiter
