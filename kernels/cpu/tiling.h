// How many activation rows and groups of 16 weight rows one register tile covers.
#pragma once

namespace jupiter::cpu {

struct Tiling {
  int rows = 1;           // at most this many activation rows at once,
  int groups = 1;         // with this many groups of 16 weight rows
  int single_groups = 1;  // groups for one activation row, enough to hide the latency of fma
};

// Groups of one task of a linear op: 64 output features. A multiple of every tile's groups.
inline constexpr int kPanelGroups = 4;

}  // namespace jupiter::cpu
