#include "planning/partition/layer_partition.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/base/check.h"
#include "planning/partition/layer_shortfall.h"
#include "planning/partition/search.h"

namespace jupiter {
namespace {

// Sums of the same numbers in another order differ in their last bits; that is no gain.
constexpr double kSame = 1e-9;

// What the stage at a position takes to receive from one before it.
double ReceiveSeconds(const LayerPartitionProblem& problem, const std::vector<int>& order, int from,
                      int to) {
  if (problem.receive_seconds.empty()) return 0;
  return problem.receive_seconds[Index(order[Index(from)])][Index(order[Index(to)])];
}

// The dynamic program, from the last position to the first. Its state is the next device with
// layers, its first layer and what it takes to receive, since a stage's time depends on both of its
// neighbours.
class LayerSearch {
 public:
  LayerSearch(const LayerPartitionProblem& problem, const StageTable& stages,
              const std::vector<int>& order);

  // Seconds of the slowest stage in the best plan, or `limit` when none is below.
  double Solve(double limit);
  // Layers per position of the plan that Solve(infinity) found.
  std::vector<int> Layers() const;

 private:
  // Senders from which a position takes the same time to receive.
  struct Senders {
    double receive = 0;
    // [layer]: of this stage and those after it, when it begins with the layer.
    std::vector<double> slowest;
  };
  // Receivers to which sending takes the same time; slowest[l] when the first of them with layers
  // begins at l.
  struct Receivers {
    double send = 0;
    std::vector<double> slowest;
  };
  void AddSender(int position, double receive);
  // Of the stage at `to`, which receives from the one at `from`, and those after it.
  const std::vector<double>& SlowestBehind(int from, int to) const {
    return senders_[Index(to)][kind_[Index(to)][Index(from)]].slowest;
  }
  std::vector<Receivers> ReceiversOf(int position) const;
  double BestFrom(int position, double receive, int begin, const std::vector<Receivers>& receivers,
                  double limit) const;
  // The first later position that can go on from layer `end` in time, or 0.
  int NextWithin(int position, double seconds, int end, double allowed) const;
  // A position other than the source's has at least a layer.
  int FirstEnd(int position, int begin) const { return position == 0 ? begin : begin + 1; }

