// What the tests of strategies share: one request by a strategy, and by its reference.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "parallel/session/session.h"

namespace jupiter {

inline constexpr int kPrompt = 11;
inline constexpr int kTokens = 8;

std::vector<std::int32_t> TestPrompt(int vocab);

struct Settings {
  std::string model = "synthetic:tiny";
  SessionOptions session;
  DeviceOptions device;
  // TestPrompt when empty.
  std::vector<std::int32_t> prompt = {};
  int tokens = kTokens;
  // Another device than `cpu`.
  std::function<std::unique_ptr<Device>()> make_device = {};
};

// Runs one request on all ranks; every rank gets the source's result.
Generation RunRequest(const Settings& settings);
// One process, one thread; one row at a time where sums do not depend on it: as plain as it gets.
Generation Reference(const Settings& settings);
// What loading the tiny model under these options is refused with; empty when it is not.
std::string LoadError(const SessionOptions& options);
void ExpectSame(const Generation& got, const Generation& expected, int tokens = kTokens);

// Of at least 2 tokens.
SlicePolicy Slices(const std::string& text);

}  // namespace jupiter
