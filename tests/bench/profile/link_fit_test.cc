// Fits of links against times that come from known terms.
#include "bench/profile/link_fit.h"

#include <gtest/gtest.h>

#include "kernels/base/rng.h"
#include "planning/testbed/cluster_write.h"

namespace jupiter {
namespace {

// Times of messages over the link, off by up to `noise`.
std::vector<LinkSample> Samples(const Link& link, double noise) {
  std::vector<LinkSample> samples;
  const CounterRng rng(5);
  for (const double bytes :
       {64.0, 1088.0, 4160.0, 16448.0, 65600.0, 262208.0, 1048640.0, 4194368.0}) {
    const auto off = [&](std::uint64_t which) {
      return 1 + noise * (2 * rng.Uniform(2 * samples.size() + which) - 1);
    };
    const double host = link.HostSeconds(bytes);
    samples.push_back(
        {bytes, (2 * host + link.latency + link.WireSeconds(bytes)) * off(0), host * off(1)});
  }
  return samples;
}

Link Gigabit() {
  Link link;
  link.bandwidth = 0.94e9;
  link.latency = 80e-6;
  link.host_seconds = 15e-6;
  link.host_seconds_per_byte = 0.5e-9;
  return link;
}

void ExpectLink(const Link& actual, const Link& expected, double tolerance) {
  EXPECT_NEAR(actual.bandwidth / expected.bandwidth, 1, tolerance);
  EXPECT_NEAR(actual.latency, expected.latency, tolerance * (expected.latency + 1e-12));
  EXPECT_NEAR(actual.host_seconds, expected.host_seconds, tolerance * expected.host_seconds);
  EXPECT_NEAR(actual.host_seconds_per_byte, expected.host_seconds_per_byte,
              tolerance * expected.host_seconds_per_byte + 1e-18);
  EXPECT_EQ(actual.efficiency, 1);
  EXPECT_EQ(actual.wire_seconds, 0);
}

TEST(LinkFitTest, ExactTimesGiveTheTerms) {
  const LinkFit fit = FitLink(Samples(Gigabit(), 0));
  ExpectLink(fit.link, Gigabit(), 1e-6);
  EXPECT_LT(fit.worst_error, 1e-9);
  EXPECT_TRUE(fit.notes.empty());
}

TEST(LinkFitTest, NoiseMovesTheTermsLittle) {
  const LinkFit fit = FitLink(Samples(Gigabit(), 0.05));
  ExpectLink(fit.link, Gigabit(), 0.1);
  EXPECT_LT(fit.worst_error, 0.12);
}

TEST(LinkFitTest, HostTimePerByteIsZeroWhereTheSenderDoesNotShowIt) {
  Link link = Gigabit();
  link.host_seconds_per_byte = 0;
  const LinkFit fit = FitLink(Samples(link, 0.05));
  ExpectLink(fit.link, link, 0.1);
  ASSERT_EQ(fit.notes.size(), 1u);
  EXPECT_NE(fit.notes[0].find("host time per byte is 0"), std::string::npos);
}

TEST(LinkFitTest, LatencyIsZeroWhereHostsTakeAllOfIt) {
  Link link = Gigabit();
  link.latency = 0;
  std::vector<LinkSample> samples = Samples(link, 0);
  for (LinkSample& sample : samples) sample.one_way -= link.host_seconds / 2;
  const LinkFit fit = FitLink(samples);
  EXPECT_EQ(fit.link.latency, 0);
  EXPECT_NEAR(fit.link.host_seconds, 0.75 * link.host_seconds, 1e-9);
  ASSERT_EQ(fit.notes.size(), 1u);
  EXPECT_NE(fit.notes[0].find("latency is 0"), std::string::npos);
}

TEST(LinkFitTest, HostsThatSeemSlowerThanTheWholeLeaveTheBandwidthPositive) {
  std::vector<LinkSample> samples = Samples(Gigabit(), 0);
  for (LinkSample& sample : samples) sample.send = sample.one_way;  // it blocks until delivery
  const LinkFit fit = FitLink(samples);
  EXPECT_EQ(fit.link.host_seconds_per_byte, 0);
  EXPECT_NEAR(fit.link.bandwidth, 8 / (8 / 0.94e9 + 1e-9), 1e3);
}

TEST(LinkFitTest, TimesThatFallWithTheSizeGiveALinkThatLoads) {
  Cluster cluster;
  cluster.name = "falling";
  cluster.links.assign(2, std::vector<Link>(2));
  cluster.links[0][1] = FitLink({{64, 2e-6, 1e-6}, {4096, 1e-6, 5e-7}}).link;
  cluster.links[1][0] = FitLink({{64, 1e-9, 1e-9}, {4096, 3000, 2000}}).link;
  for (const char* name : {"a", "b"}) {
    ClusterDevice device;
    device.name = name;
    device.profile.name = name;
    device.profile.total_memory = device.profile.usable_memory = {1e9, "test"};
    device.profile.roofline = {
        {1e9, "test"}, {0, "test"}, {{DType::kF32, {1e9, "test"}}}, {1e9, "test"}};
    cluster.devices.push_back(device);
  }
  const Cluster loaded = ParseCluster(ToYaml(cluster), "falling.yaml");
  EXPECT_EQ(loaded.links[0][1].bandwidth, 1e12);
  EXPECT_GE(loaded.links[1][0].bandwidth, 1e3);
}

}  // namespace
}  // namespace jupiter
