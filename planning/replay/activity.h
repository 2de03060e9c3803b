// What a replay keeps so that it can be explained: what each rank did when, and the way of each
// message.
#pragma once

#include <cstdint>

#include "kernels/base/op_call.h"

namespace jupiter {

// A stretch of time in which a rank did one thing. Those of a rank follow each other without gaps,
// from time 0 to the rank's end. `op` and `trip` are kept with ReplayOptions::details.
struct Activity {
  enum class Kind : std::uint8_t { kCompute, kHost, kWait };
  Kind kind = Kind::kCompute;
  OpKind op = OpKind::kCopy;  // of kCompute
  double begin = 0;
  double end = 0;
  int trip = -1;  // of kWait: the message that came at its end, an index of Replay::trips
};

// A message: sent <= leave <= left, and
// - switched: head = leave + latency <= enter; arrived - enter = left - leave;
// - on a shared medium: head = enter = left; arrived = left + latency.
struct MessageTrip {
  int source = 0;
  int destination = 0;
  double sent = 0;   // the source is done with it
  double leave = 0;  // its turn in the source's egress queue, or on the medium
  double left = 0;   // the last byte leaves it
  double head = 0;   // the first byte reaches the receiver's ingress queue
  double enter = 0;  // its turn there
  double arrived = 0;
  // The messages that it waited for: whose `left` is its `leave`, whose `arrived` is its `enter`.
  // -1: it did not wait.
  int behind_leaving = -1;
  int behind_entering = -1;
};

}  // namespace jupiter
