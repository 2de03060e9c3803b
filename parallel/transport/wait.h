// The one loop that waits for other ranks.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "parallel/transport/context.h"

namespace jupiter {

// What is waited for, in the words of its error: "rank 0 on nano to send hidden rows (receive,
// channel batch)".
struct WaitSite {
  static constexpr int kEveryRank = -1;
  int peer = kEveryRank;
  std::string_view action;     // "to send"
  std::string_view operation;  // "hidden rows"
  std::string_view place;      // "receive, channel batch"

  std::string Text(const Context& context) const;
};

// What a PeerError says of a message that came after a wait of `waited` seconds and cannot be read.
std::string BadBytes(const Context& context, int peer, std::string_view what, double waited,
                     std::string_view problem);

// Calls `done` until it returns true, pausing by the waiting policy. Throws PeerError at the
// context's deadline.
void WaitUntil(const Context& context, const WaitSite& site, const std::function<bool()>& done);

}  // namespace jupiter
