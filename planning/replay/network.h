// The network of a simulation: queues of links, or one shared medium.
//
// Switched: a message leaves through the sender's egress queue and enters through the receiver's
// ingress queue (struct Link in planning/testbed/cluster.h). There is no back-pressure: a full
// ingress queue delays later messages, never the senders. Hence a sender's egress queue depends on
// that sender alone and is settled when it sends; only ingress has to be decided in order of time.
//
// Shared medium: one message at a time in the whole network, and no queue besides that.
#pragma once

#include <queue>
#include <vector>

#include "planning/replay/activity.h"
#include "planning/replay/mailboxes.h"
#include "planning/replay/testbed.h"

namespace jupiter {

class Network {
 public:
  // Keeps a reference to the testbed. `trips`: where the ways of messages are kept; null: nowhere.
  explicit Network(const Testbed& testbed, std::vector<MessageTrip>* trips = nullptr);

  // The source is done with its part of the message at `time`. Calls for one source come in program
  // order, so with rising times.
  void Send(SimulatedMessage message, double time);

  // No message is in flight.
  bool idle() const { return pending_.empty(); }
  // Takes the earliest pending decision by (time, source, event): the ingress of the message whose
  // head is first at its receiver, or the medium for whoever asked first. Not when idle().
  Delivery Next();

  double egress_seconds(int rank) const { return ports_[static_cast<std::size_t>(rank)].egress; }
  double ingress_seconds(int rank) const { return ports_[static_cast<std::size_t>(rank)].ingress; }

 private:
  struct Port {
    double egress_free = 0;
    double ingress_free = 0;
    double egress = 0;  // seconds busy
    double ingress = 0;
    int last_to_leave = -1;  // trips
    int last_to_enter = -1;
  };
  // Of a message in flight.
  struct Pending {
    double time = 0;     // switched: its head reaches the receiver; shared: it asks for the medium
    double seconds = 0;  // switched: it occupied egress, and will occupy ingress
    SimulatedMessage message;
  };
  struct Later {
    bool operator()(const Pending& a, const Pending& b) const;
  };

  const Link& LinkOf(const SimulatedMessage& message) const;
  Port& PortOf(int rank) { return ports_[static_cast<std::size_t>(rank)]; }
  Delivery EnterIngress(const Pending& pending);
  Delivery TakeMedium(const Pending& pending);
  MessageTrip* TripOf(const SimulatedMessage& message) {
    return trips_ == nullptr ? nullptr : &(*trips_)[static_cast<std::size_t>(message.trip)];
  }

  const Testbed& testbed_;
  std::vector<Port> ports_;  // by rank
  double medium_free_ = 0;
  int last_on_medium_ = -1;  // trip
  std::vector<MessageTrip>* trips_;
  std::priority_queue<Pending, std::vector<Pending>, Later> pending_;
};

}  // namespace jupiter
