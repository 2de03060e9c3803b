// Messages that have arrived and wait to be received, in order per sender, receiver and channel.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

namespace jupiter {

struct SimulatedMessage {
  int source = 0;
  int destination = 0;
  int channel = 0;
  std::int64_t bytes = 0;  // header and payload
  double wire_bytes = 0;   // what they occupy of the network
  std::int64_t event = 0;  // of the source, from 0: also the message's place in program order
  int trip = -1;           // index of Replay::trips, where they are kept
};

// A message, and when its last byte reached the receiver.
struct Delivery {
  SimulatedMessage message;
  double time = 0;
};

class Mailboxes {
 public:
  using Box = std::deque<Delivery>;

  explicit Mailboxes(int ranks);
  Box& Find(int source, int destination, int channel);
  // Any message that nobody took (the first by source, destination, channel), or nullptr.
  const SimulatedMessage* FindLeft() const;

 private:
  int ranks_;
  std::vector<std::map<int, Box>> boxes_;  // [source * ranks + destination], by channel
};

}  // namespace jupiter
