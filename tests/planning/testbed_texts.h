// Good device profiles, cluster files and testbed profiles, for tests and fuzzers to damage.
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

// A profile for boards of one kind.
inline const char* const kTestbedProfileText = R"(jupiter_profile: 1
name: test
devices:
  name: boards
  law: two-regimes
  bytes_per_weight: {value: 0.5, fixed: "4 bits"}
  few_rows: 2
  layer_pass_time: 3 ms
  split_projection_loss: {value: 50 %, parameter: loss, meaning: "part", standard_error: 3 %}
  many_row_unpack_bandwidth: 8 GB/s
  many_row_rate: 1 TOP/s
  boards:
    jetson-nano: {few_row_bandwidth: 2 GB/s, slowdown: 4}
links:
  name: wires
  efficiency: 0.5
  latency: 1 ms
  wire_overhead: 2 ms
  host_overhead: 3 ms
  host_time_per_byte: 4 ns/B
collectives:
  name: volumes
  galaxy_overlap: false
  volume_factor:
    all_gather: {prefill: 2, decode: 3}
    all_reduce: {prefill: 5, decode: 7}
    tile_ring: {prefill: 11, decode: 13}
    point_to_point: {prefill: 17, decode: 19}
decoding:
  name: trees
  tokens_per_step: 2.5
  payload_rows: {small: 8, large: {value: 4, fixed: "as measured"}}
  rows: {small: 10, large: 5}
plans:
  - {env: A, model: small, edgeshard_layers: [3, 1], galaxy_heads: [2, 2], galaxy_columns: [8, 8]}
fit:
  parameters: 3
)";

}  // namespace jupiter