  const LayerPartitionProblem& problem_;
  const StageTable& stages_;
  const std::vector<int>& order_;
  std::vector<std::vector<Senders>> senders_;   // [position][kind]; the source has one, of no time
  std::vector<std::vector<std::size_t>> kind_;  // [position][sender's position]
};

LayerSearch::LayerSearch(const LayerPartitionProblem& problem, const StageTable& stages,
                         const std::vector<int>& order)
    : problem_(problem),
      stages_(stages),
      order_(order),
      senders_(order.size()),
      kind_(order.size()) {
  AddSender(0, 0);
  for (int to = 1; to < static_cast<int>(order.size()); ++to) {
    for (int from = 0; from < to; ++from) AddSender(to, ReceiveSeconds(problem, order, from, to));
  }
}

void LayerSearch::AddSender(int position, double receive) {
  std::vector<Senders>& all = senders_[Index(position)];
  const auto same = std::find_if(
      all.begin(), all.end(), [&](const Senders& senders) { return senders.receive == receive; });
  kind_[Index(position)].push_back(static_cast<std::size_t>(same - all.begin()));
  if (same == all.end()) {
    all.push_back({receive, std::vector<double>(Index(stages_.layers()), kNever)});
  }
}

std::vector<LayerSearch::Receivers> LayerSearch::ReceiversOf(int position) const {
  std::vector<Receivers> all;
  for (int next = position + 1; next < static_cast<int>(order_.size()); ++next) {
    const double send = stages_.Send(order_[Index(position)], order_[Index(next)]);
    const std::vector<double>& slowest = SlowestBehind(position, next);
    auto same = std::find_if(all.begin(), all.end(),
                             [&](const Receivers& receivers) { return receivers.send == send; });
    if (same == all.end()) {
      all.push_back({send, slowest});
      continue;
    }
    for (std::size_t l = 0; l < same->slowest.size(); ++l) {
      same->slowest[l] = std::min(same->slowest[l], slowest[l]);
    }
  }
  return all;
}

double LayerSearch::BestFrom(int position, double receive, int begin,
                             const std::vector<Receivers>& receivers, double limit) const {
  const int device = order_[Index(position)];
  double best = limit;
  for (int end = FirstEnd(position, begin); end <= stages_.layers(); ++end) {
    // A longer stage takes more time and more bytes.
    const double seconds = receive + stages_.Seconds(device, begin, end);
    if (seconds >= best || !stages_.Fits(device, begin, end)) break;
    if (end == stages_.layers()) return seconds;
    for (const Receivers& next : receivers) {
      best = std::min(best, std::max(seconds + next.send, next.slowest[Index(end)]));
    }
  }
  return best;
}

double LayerSearch::Solve(double limit) {
  for (int position = static_cast<int>(order_.size()) - 1; position >= 0; --position) {
    const std::vector<Receivers> receivers = ReceiversOf(position);
    const int begins = position == 0 ? 1 : stages_.layers();
    for (Senders& senders : senders_[Index(position)]) {
      for (int begin = 0; begin < begins; ++begin) {
        senders.slowest[Index(begin)] =
            BestFrom(position, senders.receive, begin, receivers, limit);
      }
    }
  }
  return senders_[0][0].slowest[0];
}

int LayerSearch::NextWithin(int position, double seconds, int end, double allowed) const {
  for (int next = position + 1; next < static_cast<int>(order_.size()); ++next) {
    const double send = stages_.Send(order_[Index(position)], order_[Index(next)]);
    if (std::max(seconds + send, SlowestBehind(position, next)[Index(end)]) <= allowed) return next;
  }
  return 0;
}

std::vector<int> LayerSearch::Layers() const {
  const double allowed = senders_[0][0].slowest[0] * (1 + kSame);
  std::vector<int> layers(order_.size(), 0);
  int position = 0;
  int begin = 0;
  double receive = 0;
  while (begin < stages_.layers()) {
    const int device = order_[Index(position)];
    int end = stages_.layers();
    int next = 0;
    for (; end >= FirstEnd(position, begin); --end) {
      const double seconds = receive + stages_.Seconds(device, begin, end);
      if (seconds > allowed || !stages_.Fits(device, begin, end)) continue;
      if (end == stages_.layers()) break;
      next = NextWithin(position, seconds, end, allowed);
      if (next > 0) break;
    }
    JUPITER_CHECK(end >= FirstEnd(position, begin), "position {} layer {}", position, begin);
    layers[Index(position)] = end - begin;
    receive = ReceiveSeconds(problem_, order_, position, next);
    position = next;
    begin = end;
  }
  return layers;
}

double SlowestStage(const LayerPartitionProblem& problem, const StageTable& stages,
                    const std::vector<int>& order, const std::vector<int>& layers) {
  double slowest = 0;
  double receive = 0;
  int begin = 0;
  int position = 0;
  while (begin < stages.layers() || position == 0) {
    const int end = begin + layers[Index(position)];
    double seconds = receive + stages.Seconds(order[Index(position)], begin, end);
    int next = position + 1;
    while (Index(next) < order.size() && layers[Index(next)] == 0) ++next;
    if (end < stages.layers()) {
      seconds += stages.Send(order[Index(position)], order[Index(next)]);
      receive = ReceiveSeconds(problem, order, position, next);
    }
    slowest = std::max(slowest, seconds);
    begin = end;
    position = next;
  }
  return slowest;
}

void CheckReceives(const LayerPartitionProblem& problem) {
  if (problem.receive_seconds.empty()) return;
  const std::size_t devices = problem.budget.size();
  JUPITER_CHECK(problem.receive_seconds.size() == devices, "receive_seconds {}",
                problem.receive_seconds.size());
  for (const std::vector<double>& row : problem.receive_seconds) {
    JUPITER_CHECK(row.size() == devices, "receive_seconds {}", row.size());
    for (double seconds : row) JUPITER_CHECK(std::isfinite(seconds) && seconds >= 0, "{}", seconds);
  }
}

void CheckDeviceOrder(const StageTable& stages, const std::vector<int>& order) {
  std::vector<int> all(Index(stages.devices()));
  std::iota(all.begin(), all.end(), 0);
  JUPITER_CHECK(std::is_permutation(order.begin(), order.end(), all.begin(), all.end()));
}

LayerPartition InfeasiblePartition(const StageTable& stages, const LayerShortfall& shortfall,
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
  return InfeasiblePartition(stages, best, best_order);
}

}  // namespace

LayerPartition PartitionLayers(const LayerPartitionProblem& problem,
                               const std::vector<int>& order) {
  JUPITER_CHECK(!order.empty());
  CheckReceives(problem);
  const StageTable stages(problem, order[0]);
  CheckDeviceOrder(stages, order);
  LayerSearch search(problem, stages, order);
  if (search.Solve(kNever) == kNever) {
    return InfeasiblePartition(stages, SmallestShortfall(stages, order), order);
  }
  LayerPartition partition;
  partition.feasible = true;
  partition.order = order;
  partition.layers = search.Layers();
  partition.slowest_seconds = SlowestStage(problem, stages, order, partition.layers);
  return partition;
}

LayerPartition PartitionLayersInBestOrder(const LayerPartitionProblem& problem) {
  CheckReceives(problem);
  const StageTable stages(problem, 0);
  if (stages.devices() > kMostDevicesToOrder) {
    FailUser(
        "{} devices: the best order is searched for up to {}; leave --any-order "
        "out, then the devices are taken as the cluster file lists them",
        stages.devices(), kMostDevicesToOrder);
  }
  std::vector<int> order(Index(stages.devices()));
  std::iota(order.begin(), order.end(), 0);
  const std::vector<int> first = order;
  std::vector<int> best_order;
  double limit = kNever;
  do {
    const double slowest = LayerSearch(problem, stages, order).Solve(limit);
    if (slowest >= limit) continue;
    limit = slowest * (1 - kSame);
    best_order = order;
  } while (std::next_permutation(order.begin() + 1, order.end()));
  if (best_order.empty()) return InfeasibleInEveryOrder(stages, first);
  return PartitionLayers(problem, best_order);
}

}  // namespace jupiter
