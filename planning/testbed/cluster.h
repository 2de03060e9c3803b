// A described testbed: devices, and the network between them. Cluster files are YAML, see
// experiments/clusters/README.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "planning/testbed/device_profile.h"
#include "planning/testbed/op_costs.h"
#include "planning/testbed/rate_trace.h"

namespace jupiter {

// What a message meets between two devices. A message of b bytes (frame and header included)
//   occupies the sender for host_seconds + b * host_seconds_per_byte, then waits for the sender's
//   egress queue, occupies it for wire_seconds + 8 b / (bandwidth * efficiency),
//   begins to arrive latency seconds after it began to leave, waits for the receiver's ingress
//   queue and occupies it for the same time,
//   and occupies the receiver, when that takes it, for host_seconds + b * host_seconds_per_byte.
struct Link {
  double bandwidth = 1e9;            // bit/s, nominal
  double efficiency = 1;             // goodput / nominal, in (0, 1]
  double latency = 0;                // seconds
  double wire_seconds = 0;           // per message, occupies the link
  double host_seconds = 0;           // per message, occupies sender and receiver
  double host_seconds_per_byte = 0;  // staging copies, likewise
  RateTrace trace;                   // factor on the bandwidth over time

  // Seconds on the wire at the nominal bandwidth, without latency.
  double WireSeconds(double bytes) const {
    return wire_seconds + 8 * bytes / (bandwidth * efficiency);
  }
  double HostSeconds(double bytes) const { return host_seconds + bytes * host_seconds_per_byte; }
};

struct ClusterDevice {
  std::string name;  // unique in the cluster
  std::string host;  // where a real rank of this device runs; may be empty
  DeviceProfile profile;
  RateTrace speed;  // factor on the device's speed over time (a straggler has less than 1)
  // Times of ops; null: those of the profile. Files of clusters do not have it.
  std::shared_ptr<const OpCosts> costs;
};

struct Cluster {
  std::string name;
  std::vector<ClusterDevice> devices;    // by rank; rank 0 has the prompt
  std::vector<std::vector<Link>> links;  // [from][to]; the diagonal is unused
  // One message at a time in the whole network (Wi-Fi, a hub) instead of a queue per device and
  // direction.
  bool shared_medium = false;
  int devices_line = 0;  // of the file it was read from, for messages; 0: of none

  int size() const { return static_cast<int>(devices.size()); }
};

// Throws UserError "FILE: line L: KEY: ..." for everything that is wrong. Device profiles are in
// the file itself, or named as FindDeviceProfile finds them.
Cluster LoadCluster(const std::string& path);
// The same from text; `path` names it in errors and is where profiles are looked for.
Cluster ParseCluster(const std::string& text, const std::string& path);
// The path of a cluster file, or of a shipped one by its name ("env-a"), as FindDataFile finds
// them.
std::string FindCluster(const std::string& name_or_path);

// What ops take on a device.
std::shared_ptr<const OpCosts> OpCostsOf(const ClusterDevice& device);

// Names of the devices, by rank.
std::vector<std::string> DeviceNames(const Cluster& cluster);

// The same cluster with every link at this bandwidth (bit/s).
Cluster AtBandwidth(Cluster cluster, double bandwidth);

}  // namespace jupiter
