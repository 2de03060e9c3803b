#include "parallel/transport/engine.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/frame.h"
#include "parallel/transport/waiting_policy.h"

namespace jupiter {
namespace {

constexpr std::chrono::microseconds kBusyInterval{200};
constexpr std::chrono::microseconds kIdleInterval{1000};
// Rounds without traffic until an expected source is polled less often (20 ms).
constexpr int kRoundsUntilIdle = 100;

// For the stamps of all channels.
constexpr int kStampTag = kChannels;

int TagOf(Channel channel) { return static_cast<int>(channel); }

}  // namespace

Transport::Engine::Engine(Context& context, std::mutex& mutex) : context_(context), mutex_(mutex) {
  for (int peer = 0; peer < context.size(); ++peer) {
    for (int channel = 0; channel < kChannels; ++channel) {
      Lane lane;
      lane.peer = peer;
      lane.channel = static_cast<Channel>(channel);
      lanes_.push_back(std::move(lane));
    }
  }
  // A communicator of its own: what an earlier Transport left behind is never matched.
  MPI_Request request = MPI_REQUEST_NULL;
  Check(MPI_Comm_idup(MPI_COMM_WORLD, &comm_, &request), "MPI_Comm_idup");
  WaitUntil(context_, {WaitSite::kEveryRank, "to", "start its transport", "start"}, [&] {
    int complete = 0;
    Check(MPI_Test(&request, &complete, MPI_STATUS_IGNORE), "MPI_Test");
    return complete != 0;
  });
  MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
  WaitingPolicy::SharpenSleep();
  thread_ = std::thread([this] { RunThread(); });
}

Transport::Engine::~Engine() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_one();
  thread_.join();
  if (!InFlight()) {
    MPI_Comm_free(&comm_);
    return;
  }
  for (const Outgoing& outgoing : sends_) context_.KeepUntilEnd(outgoing.message.buffer_);
  for (const Lane& lane : lanes_) {
    for (const Incoming& incoming : lane.inbox) context_.KeepUntilEnd(incoming.message.buffer_);
  }
}

Transport::Engine::Lane& Transport::Engine::LaneOf(int peer, Channel channel) {
  JUPITER_CHECK(peer >= 0 && peer < context_.size(), "rank {} of {}", peer, context_.size());
  return lanes_[static_cast<std::size_t>(peer) * kChannels + static_cast<std::size_t>(channel)];
}

void Transport::Engine::Send(int destination, Channel channel, Message message, Readiness ready) {
  Lane& lane = LaneOf(destination, channel);
  Message::Buffer& buffer = *message.buffer_;
  JUPITER_CHECK(!buffer.sent, "a message is sent twice");
  buffer.sent = true;
  const bool bare = TravelsBare(lane);
  WriteFrame({channel, lane.sent++, buffer.header_bytes, buffer.payload_bytes, bare},
             buffer.wire());
  if (destination == context_.rank()) {
    JUPITER_CHECK(!ready, "a message to oneself is complete");
    const std::lock_guard lock(mutex_);
    lane.inbox.push_back({std::move(message), MPI_REQUEST_NULL});
    return;
  }
  const double start = Now();
  const auto bytes = static_cast<double>(buffer.wire_bytes);
  Leaving leaving{std::move(message),
                  bare ? PayloadOffset(buffer.header_bytes) : buffer.wire_bytes};
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    CheckHealthy();
    wake = !HasWork();
    if (!ready && lane.later.empty()) {
      Leave(lane, std::move(leaving));
    } else {
      lane.later.push_back({std::move(leaving), std::move(ready)});
      ++later_;
    }
    wake = wake && HasWork();
  }
  if (wake) work_.notify_one();
  if (Holds(lane)) WaitingPolicy::SleepUntil(start + held_->model.link.HostSeconds(bytes));
}

void Transport::Engine::Leave(Lane& lane, Leaving leaving) {
  const std::span<std::byte> wire = leaving.message.buffer_->wire();
  if (Holds(lane)) {
    SendStamp(lane, held_->egress.Leave(Now(), static_cast<double>(wire.size())));
  }
  Post(lane, TagOf(lane.channel), std::move(leaving.message), wire.first(leaving.bytes));
}

