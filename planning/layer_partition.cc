#include "planning/layer_partition.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "kernels/base/check.h"
#include "planning/layer_shortfall.h"

namespace jupiter {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
// Sums of the same numbers in another order differ in their last bits; that is no gain.
constexpr double kSame = 1e-9;

std::size_t Index(int i) { return static_cast<std::size_t>(i); }

// The programme from the last position to the first. Its state is the next device with layers and
// its first layer, since a stage's time depends on whom it sends to.
class LayerProgramme {
 public:
  LayerProgramme(const StageTable& stages, const std::vector<int>& order)
      : stages_(stages),
        order_(order),
        slowest_(order.size(), std::vector<double>(Index(stages.layers()), kNever)) {}

  // Seconds of the slowest stage in the best plan, or `limit` when none is below.
  double Solve(double limit);
  // Layers per position of the plan that Solve(infinity) found.
  std::vector<int> Layers() const;

 private:
  // Receivers that take equally long to send to; slowest[l] when the first of them with layers
  // begins at l.
  struct Receivers {
    double send = 0;
    std::vector<double> slowest;
  };
  std::vector<Receivers> ReceiversOf(int position) const;
  double BestFrom(int position, int begin, const std::vector<Receivers>& receivers,
                  double limit) const;
  // The first position behind that can go on from layer `end` in time, or 0.
  int NextWithin(int position, double seconds, int end, double allowed) const;
  // A position other than the source's has at least a layer.
  int FirstEnd(int position, int begin) const { return position == 0 ? begin : begin + 1; }

  const StageTable& stages_;
  const std::vector<int>& order_;
  // [position][layer]: of this stage and those behind when it begins with the layer.
  std::vector<std::vector<double>> slowest_;
};

std::vector<LayerProgramme::Receivers> LayerProgramme::ReceiversOf(int position) const {
  std::vector<Receivers> all;
  for (std::size_t next = Index(position) + 1; next < order_.size(); ++next) {
    const double send = stages_.Send(order_[Index(position)], order_[next]);
    auto same = std::find_if(all.begin(), all.end(),
                             [&](const Receivers& receivers) { return receivers.send == send; });
    if (same == all.end()) {
      all.push_back({send, slowest_[next]});
      continue;
    }
    for (std::size_t l = 0; l < same->slowest.size(); ++l) {
      same->slowest[l] = std::min(same->slowest[l], slowest_[next][l]);
    }
  }
  return all;
}

double LayerProgramme::BestFrom(int position, int begin, const std::vector<Receivers>& receivers,
                                double limit) const {
  const int device = order_[Index(position)];
  double best = limit;
  for (int end = FirstEnd(position, begin); end <= stages_.layers(); ++end) {
    // Longer stages need more of both.
    const double seconds = stages_.Seconds(device, begin, end);
    if (seconds >= best || !stages_.Fits(device, begin, end)) break;
    if (end == stages_.layers()) return seconds;
    for (const Receivers& next : receivers) {
      best = std::min(best, std::max(seconds + next.send, next.slowest[Index(end)]));
    }
  }
  return best;
}

double LayerProgramme::Solve(double limit) {
  for (int position = static_cast<int>(order_.size()) - 1; position >= 0; --position) {
    const std::vector<Receivers> receivers = ReceiversOf(position);
    const int begins = position == 0 ? 1 : stages_.layers();
    for (int begin = 0; begin < begins; ++begin) {
      slowest_[Index(position)][Index(begin)] = BestFrom(position, begin, receivers, limit);
    }
  }
  return slowest_[0][0];
}

int LayerProgramme::NextWithin(int position, double seconds, int end, double allowed) const {
  for (std::size_t next = Index(position) + 1; next < order_.size(); ++next) {
    const double send = stages_.Send(order_[Index(position)], order_[next]);
    if (std::max(seconds + send, slowest_[next][Index(end)]) <= allowed) {
      return static_cast<int>(next);
    }
  }
  return 0;
}

std::vector<int> LayerProgramme::Layers() const {
  const double allowed = slowest_[0][0] * (1 + kSame);
  std::vector<int> layers(order_.size(), 0);
  int position = 0;
  int begin = 0;
  while (begin < stages_.layers()) {
    const int device = order_[Index(position)];
    int end = stages_.layers();
    int next = 0;
    for (; end >= FirstEnd(position, begin); --end) {
      const double seconds = stages_.Seconds(device, begin, end);
      if (seconds > allowed || !stages_.Fits(device, begin, end)) continue;
      if (end == stages_.layers()) break;
      next = NextWithin(position, seconds, end, allowed);
      if (next > 0) break;
    }
    JUPITER_CHECK(end >= FirstEnd(position, begin), "position {} layer {}", position, begin);
    layers[Index(position)] = end - begin;
    position = next;
    begin = end;
  }
  return layers;
}

double SlowestStage(const StageTable& stages, const std::vector<int>& order,
                    const std::vector<int>& layers) {
  double slowest = 0;
  int begin = 0;
  std::size_t position = 0;
  while (begin < stages.layers() || position == 0) {
    const int end = begin + layers[position];
    double seconds = stages.Seconds(order[position], begin, end);
    std::size_t next = position + 1;
    while (next < order.size() && layers[next] == 0) ++next;
    if (end < stages.layers()) seconds += stages.Send(order[position], order[next]);
    slowest = std::max(slowest, seconds);
    begin = end;
    position = next;
  }
  return slowest;
}

void CheckOrder(const StageTable& stages, const std::vector<int>& order) {
  std::vector<int> all(Index(stages.devices()));
  std::iota(all.begin(), all.end(), 0);
  JUPITER_CHECK(std::is_permutation(order.begin(), order.end(), all.begin(), all.end()));
}

LayerPartition Infeasible(const StageTable& stages, const LayerShortfall& shortfall,
                          const std::vector<int>& order) {
  LayerPartition partition;
  partition.reason = Describe(shortfall, stages);
  partition.obstacle = MemoryIsShort(stages) ? Obstacle::kMemory : Obstacle::kCannotCut;
  partition.order = order;
  return partition;
}

// The order whose smallest shortfall is smallest.
LayerPartition InfeasibleInEveryOrder(const StageTable& stages, std::vector<int> order) {
  std::vector<int> best_order = order;
  LayerShortfall best = SmallestShortfall(stages, order);
  while (std::next_permutation(order.begin() + 1, order.end())) {
    const LayerShortfall shortfall = SmallestShortfall(stages, order);
    if (shortfall.bytes >= best.bytes) continue;
    best = shortfall;
    best_order = order;
  }
  return Infeasible(stages, best, best_order);
}

}  // namespace

