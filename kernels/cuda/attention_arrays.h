// Paths of attention as its kernels read them.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/attention_paths.h"
#include "kernels/cuda/ops/ops.h"

namespace jupiter {

struct PathArrays {
  std::vector<GpuPath> paths;
  std::vector<GpuRun> runs;
  std::int32_t longest = 0;  // positions
};
PathArrays ArraysOf(const AttentionPaths& paths);

// All rows as tiles, which read the slots that their rows share once.
struct TileArrays {
  std::vector<GpuTile> tiles;
  int rows = 0;         // of a tile; 0: each row by itself, and no tiles
  int first_apart = 0;  // the first run that some tile does not share
};
TileArrays TilesOf(const AttentionPaths& paths, const PathArrays& arrays);

}  // namespace jupiter