bool Transport::Engine::Holds(const Lane& lane) const {
  return held_ != nullptr && lane.channel != Channel::kControl && lane.peer != context_.rank();
}

void Transport::Engine::SendStamp(Lane& lane, const LinkStamp& stamp) {
  Message message(sizeof(WireStamp), 0);
  const WireStamp raw{static_cast<int>(lane.channel), stamp};
  const std::span<std::byte> wire = message.header();
  std::memcpy(wire.data(), &raw, sizeof(raw));
  Post(lane, kStampTag, std::move(message), wire);
}

void Transport::Engine::Post(Lane& lane, int tag, Message message, std::span<std::byte> wire) {
  MPI_Request request = MPI_REQUEST_NULL;
  Check(MPI_Isend(wire.data(), static_cast<int>(wire.size()), MPI_BYTE, lane.peer, tag, comm_,
                  &request),
        "MPI_Isend");
  int complete = 0;
  Check(MPI_Test(&request, &complete, MPI_STATUS_IGNORE), "MPI_Test");
  if (complete != 0) return;
  send_requests_.push_back(request);
  sends_.push_back({std::move(message), &lane});
}

Message Transport::Engine::Receive(int source, Channel channel, std::string_view operation) {
  const double start = Now();
  Lane& lane = LaneOf(source, channel);
  const std::string place = fmt::format("receive, channel {}", Name(channel));
  WaitFor({source, "to send", operation, place}, [&] { return FrontIsHere(lane); });
  Message message = TakeFront(lane, operation, start);
  if (Holds(lane)) {
    held_->ingress.Take(IndexOf(lane));
    const auto bytes = static_cast<double>(message.buffer_->wire_bytes);
    WaitingPolicy::SleepUntil(Now() + held_->model.link.HostSeconds(bytes));
  }
  return message;
}

bool Transport::Engine::FrontIsHere(Lane& lane) {
  if (lane.inbox.empty()) Pull(lane, 1);
  return !lane.inbox.empty() && Arrived(lane.inbox.front()) && Released(lane);
}

bool Transport::Engine::IsHere(int source, Channel channel) {
  const std::lock_guard lock(mutex_);
  CheckHealthy();
  Progress();
  return FrontIsHere(LaneOf(source, channel));
}

void Transport::Engine::WaitFor(const WaitSite& site, const std::function<bool()>& done) {
  main_waits_.store(true, std::memory_order_relaxed);
  const auto poll = [&] {
    const std::lock_guard lock(mutex_);
    CheckHealthy();
    Progress();
    return done();
  };
  try {
    WaitUntil(context_, site, poll);
  } catch (...) {
    main_waits_.store(false, std::memory_order_relaxed);
    throw;
  }
  main_waits_.store(false, std::memory_order_relaxed);
}

Message Transport::Engine::TakeFront(Lane& lane, std::string_view operation, double start) {
  Message message;
  {
    const std::lock_guard lock(mutex_);
    message = std::move(lane.inbox.front().message);
    lane.inbox.pop_front();
  }
  Message::Buffer& buffer = *message.buffer_;
  const auto fail = [&](std::string_view problem) {
    throw PeerError(BadBytes(context_, lane.peer, operation, Now() - start, problem));
  };
  if (const auto error = FrameError(buffer.wire(), lane.channel, lane.received)) {
    fail(
        fmt::format("bad message {} of channel {}: {}", lane.received, Name(lane.channel), *error));
  }
  ++lane.received;
  const Frame frame = ReadFrame(buffer.wire());
  if (frame.bare != TravelsBare(lane)) {
    fail(frame.bare ? "it leaves its payload out, and this rank needs it"
                    : "it has a payload, and this rank leaves payloads out");
  }
  if (frame.bare) return Restore(frame, buffer.wire());
  buffer.header_bytes = frame.header_bytes;
  buffer.payload_bytes = frame.payload_bytes;
  buffer.sent = false;
  return message;
}

bool Transport::Engine::TravelsBare(const Lane& lane) const {
  return leave_payloads_out_ && lane.channel != Channel::kControl && lane.peer != context_.rank();
}

