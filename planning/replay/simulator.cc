// Why running ahead is exact. A rank's own events cost what they cost whatever the others do; only
// a receive needs to know about others, and only queues of the network are contended for. So every
// rank runs through ops, marks and sends until a receive whose message has not been delivered, and
// leaves its messages pending in the network. When no rank can go on, the network takes its
// earliest decision, at time t. Nothing that should have come before it can turn up later: a rank
// wakes only through a delivery, deliveries of the decisions to come are at t or later, and what a
// rank does after waking is not before that. (When everything costs nothing, a rank can wake at t
// and send a message that is at its receiver at t: it then comes after the decisions already taken
// at t, on which it depends, whatever the rank's number.) The order of decisions is thus a function
// of record and testbed alone.
#include "planning/replay/simulator.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "kernels/base/check.h"
#include "planning/replay/fit.h"
#include "planning/replay/mailboxes.h"
#include "planning/replay/network.h"
#include "planning/replay/testbed.h"

namespace jupiter {
namespace {

class Simulation {
 public:
  Simulation(const RunRecord& record, const Testbed& testbed, const ReplayOptions& options)
      : record_(record),
        testbed_(testbed),
        options_(options),
        network_(testbed, options.details ? &replay_.trips : nullptr),
        mailboxes_(static_cast<int>(record.ranks.size())),
        ranks_(record.ranks.size()) {
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
      ranks_[rank].rank = static_cast<int>(rank);
    }
    replay_.ranks.resize(ranks_.size());
  }

  Replay Run() {
    for (Rank& rank : ranks_) Advance(rank);
    while (!network_.idle()) {
      const Delivery delivery = network_.Next();
      const SimulatedMessage& message = delivery.message;
      CheckArrives(delivery);
      mailboxes_.Find(message.source, message.destination, message.channel).push_back(delivery);
      Advance(ranks_[static_cast<std::size_t>(message.destination)]);
    }
    CheckAllEnded();
    CheckAllReceived();
    Summarise();
    return std::move(replay_);
  }

 private:
  struct Rank {
    int rank = 0;
    std::size_t next = 0;  // event
    double now = 0;
    bool in_step = false;   // or in the prompt
    std::int64_t rows = 0;  // of the batch
  };

  const std::vector<Event>& EventsOf(const Rank& rank) const {
    return record_.ranks[static_cast<std::size_t>(rank.rank)].events;
  }
  RankReplay& ReplayOf(const Rank& rank) {
    return replay_.ranks[static_cast<std::size_t>(rank.rank)];
  }

  // Until it waits for a message that has not been delivered, or to its end.
  void Advance(Rank& rank) {
    const std::vector<Event>& events = EventsOf(rank);
    const auto take = [&](const auto& event) { return Take(rank, event); };
    while (rank.next < events.size() && std::visit(take, events[rank.next])) ++rank.next;
  }

  // Each takes an event of a rank; false: not yet.
  bool Take(Rank& rank, const OpEvent& event) {
    const auto index = static_cast<std::size_t>(rank.rank);
    const double seconds = testbed_.costs[index]->Seconds(event.op);
    if (!std::isfinite(seconds) || seconds < 0) {
      FailUser("{}rank {}, event {}: op {} takes {} s, expected a number from 0", WhereIs(rank),
               rank.rank, rank.next, Name(event.op.kind), seconds);
    }
    const double end = testbed_.speed.empty() ? rank.now + seconds
                                              : testbed_.speed[index].Finish(rank.now, seconds);
    ReplayOf(rank).compute_seconds += end - rank.now;
    Spend(rank, {.kind = Activity::Kind::kCompute, .op = event.op.kind, .end = end});
    return true;
  }

  bool Take(Rank& rank, const MarkEvent& event) {
    const bool step = event.kind == MarkKind::kStepBatch;
    if (step || event.kind == MarkKind::kPromptBatch) {
      rank.in_step = step;
      rank.rows = event.index;
    }
    ReplayOf(rank).marks.push_back({event.kind, event.index, rank.now, event.steps});
    return true;
  }

  bool Take(Rank& rank, const SendEvent& event) {
    const std::int64_t bytes = event.header_bytes + event.payload_bytes;
    const double wire_bytes = WireBytes(rank, event);
    SpendHost(rank, LinkBetween(rank.rank, event.peer), wire_bytes);
    RankReplay& replay = ReplayOf(rank);
    replay.bytes_sent += bytes;
    ++replay.messages_sent;
    network_.Send({rank.rank, event.peer, event.channel, bytes, wire_bytes,
                   static_cast<std::int64_t>(rank.next)},
                  rank.now);
    return true;
  }

  bool Take(Rank& rank, const ReceiveEvent& event) {
    Mailboxes::Box& box = mailboxes_.Find(event.peer, rank.rank, event.channel);
    if (box.empty()) return false;
    const Delivery delivery = box.front();
    box.pop_front();
    CheckBytes(rank, event, delivery.message);
    if (delivery.time > rank.now) {
      ReplayOf(rank).wait_seconds += delivery.time - rank.now;
      Spend(rank,
            {.kind = Activity::Kind::kWait, .end = delivery.time, .trip = delivery.message.trip});
    }
    SpendHost(rank, LinkBetween(event.peer, rank.rank), delivery.message.wire_bytes);
    return true;
  }

