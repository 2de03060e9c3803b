// What a machine can do at best, and how much of that an op gets out of it: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernels/base/op_call.h"

namespace jupiter {

// All per second.
struct MachineLimits {
  double read_bytes = 0;       // read from memory
  double copied_bytes = 0;     // read and written again: those read and those written
  double f32_operations = 0;   // an fma counts 2
  double int8_operations = 0;  // of byte dots; a product and its sum count 2
  std::string source;          // what measured them
};

enum class Bound : std::uint8_t { kBandwidth, kCompute };

std::string_view Name(Bound bound);

struct LimitShare {
  double bytes_per_second = 0;
  double operations_per_second = 0;
  double percent = 0;  // of the limit that binds
  Bound bound = Bound::kBandwidth;
};

// The limit that binds is the one that leaves the op the longer time. Arithmetic is int8 for
// products of act8 rows and f32 for all else (f16 and bf16 weights are converted); traffic is
// reading for ops that read much and write little, copying for the others.
LimitShare ShareOfLimit(const OpCall& call, double seconds, const MachineLimits& limits);

// An attention call counts the KV rows of every query row. Where the rows share one context, memory
// is read once for all of them: `call` with the bytes of `positions` KV rows.
OpCall WithSharedContext(const OpCall& call, std::int64_t positions);

// How many operands of `bytes` a benchmark must take turns with, so that each has left a cache of
// `cache_bytes` before its next turn. They exceed it twice, for caches keep a part of what is used
// in turns when it exceeds them by little; one that does so on its own needs no other.
int CopiesBeyondCache(std::int64_t bytes, std::int64_t cache_bytes);

}  // namespace jupiter
