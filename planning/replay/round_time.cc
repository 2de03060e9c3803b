#include "planning/replay/round_time.h"

#include <algorithm>
#include <numeric>
#include <variant>

#include "kernels/base/check.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"

namespace jupiter {
namespace {

double SumSeconds(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// Adds up what a rank's batches of steps take.
class RankWork {
 public:
  RankWork(const Testbed& testbed, int rank, std::size_t first, std::size_t count)
      : testbed_(testbed), rank_(rank), first_(first), last_(first + count) {}

  void Take(const MarkEvent& event) {
    if (event.kind == MarkKind::kPromptBatch) in_step_ = false;
    if (event.kind != MarkKind::kStepBatch) return;
    in_step_ = true;
    rows_ = event.index;
    ++batches_;
  }
  void Take(const OpEvent& event) {
    if (!counts()) return;
    busy_ += testbed_.costs[static_cast<std::size_t>(rank_)]->Seconds(event.op);
  }
  void Take(const SendEvent& event) {
    if (!counts()) return;
    const Link& link = LinkOf(rank_, event.peer);
    const double bytes = Bytes(event.channel, event.header_bytes, event.payload_bytes);
    busy_ += link.HostSeconds(bytes);
    wire_ += link.WireSeconds(bytes);
    peer_ = event.peer;
  }
  void Take(const ReceiveEvent& event) {
    if (!counts()) return;
    busy_ += LinkOf(event.peer, rank_)
                 .HostSeconds(Bytes(event.channel, event.header_bytes, event.payload_bytes));
  }

  std::size_t batches() const { return batches_; }
  double busy() const { return busy_; }
  double wire() const { return wire_; }
  double latency() const { return peer_ < 0 ? 0 : LinkOf(rank_, peer_).latency; }

 private:
  bool counts() const { return in_step_ && batches_ > first_ && batches_ <= last_; }
  const Link& LinkOf(int from, int to) const {
    return testbed_.links[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }
  double Bytes(int channel, std::int64_t header, std::int64_t payload) const {
    return static_cast<double>(header) +
           static_cast<double>(payload) *
               FactorOf(testbed_.payload_factors, channel, /*in_step=*/true, rows_);
  }

  const Testbed& testbed_;
  int rank_ = 0;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
  bool in_step_ = false;
  std::int64_t rows_ = 0;
  std::size_t batches_ = 0;  // begun
  double busy_ = 0;
  double wire_ = 0;
  int peer_ = -1;
};

}  // namespace

double BatchWork::Pass() const { return SumSeconds(stages) + SumSeconds(links) + latency; }

double BatchWork::Busiest() const {
  double most = 0;
  for (double seconds : stages) most = std::max(most, seconds);
  for (double seconds : links) most = std::max(most, seconds);
  return most;
}

RoundTime PredictRound(const BatchWork& work, int batches) {
  JUPITER_CHECK(batches > 0 && !work.stages.empty(), "{} batches", batches);
  RoundTime round;
  round.seconds = std::max(work.Pass(), batches * work.Busiest());
  round.in_flight = batches;
  if (round.seconds == 0) return round;
  round.at_work = batches * work.Pass() / round.seconds;
  round.utilisation =
      batches * SumSeconds(work.stages) / static_cast<double>(work.stages.size()) / round.seconds;
  return round;
}

BatchWork BatchWorkOf(const RunRecord& record, const Testbed& testbed,
                      const std::vector<int>& stages, std::size_t first, std::size_t count) {
  JUPITER_CHECK(count > 0);
  BatchWork work;
  for (int stage : stages) {
    RankWork rank(testbed, stage, first, count);
    for (const Event& event : record.ranks[static_cast<std::size_t>(stage)].events) {
      std::visit([&](const auto& of_kind) { rank.Take(of_kind); }, event);
    }
    JUPITER_CHECK(rank.batches() >= first + count, "rank {}: {} batches of steps, expected {}",
                  stage, rank.batches(), first + count);
    work.stages.push_back(rank.busy() / static_cast<double>(count));
    work.links.push_back(rank.wire() / static_cast<double>(count));
    work.latency += rank.latency();
  }
  if (stages.size() == 1) work.links.clear();
  return work;
}

}  // namespace jupiter
