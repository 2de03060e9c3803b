// What all ranks must agree on before a run, and the memory that it will take.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/stage.h"
#include "parallel/transport.h"

namespace jupiter {

// Changes whenever messages of one version cannot be read by another.
inline constexpr int kProtocolVersion = 2;

// Something every rank must say alike, such as {"numerics version", "1"}.
using Fact = std::pair<std::string, std::string>;

// Compares the facts of all ranks with those of rank 0. On a difference every rank throws the same
// UserError: which rank, what it has, what rank 0 has.
void CheckFacts(Transport& transport, const std::vector<Fact>& facts);

struct RankMemory {
  std::string host;
  StageMemory stage;
  std::int64_t buffers = 0;    // of messages under way
  std::int64_t available = 0;  // on the host, for all its ranks together; or the limit of this rank
  bool limited = false;        // `available` is this rank's own limit
  std::int64_t total() const { return stage.total() + buffers; }
};

// The memory of every rank, on every rank. `limit` (bytes of this rank) replaces what the host has
// available; 0: none given.
std::vector<RankMemory> GatherMemory(Transport& transport, const StageMemory& stage,
                                     std::int64_t buffers, std::int64_t limit);

// A line per rank with weights, KV, activations, buffers, total, and the memory there is, in MiB.
std::string ShowMemory(const std::vector<RankMemory>& ranks);

// Empty when everything fits; otherwise a line: which rank or host lacks how many bytes, what to
// try.
std::string MemoryShortage(const std::vector<RankMemory>& ranks);

// Bytes that new processes can take on this host, from /proc/meminfo and the control group's limit.
std::int64_t AvailableMemory();

}  // namespace jupiter
