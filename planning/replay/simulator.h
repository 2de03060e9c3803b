// Replays recorded runs on a described testbed: one sequential event simulation of all ranks.
//
// All ranks begin at time 0. Each takes its events in program order; ops and host overheads occupy
// it, a receive waits for its message. Messages of one sender, receiver and channel arrive in
// order. Every decision is by (time, source rank, sequence), so the result is the same to the last
// digit on every machine. struct Link says what a message meets; of its time on the wire the
// overhead comes first, then the bits at the rate that the trace gives at each moment. On a shared
// medium a message waits for the medium instead of the two queues: it has it for its time on the
// wire, and has arrived `latency` after that.
#pragma once

#include <cstdint>
#include <vector>

#include "planning/record/record.h"
#include "planning/replay/activity.h"
#include "planning/replay/testbed.h"

namespace jupiter {

// Bytes on the wire for each byte of payload of a message, of a batch of `rows` rows.
double FactorOf(const PayloadFactors& factors, int channel, bool in_step, std::int64_t rows);

struct MarkTime {
  MarkKind kind = MarkKind::kStart;
  std::int64_t index = 0;
  double time = 0;
  std::vector<SequenceStep> steps = {};  // see MarkEvent
};

struct RankReplay {
  double end = 0;  // when its last event was done
  double compute_seconds = 0;
  double host_seconds = 0;  // overheads of messages
  double wait_seconds = 0;
  double egress_seconds = 0;    // its outgoing link (or the medium, with its messages) was busy
  double ingress_seconds = 0;   // its incoming link (or the medium, with messages to it) was busy
  std::int64_t bytes_sent = 0;  // as recorded
  std::int64_t messages_sent = 0;
  std::vector<MarkTime> marks;
  std::vector<Activity> activities;  // see ReplayOptions
};

struct Replay {
  std::vector<RankReplay> ranks;
  std::int64_t events = 0;  // of the record, all ranks
  double end = 0;           // of the last rank
  bool shared_medium = false;
  std::vector<MessageTrip> trips;  // with ReplayOptions::details; as the simulation met them
};

struct ReplayOptions {
  bool activities = false;  // keep what each rank did when; adjacent ones of a kind are one
  bool details = false;     // with that: ops and waits apart, and the ways of messages
};

// Throws UserError, with rank, peer and event (counted from 0), when the record does not fit the
// testbed, when ranks wait for messages that are never sent, when messages are never received, or
// when a receive expects other bytes than were sent. CHECKs that the testbed is whole.
Replay Simulate(const RunRecord& record, const Testbed& testbed, const ReplayOptions& options = {});

}  // namespace jupiter