// Memory for the payload that did not travel costs nothing until it is touched.
Message Transport::Engine::Restore(const Frame& frame, std::span<const std::byte> wire) {
  Message message(frame.header_bytes, frame.payload_bytes);
  std::memcpy(message.buffer_->bytes.get(), wire.data(), wire.size());
  return message;
}

void Transport::Engine::Expect(int source, Channel channel, int most) {
  if (source == context_.rank()) return;
  Lane& lane = LaneOf(source, channel);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    wake = !HasWork();
    lane.most = most;
    std::erase(expected_, &lane);
    if (most > 0) expected_.push_back(&lane);
  }
  if (wake) work_.notify_one();
}

void Transport::Engine::Flush() {
  std::size_t left = 0;
  while (true) {
    const Lane* oldest = nullptr;
    bool computing = false;
    {
      const std::lock_guard lock(mutex_);
      left = Unsent();
      if (left == 0) return;
      computing = sends_.empty();
      oldest = computing ? FirstWithLater() : sends_.front().lane;
    }
    const std::string operation =
        fmt::format("{} {}message{}{}", left, computing ? "" : "sent ", left == 1 ? "" : "s",
                    computing ? " that this rank's own device has not finished" : "");
    const std::string place = fmt::format("flush, channel {}", Name(oldest->channel));
    // The deadline starts anew with each message that leaves or is on its way.
    WaitFor({oldest->peer, "to take", operation, place}, [&] { return Unsent() != left; });
  }
}

void Transport::Engine::CheckHealthy() const {
  if (!failure_.empty()) throw PeerError(failure_);
}

void Transport::Engine::Check(int code, std::string_view call) const {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = {};
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw PeerError(fmt::format("{}: {} failed: {}", context_.Describe(context_.rank()), call, text));
}

bool Transport::Engine::Progress() {
  bool moved = SendReady();
  moved |= CompleteSends();
  for (Lane* lane : expected_) moved |= Pull(*lane, lane->most);
  return moved;
}

bool Transport::Engine::SendReady() {
  if (later_ == 0) return false;
  const std::size_t before = later_;
  for (Lane& lane : lanes_) {
    while (!lane.later.empty() && (!lane.later.front().ready || lane.later.front().ready())) {
      Leaving leaving = std::move(lane.later.front().leaving);
      lane.later.pop_front();
      --later_;
      Leave(lane, std::move(leaving));
    }
  }
  return later_ < before;
}

const Transport::Engine::Lane* Transport::Engine::FirstWithLater() const {
  const auto found = std::find_if(lanes_.begin(), lanes_.end(),
                                  [](const Lane& lane) { return !lane.later.empty(); });
  return &*found;
}

bool Transport::Engine::CompleteSends() {
  if (sends_.empty()) return false;
  std::vector<int>& done = completed_;
  done.resize(sends_.size());
  int count = 0;
  Check(MPI_Testsome(static_cast<int>(send_requests_.size()), send_requests_.data(), &count,
                     done.data(), MPI_STATUSES_IGNORE),
        "MPI_Testsome");
  if (count == 0 || count == MPI_UNDEFINED) return false;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sends_.size(); ++i) {
    if (send_requests_[i] == MPI_REQUEST_NULL) continue;
    send_requests_[kept] = send_requests_[i];
    if (kept != i) sends_[kept] = std::move(sends_[i]);
    ++kept;
  }
  send_requests_.resize(kept);
  sends_.resize(kept);
  return true;
}

bool Transport::Engine::Pull(Lane& lane, int most) {
  if (lane.peer == context_.rank()) return false;
  bool moved = false;
  for (Incoming& incoming : lane.inbox) {
    if (incoming.request != MPI_REQUEST_NULL) moved |= Arrived(incoming);
  }
  while (std::ssize(lane.inbox) < most) {
    int found = 0;
    MPI_Message matched = MPI_MESSAGE_NULL;
    MPI_Status status{};
    Check(MPI_Improbe(lane.peer, TagOf(lane.channel), comm_, &found, &matched, &status),
          "MPI_Improbe");
    if (found == 0) break;
    StartReceive(lane, matched, status);
    moved = true;
  }
  return moved;
}