  const Link& LinkBetween(int from, int to) const {
    return testbed_.links[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }

  double WireBytes(const Rank& rank, const SendEvent& event) const {
    return static_cast<double>(event.header_bytes) +
           static_cast<double>(event.payload_bytes) *
               FactorOf(testbed_.payload_factors, event.channel, rank.in_step, rank.rows);
  }

  void SpendHost(Rank& rank, const Link& link, double bytes) {
    const double seconds = link.HostSeconds(bytes);
    ReplayOf(rank).host_seconds += seconds;
    Spend(rank, {.kind = Activity::Kind::kHost, .end = rank.now + seconds});
  }

  // `activity` begins now.
  void Spend(Rank& rank, Activity activity) {
    if (options_.activities && activity.end > rank.now) {
      activity.begin = rank.now;
      Append(ReplayOf(rank).activities, activity);
    }
    rank.now = activity.end;
  }

  void Append(std::vector<Activity>& activities, const Activity& activity) const {
    if (!activities.empty() && AreOne(activities.back(), activity)) {
      activities.back().end = activity.end;
    } else {
      activities.push_back(activity);
    }
  }

  // Of two activities, one after the other.
  bool AreOne(const Activity& a, const Activity& b) const {
    if (a.kind != b.kind) return false;
    return !options_.details || (a.op == b.op && a.kind != Activity::Kind::kWait);
  }

  // For errors.
  std::string WhereIs(const Rank& rank) const {
    return jupiter::WhereIs(record_, rank.rank, static_cast<std::int64_t>(rank.next));
  }
  std::string WhereIs(const SimulatedMessage& message) const {
    return jupiter::WhereIs(record_, message.source, message.event);
  }

  void CheckArrives(const Delivery& delivery) const {
    if (std::isfinite(delivery.time)) return;
    const SimulatedMessage& message = delivery.message;
    FailUser(
        "{}the {} bytes that rank {}, event {} sends to rank {} take for ever: check the link's "
        "bandwidth and efficiency",
        WhereIs(message), message.bytes, message.source, message.event, message.destination);
  }

  void CheckBytes(const Rank& rank, const ReceiveEvent& event,
                  const SimulatedMessage& message) const {
    const std::int64_t bytes = event.header_bytes + event.payload_bytes;
    if (bytes != message.bytes) {
      FailUser(
          "{}rank {}, event {} receives {} bytes, but rank {}, event {} sent {} (channel {}): the "
          "record is inconsistent, record the run again",
          WhereIs(rank), rank.rank, rank.next, bytes, message.source, message.event, message.bytes,
          event.channel);
    }
  }

  void CheckAllEnded() const {
    for (const Rank& rank : ranks_) {
      if (rank.next == EventsOf(rank).size()) continue;
      const auto& event = std::get<ReceiveEvent>(EventsOf(rank)[rank.next]);
      FailUser("{}rank {}, event {} waits for ever for a message from rank {} on channel {}: {}",
               WhereIs(rank), rank.rank, rank.next, event.peer, event.channel, WhyNot(event.peer));
    }
  }

  // Why a rank that others wait for does not send.
  std::string WhyNot(int peer) const {
    const Rank& rank = ranks_[static_cast<std::size_t>(peer)];
    if (rank.next == EventsOf(rank).size()) {
      return fmt::format("all {} events of rank {} are done", rank.next, peer);
    }
    const auto& event = std::get<ReceiveEvent>(EventsOf(rank)[rank.next]);
    return fmt::format("rank {}, event {} waits for rank {} itself", peer, rank.next, event.peer);
  }

  void CheckAllReceived() const {
    const SimulatedMessage* left = mailboxes_.FindLeft();
    if (left == nullptr) return;
    FailUser("{}rank {} never receives the message that rank {}, event {} sends on channel {}",
             WhereIs(*left), left->destination, left->source, left->event, left->channel);
  }

  void Summarise() {
    for (const Rank& rank : ranks_) {
      RankReplay& replay = ReplayOf(rank);
      replay.end = rank.now;
      replay.egress_seconds = network_.egress_seconds(rank.rank);
      replay.ingress_seconds = network_.ingress_seconds(rank.rank);
      replay_.events += static_cast<std::int64_t>(rank.next);
      replay_.end = std::max(replay_.end, rank.now);
    }
    replay_.shared_medium = testbed_.shared_medium;
  }

  const RunRecord& record_;
  const Testbed& testbed_;
  const ReplayOptions& options_;
  Replay replay_;
  Network network_;
  Mailboxes mailboxes_;
  std::vector<Rank> ranks_;
};

}  // namespace

double FactorOf(const PayloadFactors& factors, int channel, bool in_step, std::int64_t rows) {
  const std::map<int, double>& phase = in_step ? factors.step : factors.prompt;
  const auto found = phase.find(channel);
  if (found == phase.end()) return 1;
  const auto count = static_cast<double>(rows);
  const bool padded = in_step && rows > 0 && count < factors.padded_rows;
  return found->second * (padded ? factors.padded_rows / count : 1);
}

Replay Simulate(const RunRecord& record, const Testbed& testbed, const ReplayOptions& options) {
  CheckFit(record, testbed);
  return Simulation(record, testbed, options).Run();
}

}  // namespace jupiter
