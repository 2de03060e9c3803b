// Cases whose clock is virtual: a replay gives the same digits every time, so each runs once.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "parallel/transport/transport.h"

namespace jupiter {

// Registers a case per name with Google Benchmark; `measure` is told its place.
void RegisterVirtualCases(const std::vector<std::string>& names,
                          const std::function<void(benchmark::State&, std::size_t)>& measure);

// The place that a command of rank 0 names (see Suite). Throws PeerError unless it is below
// `cases`.
std::size_t PlaceIn(const Transport& transport, const std::string& command, std::size_t cases);

}  // namespace jupiter
