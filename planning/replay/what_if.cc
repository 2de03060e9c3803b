#include "planning/replay/what_if.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace jupiter {
namespace {

class FasterCosts : public OpCosts {
 public:
  FasterCosts(std::shared_ptr<const OpCosts> costs, double times)
      : costs_(std::move(costs)), times_(times) {}
  double Seconds(const OpCall& op) const override { return costs_->Seconds(op) / times_; }

 private:
  std::shared_ptr<const OpCosts> costs_;
  double times_;
};

template <typename F>
Testbed WithLinks(Testbed testbed, F&& change) {
  for (std::vector<Link>& from : testbed.links) {
    for (Link& link : from) change(link);
  }
  return testbed;
}

}  // namespace

std::vector<Change> OneThingBetter(const Testbed& testbed, const std::vector<std::string>& names,
                                   double times) {
  std::vector<Change> changes;
  changes.push_back({fmt::format("bandwidth x {}", times),
                     WithLinks(testbed, [&](Link& link) { link.bandwidth *= times; })});
  changes.push_back({fmt::format("latency / {}", times),
                     WithLinks(testbed, [&](Link& link) { link.latency /= times; })});
  changes.push_back(
      {fmt::format("host time of messages / {}", times), WithLinks(testbed, [&](Link& link) {
         link.host_seconds /= times;
         link.host_seconds_per_byte /= times;
       })});
  Testbed all_faster = testbed;
  for (auto& costs : all_faster.costs) costs = std::make_shared<FasterCosts>(costs, times);
  changes.push_back({fmt::format("every device x {}", times), all_faster});
  for (std::size_t rank = 0; rank < names.size(); ++rank) {
    changes.push_back({fmt::format("rank {}, {}, x {}", rank, names[rank], times), testbed});
    changes.back().testbed.costs[rank] = all_faster.costs[rank];
  }
  return changes;
}

}  // namespace jupiter