void Transport::Engine::StartReceive(Lane& lane, MPI_Message matched, const MPI_Status& status) {
  int bytes = 0;
  MPI_Get_count(&status, MPI_BYTE, &bytes);
  if (bytes < 0 || bytes > kMaxMessageBytes) {
    throw PeerError(BadBytes(
        context_, lane.peer, "a message", 0,
        fmt::format("message {} of channel {} has more than {} bytes",
                    lane.received + std::size(lane.inbox), Name(lane.channel), kMaxMessageBytes)));
  }
  Incoming& incoming = lane.inbox.emplace_back();
  incoming.message.buffer_ = std::make_shared<Message::Buffer>(static_cast<std::size_t>(bytes));
  ++receives_in_flight_;
  Check(MPI_Imrecv(incoming.message.buffer_->bytes.get(), bytes, MPI_BYTE, &matched,
                   &incoming.request),
        "MPI_Imrecv");
}

bool Transport::Engine::Arrived(Incoming& incoming) {
  if (incoming.request == MPI_REQUEST_NULL) return true;
  int complete = 0;
  Check(MPI_Test(&incoming.request, &complete, MPI_STATUS_IGNORE), "MPI_Test");
  if (complete != 0) --receives_in_flight_;
  return complete != 0;
}

void Transport::Engine::LeavePayloadsOut(bool leave_out) {
  const std::lock_guard lock(mutex_);
  leave_payloads_out_ = leave_out;
}

void Transport::Engine::HoldBack(const LinkModel& model) {
  const std::lock_guard lock(mutex_);
  JUPITER_CHECK(held_ == nullptr, "a transport has one link model");
  held_ = std::make_unique<HeldLink>(model);
}

void Transport::Engine::CollectStamps() {
  while (true) {
    int found = 0;
    MPI_Message matched = MPI_MESSAGE_NULL;
    MPI_Status status{};
    Check(MPI_Improbe(MPI_ANY_SOURCE, kStampTag, comm_, &found, &matched, &status), "MPI_Improbe");
    if (found == 0) return;
    int bytes = 0;
    MPI_Get_count(&status, MPI_BYTE, &bytes);
    std::vector<std::byte> wire(static_cast<std::size_t>(std::max(bytes, 0)));
    Check(MPI_Mrecv(wire.data(), bytes, MPI_BYTE, &matched, &status), "MPI_Mrecv");
    const int peer = status.MPI_SOURCE;
    const std::optional<WireStamp> raw = ReadStamp(wire);
    if (!raw) {
      throw PeerError(BadBytes(context_, peer, "when a held message arrives", 0,
                               fmt::format("{} bytes are no stamp of one", bytes)));
    }
    const Lane& lane = LaneOf(peer, static_cast<Channel>(raw->channel));
    held_->ingress.Announce(IndexOf(lane), raw->stamp);
  }
}

bool Transport::Engine::Released(const Lane& lane) {
  if (!Holds(lane)) return true;
  const double now = Now();
  CollectStamps();
  held_->ingress.Serve(now);
  const auto arrival = held_->ingress.Arrival(IndexOf(lane));
  return arrival && *arrival <= now;
}

void Transport::Engine::RunThread() {
  WaitingPolicy::SharpenSleep();
  std::unique_lock lock(mutex_);
  int idle_rounds = 0;
  while (!stop_ && failure_.empty()) {
    if (!HasWork()) {
      work_.wait(lock);
      idle_rounds = 0;
      continue;
    }
    bool moved = false;
    try {
      moved = !main_waits_.load(std::memory_order_relaxed) && Progress();
    } catch (const std::exception& error) {
      failure_ = error.what();
    }
    idle_rounds = moved ? 0 : idle_rounds + 1;
    const bool idle = !InFlight() && idle_rounds > kRoundsUntilIdle;
    lock.unlock();
    std::this_thread::sleep_for(idle ? kIdleInterval : kBusyInterval);
    lock.lock();
  }
}

}  // namespace jupiter
