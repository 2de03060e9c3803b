// Messages between ranks.
//
// Each pair of ranks has a FIFO per channel. A send never blocks: its buffer is handed over and a
// progress thread moves it while the caller computes. A receive names its one source and waits;
// peeking (TryReceive) is for cancellations, which only spare useless work. So what a rank answers
// never depends on time. (The stamps of a link model are taken from any source: they say when a
// message is handed out, not what is in it.) Every wait ends by the deadline with a PeerError that
// names rank, host, operation, peer and elapsed time.
//
// On the wire a message is one MPI message: a frame of kFrameBytes (magic, channel, sequence
// number, lengths), the header, padding to 64 bytes, the payload. Lengths are checked against what
// arrived and against kMaxMessageBytes before anything is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/base/readiness.h"
#include "parallel/transport/context.h"
#include "parallel/transport/message.h"
#include "parallel/transport/recorder.h"

namespace jupiter {

struct LinkModel;

enum class Channel : std::uint8_t {
  kControl,     // plans, preflight, results: bookkeeping, neither counted nor recorded
  kBatch,       // batches and hidden rows along the pipeline, tokens back to the source
  kCollective,  // pieces of all-reduce and the like
  kHeadRows,    // rows for the head, from the rank that has them
  kCancel,      // batches that nobody needs any more
};
inline constexpr int kChannels = 5;

// Traffic of one rank with others. Headers count frame, header and padding.
struct TrafficCounters {
  std::int64_t messages_sent = 0;
  std::int64_t messages_received = 0;
  std::int64_t payload_sent = 0;
  std::int64_t payload_received = 0;
  std::int64_t header_sent = 0;
  std::int64_t header_received = 0;
  double wait_seconds = 0;  // in Receive and Flush, the hold of a link model included
};

class Transport {
 public:
  // Every rank makes its Transport at the same point of the program, and at most one exists per
  // Context at a time.
  explicit Transport(Context& context);
  // Waits until every sent message has left, as Flush does, unless an exception is in flight.
  ~Transport();

  Context& context() const { return context_; }
  int rank() const { return context_.rank(); }
  int size() const { return context_.size(); }

  // Hands the message over and returns. Sending to oneself is allowed; such messages never leave
  // the process, so they are neither counted nor recorded.
  void Send(int destination, Channel channel, Message message);
  // The same for a message whose payload is complete only when `ready` says so. It leaves then, and
  // later messages to this destination on this channel after it; not to oneself.
  void Send(int destination, Channel channel, Message message, Readiness ready);
  // The next message of `source` on `channel`. `operation` names it in errors.
  Message Receive(int source, Channel channel, std::string_view operation);
  // The same if it is here, at once; nothing otherwise.
  std::optional<Message> TryReceive(int source, Channel channel);
  // Throws the PeerError of a message that was received last, from `peer`, and cannot be read:
  // names both ranks and their hosts, `what` was received, and the seconds waited for it.
  [[noreturn]] void FailPeer(int peer, std::string_view what, std::string_view problem) const;
  // Lets messages of this source arrive while the caller computes, until `Receive` takes them (at
  // most `most` are held). Without it a large message may move only inside Receive.
  void Expect(int source, Channel channel, int most);
  void StopExpecting(int source, Channel channel);
  // Waits until every sent message has left this rank's buffers.
  void Flush();
  // From now on payloads are not sent (except on kControl): headers travel, lengths are told,
  // counted and recorded as if everything did, and the contents of a received payload are
  // undefined. For devices that compute nothing; the same on all ranks.
  void LeavePayloadsOut(bool leave_out);

  // From now on messages (except on kControl and to oneself) are handed out when the model says
  // that they have arrived, and not before; meanwhile they really travel. Waiting for that counts
  // as waiting. The same on all ranks, between the same messages; once. Throws UserError when ranks
  // are on several hosts.
  void HoldBack(const LinkModel& model);

  const TrafficCounters& counters() const { return counters_; }
  void ResetCounters() { counters_ = {}; }
  // From now on sends and receives are recorded; null ends it.
  void RecordTo(Recorder* recorder) { recorder_ = recorder; }

 private:
  class Engine;  // all MPI calls, under one lock
  Context& context_;
  std::unique_ptr<Engine> engine_;
  TrafficCounters counters_;
  double last_wait_ = 0;  // seconds in the last Receive
  Recorder* recorder_ = nullptr;
};

}  // namespace jupiter
