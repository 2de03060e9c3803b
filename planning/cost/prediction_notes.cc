#include <fmt/ranges.h>

#include "planning/cost/predict.h"

namespace jupiter {

std::vector<std::string> PredictionNotes(const Cluster& cluster) {
  std::vector<std::string> links;
  std::vector<std::string> devices;
  for (std::size_t from = 0; from < cluster.devices.size(); ++from) {
    const std::string& name = cluster.devices[from].name;
    if (!cluster.devices[from].speed.constant()) devices.push_back(name);
    for (std::size_t to = 0; to < cluster.devices.size(); ++to) {
      if (from == to || cluster.links[from][to].trace.constant()) continue;
      links.push_back(fmt::format("{} to {}", name, cluster.devices[to].name));
    }
  }
  std::vector<std::string> notes;
  if (!links.empty()) {
    notes.push_back(fmt::format(
        "predicted for constant bandwidth, as at the start of the traces of {} links (the first: "
        "{}); a replay follows the traces",
        links.size(), links.front()));
  }
  if (!devices.empty()) {
    notes.push_back(fmt::format(
        "predicted for constant speed, as at the start of the speed traces of {}; a replay follows "
        "the traces",
        fmt::join(devices, ", ")));
  }
  if (cluster.shared_medium) {
    notes.push_back(
        "predicted as if messages of different senders did not meet on the shared medium; a replay "
        "lets them wait");
  }
  return notes;
}

}  // namespace jupiter
