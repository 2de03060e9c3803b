// What all ranks must agree on before a run, and the memory that it will take.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/stage/stage.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// Changes whenever messages of one version cannot be read by another.
inline constexpr int kProtocolVersion = 4;

// Something that must be the same on every rank, such as {"numerics version", "1"}.
using Fact = std::pair<std::string, std::string>;

// Compares the facts of all ranks with those of rank 0. On a difference every rank throws the same
// UserError: which rank, what it has, what rank 0 has.
void CheckFacts(Transport& transport, const std::vector<Fact>& facts);

// The memory there is for a rank.
struct MemoryBudget {
  std::int64_t bytes = 0;   // available there, for all its ranks together; or a limit
  bool limited = false;     // `bytes` is this rank's own limit
  std::string memory = {};  // MemoryPool::name
};

// The budget of this rank: `limit` (bytes), or for 0 what its device's memory has available, as the
// rank that finds least there sees it: ranks of a host share its memory, and a card's where they
// share the card. Every rank calls it together.
MemoryBudget FindBudget(Transport& transport, std::int64_t limit, const MemoryPool& memory);

struct RankMemory {
  std::string host;
  StageMemory stage;
  std::int64_t drafts = 0;   // draft heads or a draft model, with all they need
  std::int64_t buffers = 0;  // of messages in flight
  MemoryBudget budget;
  std::int64_t total() const { return stage.total() + drafts + buffers; }
};

// The memory of every rank, on every rank, from that of this one (its host is filled in).
std::vector<RankMemory> GatherMemory(Transport& transport, const RankMemory& own);

// A line per rank with weights, KV, activations, drafts, buffers, total, and the memory there is,
// in MiB.
std::string ShowMemory(const std::vector<RankMemory>& ranks);

// Empty when everything fits; otherwise a line: which rank, host or card lacks how many bytes, what
// to try.
std::string MemoryShortage(const std::vector<RankMemory>& ranks);

}  // namespace jupiter
