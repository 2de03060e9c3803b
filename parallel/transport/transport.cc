#include "parallel/transport/transport.h"

#include <exception>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/engine.h"
#include "parallel/transport/frame.h"
#include "parallel/transport/last_words.h"
#include "parallel/transport/link_model.h"
#include "parallel/transport/wait.h"

namespace jupiter {

// As records have them.
static_assert(static_cast<int>(Channel::kBatch) == kBatchChannel);
static_assert(static_cast<int>(Channel::kCollective) == kCollectiveChannel);
static_assert(static_cast<int>(Channel::kHeadRows) == kHeadRowChannel);
namespace {

std::int64_t HeaderLength(const Message& message) {
  return static_cast<std::int64_t>(PayloadOffset(message.header().size()));
}

std::int64_t PayloadLength(const Message& message) {
  return static_cast<std::int64_t>(message.payload().size());
}

}  // namespace

Transport::Transport(Context& context)
    : context_(context), engine_(std::make_unique<Engine>(context, context.mpi_mutex_)) {}

Transport::~Transport() {
  if (std::uncaught_exceptions() > 0) return;
  try {
    Flush();
  } catch (const PeerError& error) {
    context_.Abort(fmt::format("jupiter: {}", error.what()), kPeerErrorExitCode);
  }
}

void Transport::Send(int destination, Channel channel, Message message) {
  Send(destination, channel, std::move(message), {});
}

void Transport::Send(int destination, Channel channel, Message message, Readiness ready) {
  JUPITER_CHECK(message.buffer_ != nullptr, "an empty message is sent to rank {}", destination);
  const double start = Now();
  const std::int64_t header_bytes = HeaderLength(message);
  const std::int64_t payload_bytes = PayloadLength(message);
  engine_->Send(destination, channel, std::move(message), std::move(ready));
  if (destination == rank() || channel == Channel::kControl) return;
  ++counters_.messages_sent;
  counters_.header_sent += header_bytes;
  counters_.payload_sent += payload_bytes;
  if (recorder_ != nullptr) {
    recorder_->OnSend({destination, static_cast<int>(channel), header_bytes, payload_bytes, start,
                       Now() - start});
  }
}

Message Transport::Receive(int source, Channel channel, std::string_view operation) {
  const double start = Now();
  Message message = engine_->Receive(source, channel, operation);
  const double waited = Now() - start;
  last_wait_ = waited;
  counters_.wait_seconds += waited;
  if (source == rank() || channel == Channel::kControl) return message;
  ++counters_.messages_received;
  counters_.header_received += HeaderLength(message);
  counters_.payload_received += PayloadLength(message);
  if (recorder_ != nullptr) {
    recorder_->OnReceive({source, static_cast<int>(channel), HeaderLength(message),
                          PayloadLength(message), start, waited});
  }
  return message;
}

std::optional<Message> Transport::TryReceive(int source, Channel channel) {
  if (!engine_->IsHere(source, channel)) return std::nullopt;
  return Receive(source, channel, "a message that is here");
}

void Transport::FailPeer(int peer, std::string_view what, std::string_view problem) const {
  throw PeerError(BadBytes(context_, peer, what, last_wait_, problem));
}

void Transport::Expect(int source, Channel channel, int most) {
  JUPITER_CHECK(most > 0, "{} messages of rank {}", most, source);
  engine_->Expect(source, channel, most);
}

void Transport::StopExpecting(int source, Channel channel) { engine_->Expect(source, channel, 0); }

void Transport::LeavePayloadsOut(bool leave_out) { engine_->LeavePayloadsOut(leave_out); }

void Transport::HoldBack(const LinkModel& model) {
  std::vector<std::string> hosts;
  for (int peer = 0; peer < size(); ++peer) hosts.push_back(context_.host(peer));
  CheckOneHost(hosts, context_.local_size());
  engine_->HoldBack(model);
}

void Transport::Flush() {
  const double start = Now();
  engine_->Flush();
  counters_.wait_seconds += Now() - start;
}

}  // namespace jupiter
