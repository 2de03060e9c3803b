// --bandwidth, as all programs take it.
#include "bench/flags/bandwidth_flag.h"

#include <gtest/gtest.h>

#include "kernels/base/check.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

std::string BandwidthRefusal(const std::string& text) {
  return RefusalOf([&] { ParseBandwidths(text); });
}

TEST(BandwidthFlagTest, TakesMegabitsAndFractions) {
  EXPECT_EQ(ParseBandwidths(""), (std::vector<double>{0}));
  EXPECT_EQ(ParseBandwidths("100"), (std::vector<double>{100e6}));
  EXPECT_EQ(ParseBandwidths("0.5,1e3,1000000"), (std::vector<double>{0.5e6, 1e9, 1e12}));
}

TEST(BandwidthFlagTest, RefusesWhatNoLinkHas) {
  for (const char* text :
       {"0", "-1", "1000001", "nan", "inf", "100,", ",100", "100,,10", "fast", "100mbit", " 100"}) {
    const std::string expected =
        std::string("--bandwidth ") + text + ": expected Mbit/s above 0, at most 1e+06, got '";
    EXPECT_EQ(BandwidthRefusal(text).substr(0, expected.size()), expected);
  }
  EXPECT_EQ(BandwidthRefusal("100,10,100.0"), "--bandwidth 100,10,100.0: 100 is given twice");
  EXPECT_THROW(WithBandwidth(Cluster{}, "1,2"), UserError);
}

TEST(BandwidthFlagTest, SetsEveryLink) {
  Cluster cluster;
  cluster.links.assign(2, std::vector<Link>(2));
  for (std::vector<Link>& row : cluster.links) {
    for (Link& link : row) link.bandwidth = 7;
  }
  EXPECT_EQ(WithBandwidth(cluster, "").links[0][1].bandwidth, 7);
  EXPECT_EQ(WithBandwidth(cluster, "2.5").links[0][1].bandwidth, 2.5e6);
  EXPECT_EQ(WithBandwidth(cluster, 3e6).links[1][0].bandwidth, 3e6);
}

}  // namespace
}  // namespace jupiter
