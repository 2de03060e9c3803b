// Measures the device at hand, or every rank's device and the links between them.
//
//   jupiter_profile --model model.gguf --out my-board.yaml
//   mpirun -np 4 --hostfile hosts jupiter_profile --model model.gguf --cluster my.yaml
//
// stdout has tables of what was measured; progress is on stderr.
#include <algorithm>
#include <cstdio>

#include "bench/profile/link_meter.h"
#include "bench/profile/profile_flags.h"
#include "bench/profile/profile_report.h"
#include "bench/report/host_facts.h"
#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "kernels/memory.h"
#include "model/checkpoint/fingerprint.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/weights.h"
#include "parallel/transport/peer_bytes.h"
#include "parallel/transport/together.h"
#include "planning/testbed/cluster_write.h"
#include "planning/testbed/profile_write.h"

namespace jupiter {
namespace {

// Above this load average other processes take turns with the measurement.
constexpr double kIdleLoad = 0.5;

class Profiling {
 public:
  Profiling(Context& context, const ProfileFlags& flags)
      : context_(context), flags_(flags), transport_(context) {
    CheckFacts(transport_, flags.for_all_ranks);
    Together(transport_, [&] { Open(); });
    CheckFacts(transport_, {{"model", fmt::format("{:016x}", FingerprintModel(*checkpoint_))}});
  }

  int Execute() {
    MeasureInTurn();
    const std::vector<std::string> profiles = Gather(transport_, ToYaml(profile_));
    const std::vector<std::string> tables = Gather(transport_, table_);
    for (const std::string& table : tables) fmt::print("{}\n", table);
    Cluster cluster = MakeCluster(profiles);
    if (!flags_.cluster.empty()) AddLinks(cluster);
    Together(transport_, [&] {
      if (context_.rank() == 0) Save(cluster);
    });
    return 0;
  }

 private:
  void Open() {
    device_ = MakeDevice(flags_.engine.device,
                         {.threads = ThreadsPerRank(flags_.engine, context_), .isa = {}});
    ToSessionOptions(flags_.engine);  // refuses what is missing before a file is opened
    checkpoint_ = OpenCheckpoint(flags_.engine.model);
    options_ = ToMeterOptions(flags_, checkpoint_->config());
    CheckQuantises(*checkpoint_, options_.quantise);
    if (context_.rank() != 0) return;
    CheckWritable(flags_.out);
    CheckWritable(flags_.cluster);
  }

  // Ranks of one host disturb each other, so they measure one after another; hosts do so together.
  void MeasureInTurn() {
    int turns = 0;
    const std::vector<std::string> sizes =
        AllGather(transport_, fmt::format("{}", context_.local_size()));
    for (int rank = 0; rank < transport_.size(); ++rank) {
      int size = 0;
      ReadFields(transport_, rank, "the ranks of its host", sizes[static_cast<std::size_t>(rank)],
                 size);
      turns = std::max(turns, size);
    }
    for (int turn = 0; turn < turns; ++turn) {
      Together(transport_, [&] {
        if (turn == context_.local_rank()) MeasureOwn();
      });
    }
  }

  void MeasureOwn() {
    const ProfileOrigin origin = Origin();
    const std::string rank =
        context_.size() > 1 ? fmt::format("{}: ", context_.Describe(context_.rank())) : "";
    const DeviceMeasurement measurement =
        MeasureDevice(*device_, *checkpoint_, options_,
                      [&](const std::string& line) { fmt::print(stderr, "{}{}\n", rank, line); });
    if (origin.load > kIdleLoad) {
      fmt::print(stderr, "{}note: the load average was {:.1f}; times are those of a busy machine\n",
                 rank, origin.load);
    }
    profile_ = ToProfile(measurement, origin, DeviceName());
    table_ = ShowProfile(measurement, profile_);
  }

  ProfileOrigin Origin() const {
    const std::string quantised =
        options_.quantise ? fmt::format(" as {}", Name(*options_.quantise)) : "";
    return {.host = context_.host(context_.rank()),
            .date = Today(),
            .device = device_->Describe(),
            .model = fmt::format("{}{}, KV {}", checkpoint_->config().name, quantised,
                                 Name(options_.kv)),
            .total_memory = TotalMemory(),
            .available_memory = AvailableHostMemory() / context_.local_size(),
            .ranks = context_.local_size(),
            .load = LoadAverage()};
  }

  // The host's name, with a number where it has several ranks.
  std::string DeviceName() const {
    if (context_.size() == 1 && !flags_.name.empty()) return flags_.name;
    const std::string& host = context_.host(context_.rank());
    return context_.local_size() == 1 ? host : fmt::format("{}-{}", host, context_.local_rank());
  }

  // Without links; at rank 0.
  Cluster MakeCluster(const std::vector<std::string>& profiles) const {
    Cluster cluster;
    cluster.name = flags_.name.empty() ? "measured" : flags_.name;
    for (std::size_t rank = 0; rank < profiles.size(); ++rank) {
      ClusterDevice device;
      device.host = context_.host(static_cast<int>(rank));
      device.profile = ParsePeer(transport_, static_cast<int>(rank), "a device profile",
                                 [&] { return ParseDeviceProfile(profiles[rank], "the profile"); });
      device.name = device.profile.name;
      cluster.devices.push_back(device);
    }
    cluster.links.assign(cluster.devices.size(), std::vector<Link>(cluster.devices.size()));
    return cluster;
  }

  // Collective.
  void AddLinks(Cluster& cluster) {
    if (context_.rank() == 0 && context_.size() > 1) {
      fmt::print(stderr, "measuring {} links\n", context_.size() * (context_.size() - 1));
    }
    const LinkTimes times = MeasureLinks(transport_, {});
    if (context_.rank() == 0) fmt::print("{}", FitLinks(times, cluster));
  }

  void Save(const Cluster& cluster) const {
    if (!flags_.out.empty()) SaveDeviceProfile(profile_, flags_.out);
    if (!flags_.cluster.empty()) SaveCluster(cluster, flags_.cluster);
    const std::string& path = flags_.out.empty() ? flags_.cluster : flags_.out;
    if (!path.empty()) fmt::print(stderr, "wrote {}\n", path);
    if (std::fflush(stdout) != 0) FailUser("the tables could not be written to stdout");
  }

  Context& context_;
  const ProfileFlags& flags_;
  Transport transport_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Checkpoint> checkpoint_;
  MeterOptions options_;
  DeviceProfile profile_;
  std::string table_;
};

int ExecuteProfile(Context& context, int argc, char** argv) {
  const ProfileFlags flags = ParseProfileFlags(argc, argv, context.size());
  SetDeadline(context, flags.engine);
  return Profiling(context, flags).Execute();
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  jupiter::Context context(&argc, &argv);
  return jupiter::RunProgram(context, [&] { return jupiter::ExecuteProfile(context, argc, argv); });
}
