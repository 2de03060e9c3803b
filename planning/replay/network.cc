#include "planning/replay/network.h"
#include "planning/replay/testbed.h"

#include <algorithm>
#include <tuple>

namespace jupiter {
namespace {

// When a message that begins to leave at `begin` has left. The overhead comes first, so the trace
// applies to the bits from begin + wire_seconds on.
double WireEnd(const Link& link, double begin, double bytes) {
  const double bits_seconds = 8 * bytes / (link.bandwidth * link.efficiency);
  return link.trace.Finish(begin + link.wire_seconds, bits_seconds);
}

}  // namespace

bool Network::Later::operator()(const Pending& a, const Pending& b) const {
  return std::tie(a.time, a.message.source, a.message.event) >
         std::tie(b.time, b.message.source, b.message.event);
}

Network::Network(const Testbed& testbed, std::vector<MessageTrip>* trips)
    : testbed_(testbed), ports_(testbed.links.size()), trips_(trips) {}

const Link& Network::LinkOf(const SimulatedMessage& message) const {
  return testbed_.links[static_cast<std::size_t>(message.source)]
                       [static_cast<std::size_t>(message.destination)];
}

void Network::Send(SimulatedMessage message, double time) {
  if (trips_ != nullptr) {
    message.trip = static_cast<int>(trips_->size());
    trips_->push_back({.source = message.source, .destination = message.destination, .sent = time});
  }
  if (testbed_.shared_medium) {
    pending_.push({time, 0, message});
    return;
  }
  const Link& link = LinkOf(message);
  Port& port = PortOf(message.source);
  const double begin = testbed_.queues ? std::max(time, port.egress_free) : time;
  port.egress_free = WireEnd(link, begin, message.wire_bytes);
  const double seconds = port.egress_free - begin;
  port.egress += seconds;
  if (MessageTrip* trip = TripOf(message)) {
    trip->leave = begin;
    trip->left = port.egress_free;
    trip->behind_leaving = begin > time ? port.last_to_leave : -1;
    port.last_to_leave = message.trip;
  }
  pending_.push({begin + link.latency, seconds, message});
}

Delivery Network::Next() {
  const Pending pending = pending_.top();
  pending_.pop();
  return testbed_.shared_medium ? TakeMedium(pending) : EnterIngress(pending);
}

Delivery Network::EnterIngress(const Pending& pending) {
  Port& port = PortOf(pending.message.destination);
  const double begin = testbed_.queues ? std::max(pending.time, port.ingress_free) : pending.time;
  port.ingress_free = begin + pending.seconds;
  port.ingress += pending.seconds;
  if (MessageTrip* trip = TripOf(pending.message)) {
    trip->head = pending.time;
    trip->enter = begin;
    trip->arrived = port.ingress_free;
    trip->behind_entering = begin > pending.time ? port.last_to_enter : -1;
    port.last_to_enter = pending.message.trip;
  }
  return {pending.message, port.ingress_free};
}

Delivery Network::TakeMedium(const Pending& pending) {
  const SimulatedMessage& message = pending.message;
  const Link& link = LinkOf(message);
  const double begin = testbed_.queues ? std::max(pending.time, medium_free_) : pending.time;
  medium_free_ = WireEnd(link, begin, message.wire_bytes);
  PortOf(message.source).egress += medium_free_ - begin;
  PortOf(message.destination).ingress += medium_free_ - begin;
  const double arrived = medium_free_ + link.latency;
  if (MessageTrip* trip = TripOf(message)) {
    trip->leave = begin;
    trip->left = trip->head = trip->enter = medium_free_;
    trip->arrived = arrived;
    trip->behind_leaving = begin > pending.time ? last_on_medium_ : -1;
    last_on_medium_ = message.trip;
  }
  return {message, arrived};
}

}  // namespace jupiter
