// Cases whose clock is virtual: a replay gives the same digits every time, so each runs once.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "bench/measure/bench_case.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// A case per name; `measure` is told its place.
std::vector<BenchCase> MakeVirtualCases(
    const std::vector<std::string>& names,
    const std::function<void(benchmark::State&, const Progress&, std::size_t)>& measure);

// The place that a command of rank 0 names (see Suite). Throws PeerError unless it is below
// `cases`.
std::size_t PlaceIn(const Transport& transport, const std::string& command, std::size_t cases);

}  // namespace jupiter
