// From measurements to a device profile, and to a table that a person reads.
#pragma once

#include <string>
#include <vector>

#include "bench/profile/device_meter.h"
#include "bench/profile/link_fit.h"
#include "planning/testbed/cluster.h"

namespace jupiter {

// Where and when a measurement was made.
struct ProfileOrigin {
  std::string host;
  std::string date;                   // see Today
  std::string device;                 // see Device::Describe
  std::string model;                  // name and types
  std::int64_t total_memory = 0;      // bytes of the host
  std::int64_t available_memory = 0;  // for one rank, before anything was loaded
  int ranks = 1;                      // on this host, which share its memory
  double load = 0;                    // see LoadAverage
};

// "measured by jupiter_profile on HOST, DATE, DEVICE".
std::string SourceOf(const ProfileOrigin& origin);

DeviceProfile ToProfile(const DeviceMeasurement& measurement, const ProfileOrigin& origin,
                        const std::string& name);

// A line per shape: seconds at few, about 64 and many rows; GB/s at few rows and Gop/s at many.
// Then the roofline, and what no op's time holds.
std::string ShowProfile(const DeviceMeasurement& measurement, const DeviceProfile& profile);

// Fits the links of a cluster to the times; returns a table with a line per link, and how well each
// fits.
std::string FitLinks(const LinkTimes& times, Cluster& cluster);

}  // namespace jupiter
