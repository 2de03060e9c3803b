// All MPI calls of a Transport, under one lock, and the thread that makes progress while the rank
// computes.
//
// MPI moves large messages only inside its own calls. The thread makes such calls about every 200
// us while something is on its way and the main thread is elsewhere; it sleeps without a timer when
// nothing is, and stands aside while the main thread waits, because then the main thread polls.
#pragma once

#include <mpi.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "parallel/transport/frame.h"
#include "parallel/transport/link_model.h"
#include "parallel/transport/message_buffer.h"
#include "parallel/transport/transport.h"
#include "parallel/transport/wait.h"

namespace jupiter {

class Transport::Engine {
 public:
  Engine(Context& context, std::mutex& mutex);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  // Ends the thread. Messages that are still in flight stay with the context until MPI ends.
  ~Engine();

  void Send(int destination, Channel channel, Message message, Readiness ready);
  Message Receive(int source, Channel channel, std::string_view operation);
  // Whether Receive would find a message without waiting.
  bool IsHere(int source, Channel channel);
  void Expect(int source, Channel channel, int most);
  void Flush();
  void LeavePayloadsOut(bool leave_out);
  void HoldBack(const LinkModel& model);

 private:
  struct Incoming {
    Message message;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  // A message as it will travel: without its payload it is shorter.
  struct Leaving {
    Message message;
    std::size_t bytes = 0;
  };
  // What waits for its payload, or for those before it.
  struct Later {
    Leaving leaving;
    Readiness ready;
  };
  // What goes between this rank and one other on one channel.
  struct Lane {
    int peer = 0;
    Channel channel = Channel::kControl;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    int most = 0;                // messages held for a Receive to come
    std::deque<Incoming> inbox;  // in the order sent
    std::deque<Later> later;     // to be sent, in order
  };
  struct Outgoing {
    Message message;
    const Lane* lane = nullptr;
  };

  // Both sides of a link model.
  struct HeldLink {
    explicit HeldLink(const LinkModel& given) : model(given), egress(given), ingress(given) {}
    LinkModel model;
    LinkEgress egress;
    LinkIngress ingress;
  };

  Lane& LaneOf(int peer, Channel channel);
  int IndexOf(const Lane& lane) const { return static_cast<int>(&lane - lanes_.data()); }
  // Polls under the lock until `done`, which is called with the lock held.
  void WaitFor(const WaitSite& site, const std::function<bool()>& done);
  // Whether the link model applies to messages of this lane.
  bool Holds(const Lane& lane) const;
  // The first message of the lane, which is here. Throws PeerError of `operation`, waited for since
  // `start`, when it is none.
  Message TakeFront(Lane& lane, std::string_view operation, double start);
  // Whether messages of this lane travel without their payload.
  bool TravelsBare(const Lane& lane) const;
  // The message that a bare one stands for; its payload is undefined.
  static Message Restore(const Frame& frame, std::span<const std::byte> wire);
  void RunThread();

  // The rest is called with the lock held. Errors of MPI become PeerError.
  void CheckHealthy() const;
  void Check(int code, std::string_view call) const;
  // True when something arrived or left.
  bool Progress();
  // Sends what waited and is ready.
  bool SendReady();
  // Sends the message, whose payload is complete, after the stamp of a link model.
  void Leave(Lane& lane, Leaving leaving);
  void SendStamp(Lane& lane, const LinkStamp& stamp);
  // `wire`: the part of the message that travels.
  void Post(Lane& lane, int tag, Message message, std::span<std::byte> wire);
  bool CompleteSends();
  // Takes up to `most` messages into the inbox as they come.
  bool Pull(Lane& lane, int most);
  void StartReceive(Lane& lane, MPI_Message matched, const MPI_Status& status);
  bool Arrived(Incoming& incoming);
  void CollectStamps();
  // Whether the first message of the lane, which is here, has also arrived by the link model. It is
  // asked as often as a rank looks for a message, so a rank notices the arrival as late as on a
  // real network.
  bool Released(const Lane& lane);
  // The first message of the lane is complete and may be taken.
  bool FrontIsHere(Lane& lane);
  // One exists.
  const Lane* FirstWithLater() const;
  std::size_t Unsent() const { return sends_.size() + later_; }
  bool InFlight() const { return Unsent() > 0 || receives_in_flight_ > 0; }
  bool HasWork() const { return InFlight() || !expected_.empty(); }

  Context& context_;
  std::mutex& mutex_;
  MPI_Comm comm_ = MPI_COMM_NULL;
  std::vector<Lane> lanes_;                 // [ranks, channels]
  std::vector<Lane*> expected_;             // lanes with most > 0
  std::vector<MPI_Request> send_requests_;  // beside sends_
  std::vector<Outgoing> sends_;
  std::vector<int> completed_;  // scratch of CompleteSends
  std::size_t later_ = 0;       // messages in the lanes' `later`
  int receives_in_flight_ = 0;
  bool leave_payloads_out_ = false;
  std::unique_ptr<HeldLink> held_;  // null: messages are handed out as they come
  std::string failure_;             // of the thread, reported by the next call
  std::condition_variable work_;
  std::atomic<bool> main_waits_{false};
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace jupiter
