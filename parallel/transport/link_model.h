// What a slow network would do to real messages between the processes of one host: the arithmetic
// of --link, without messages, clocks or sleep.
//
// The model is that of struct Link (planning/testbed/cluster.h) for a switched network with one
// kind of link: a message occupies its sender for the host overhead, waits for the sender's egress
// queue, occupies it for its time on the wire, begins to arrive `latency` after it began to leave,
// waits for the receiver's ingress queue, occupies it for the same time, and occupies the receiver
// for the host overhead. A link that is shaped (tc, a rented machine's network) may let a burst
// through both queues at once. All times are seconds of kernels/base/clock.h, which all processes
// of a host share.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planning/testbed/cluster.h"

namespace jupiter {

struct LinkModel {
  Link link;
  // A larger message leaves only after its sender asked and the receiver agreed (MPI's
  // rendezvous). 0: never.
  std::int64_t rendezvous_bytes = 0;
  // How long asking takes: two latencies, and the time until both sides notice.
  double handshake_seconds = 0;
  // Bytes that a queue which was idle for long enough lets through at once: the size of the token
  // bucket that shapes a link, which refills at the bandwidth. A cable has none.
  double burst_bytes = 0;

  double BurstSeconds() const { return 8 * burst_bytes / (link.bandwidth * link.efficiency); }
  bool AsksFirst(double bytes) const {
    return rendezvous_bytes > 0 && bytes > static_cast<double>(rendezvous_bytes);
  }
};

// "100mbit,1ms,host=0.2ms,rendezvous=64KiB,handshake=0.3ms": the bandwidth as tc writes it (kbit,
// mbit, gbit) or in the units of planning/text/units.h, then in any order what is not 0: the
// latency, host=TIME (per message and side), rendezvous=SIZE, handshake=TIME (without it two
// latencies), burst=SIZE (per queue). Throws UserError that names --link.
LinkModel ParseLinkModel(std::string_view text);

// Throws UserError unless all ranks, of which `local_size` share memory with this one, are on one
// host: the model compares their clocks. `hosts` by rank.
void CheckOneHost(const std::vector<std::string>& hosts, int local_size);

// When a message meets its receiver, told by the sender.
struct LinkStamp {
  double head = 0;     // it begins to arrive, unless the receiver is still busy with another one
  double seconds = 0;  // how much later its end comes, after the sender's burst
  double wire_seconds = 0;  // on the wire; the same as `seconds` where there are no bursts
};

// The outgoing side of one rank.
class LinkEgress {
 public:
  explicit LinkEgress(const LinkModel& model) : model_(model) {}
  // A message of so many bytes is handed over at `now`; calls in rising order of that.
  LinkStamp Leave(double now, double bytes);

 private:
  LinkModel model_;
  double free_ = 0;  // may lie in the past, by up to the burst
};

// The incoming side of one rank. Messages of a lane (sender and channel) keep their order.
class LinkIngress {
 public:
  explicit LinkIngress(const LinkModel& model) : burst_seconds_(model.BurstSeconds()) {}
  // Of one lane in the order sent.
  void Announce(int lane, const LinkStamp& stamp);
  // Lets in everything whose head is here by `now`, by (head, lane).
  void Serve(double now);
  // When the oldest message of the lane arrives whole. Nothing: it was not let in yet.
  std::optional<double> Arrival(int lane) const;
  // Forgets the oldest message of the lane, which was let in.
  void Take(int lane);

 private:
  struct Waiting {
    int lane = 0;
    LinkStamp stamp;
  };
  std::vector<Waiting> waiting_;               // not let in yet, latest first
  std::map<int, std::deque<double>> arrived_;  // by lane: when, oldest first
  double burst_seconds_;
  double free_ = 0;
};

}  // namespace jupiter
