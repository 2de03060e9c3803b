// Good device profiles and cluster files, for tests and fuzzers to damage.
#pragma once

#include <string>

namespace jupiter {

inline const char* const kBoardHead = R"(jupiter_device: 1
name: board
description: a board
)";

// Memory and roofline of a profile.
inline const char* const kBoardTerms = R"(memory:
  total: {value: 8 GiB, source: data sheet}
  usable: {value: 5.75 GiB, source: guess}
roofline:
  memory_bandwidth: {value: 44.8 GB/s, source: data sheet}
  time_per_op: {value: 20 us, source: guess}
  op_rate:
    f32: {value: 422 GFLOP/s, source: cores}
    q4_0: {value: 2.7 TOPS, source: cores}
  other_rate: {value: 400 GFLOP/s, source: cores}
)";

inline const char* const kLinearPoints = R"(measured:
  - op: linear
    weight: q4_0
    input: act8
    inner: 4096
    outer: 11008
    points:
      - [1, 0, 0.61 ms]
      - [32, 0, 0.9 ms]
)";

inline const char* const kAttentionPoints = R"(measured:
  - op: attention
    weight: f16
    inner: 4096
    outer: 4096
    points:
      - [1, 0, 0.61 ms]
      - [32, 100.5, 0.9 ms]
)";

inline std::string ProfileText(const std::string& points) {
  return std::string(kBoardHead) + kBoardTerms + points;
}

// With shipped profiles.
inline const char* const kClusterText = R"(jupiter_cluster: 1
name: test
medium: shared
devices:
  - name: a
    profile: jetson-nano
    host: board-a
    memory:
      usable: {value: 3 GiB, source: nothing else runs}
    speed: [{at: 0 s, factor: 1}, {at: 2 s, factor: 0.5}]
  - {name: b, profile: raspberry-pi-5}
  - {name: c, profile: raspberry-pi-5}
link:
  bandwidth: 100 Mbit/s
  efficiency: 94 %
  latency: 0.1 ms
  wire_overhead: 3 us
  host_overhead: 0.2 ms
  host_time_per_byte: 0.25 ns/B
  trace: [{at: 1 s, factor: 0}, {at: 2 s, factor: 2}]
links:
  - {from: a, to: b, bandwidth: 1 Gbit/s, trace: []}
  - {from: c, to: a, latency: 5 ms, one_way: true}
)";

// Profiles inside a cluster file, by the names that kClusterText has.
inline std::string OwnProfiles() {
  std::string terms;
  for (const char* at = kBoardTerms; *at != '\0'; ++at) {
    if (at == kBoardTerms || at[-1] == '\n') terms += "    ";
    terms += *at;
  }
  std::string text = "profiles:\n";
  for (const char* name : {"jetson-nano", "raspberry-pi-5"}) {
    text += std::string("  ") + name + ":\n    name: board\n" + terms;
  }
  return text;
}

}  // namespace jupiter
