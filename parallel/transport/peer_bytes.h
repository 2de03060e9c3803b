// Bytes that another rank wrote, which may be anything: what cannot be read is a PeerError that
// names this rank, the peer, what was received and how long that took, never a bug of ours.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "kernels/base/check.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// Runs `parse` on what this rank received last, from `peer`; a UserError or PeerError that it
// throws says only what is wrong with the bytes, and becomes one that names the rest. `what` names
// the bytes: "hidden rows".
template <typename Parse>
auto ParsePeer(const Transport& transport, int peer, std::string_view what, Parse&& parse) {
  try {
    return parse();
  } catch (const std::runtime_error& error) {
    transport.FailPeer(peer, what, error.what());
  }
}

// Reads all values of a text that has them between blanks, and nothing else.
template <typename... Values>
void ReadFields(const Transport& transport, int peer, std::string_view what,
                const std::string& text, Values&... values) {
  std::istringstream fields(text);
  (fields >> ... >> values);
  if (fields.fail() || !(fields >> std::ws).eof()) {
    transport.FailPeer(
        peer, what,
        fmt::format("'{}' has not the {} values that it should", text, sizeof...(values)));
  }
}

}  // namespace jupiter