LayerPartition PartitionLayers(const LayerPartitionProblem& problem,
                               const std::vector<int>& order) {
  JUPITER_CHECK(!order.empty());
  const StageTable stages(problem, order[0]);
  CheckOrder(stages, order);
  LayerProgramme programme(stages, order);
  if (programme.Solve(kNever) == kNever) {
    return Infeasible(stages, SmallestShortfall(stages, order), order);
  }
  LayerPartition partition;
  partition.feasible = true;
  partition.order = order;
  partition.layers = programme.Layers();
  partition.slowest_seconds = SlowestStage(stages, order, partition.layers);
  return partition;
}

LayerPartition PartitionLayersInBestOrder(const LayerPartitionProblem& problem) {
  const StageTable stages(problem, 0);
  if (stages.devices() > kMostDevicesToOrder) {
    FailUser("{} devices: the best order is searched for up to {}; leave --any-order "
             "out, then the devices are taken as the cluster file lists them",
             stages.devices(), kMostDevicesToOrder);
  }
  std::vector<int> order(Index(stages.devices()));
  std::iota(order.begin(), order.end(), 0);
  const std::vector<int> first = order;
  std::vector<int> best_order;
  double limit = kNever;
  do {
    const double slowest = LayerProgramme(stages, order).Solve(limit);
    if (slowest >= limit) continue;
    limit = slowest * (1 - kSame);
    best_order = order;
  } while (std::next_permutation(order.begin() + 1, order.end()));
  if (best_order.empty()) return InfeasibleInEveryOrder(stages, first);
  return PartitionLayers(problem, best_order);
}

}  // namespace jupiter
