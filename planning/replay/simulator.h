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
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "planning/record/record.h"
#include "planning/testbed/cluster.h"
#include "planning/testbed/op_costs.h"

namespace jupiter {

// Factors on the payload of messages: bytes that they put on the wire, and that staging copies, for
// each byte in the record. By channel of the record (see planning/record/record.h), and by the
// phase of the sender's last mark of a batch; without a mark it is the prompt's.
struct PayloadFactors {
  std::map<int, double> prompt;  // a channel that is not there has 1
  std::map<int, double> step;
  // Rows of the buffers in which steps travel: on the channels of `step`, a batch of fewer rows
  // counts as one of this many.
  double padded_rows = 0;
};

// Bytes on the wire for each byte of payload of a message, of a batch of `rows` rows.
double FactorOf(const PayloadFactors& factors, int channel, bool in_step, std::int64_t rows);

// What the ranks of a record run on. Rank r is devices[r] of a cluster, or anything that has costs.
struct Testbed {
  std::vector<std::shared_ptr<const OpCosts>> costs;  // by rank
  std::vector<RateTrace> speed;                       // by rank, of ops; empty: constant
  std::vector<std::vector<Link>> links;               // [from][to]
  bool shared_medium = false;
  PayloadFactors payload_factors;
};
Testbed TestbedOf(const Cluster& cluster);

struct MarkTime {
  MarkKind kind = MarkKind::kStart;
  std::int64_t index = 0;
  double time = 0;
  std::vector<SequenceStep> steps = {};  // see MarkEvent
};

// A stretch of time in which a rank did one thing.
struct Span {
  enum class Kind : std::uint8_t { kCompute, kHost, kWait };
  Kind kind = Kind::kCompute;
  double begin = 0;
  double end = 0;
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
  std::vector<Span> spans;  // with Options::spans; adjacent ones of a kind merged
};

struct Replay {
  std::vector<RankReplay> ranks;
  std::int64_t events = 0;  // of the record, all ranks
  double end = 0;           // of the last rank
};

struct ReplayOptions {
  bool spans = false;  // keep what each rank did when
};

// Throws UserError, with rank, peer and event (counted from 0), when the record does not fit the
// testbed, when ranks wait for messages that are never sent, when messages are never received, or
// when a receive expects other bytes than were sent. CHECKs that the testbed is whole.
Replay Simulate(const RunRecord& record, const Testbed& testbed, const ReplayOptions& options = {});

}  // namespace jupiter
