#include "kernels/cuda/attention_arrays.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace jupiter {
namespace {

// How many leading positions of two paths have the same slots.
std::int32_t CommonLength(std::span<const KvRun> a, std::span<const KvRun> b) {
  std::int32_t length = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].segment != b[i].segment || a[i].begin != b[i].begin) break;
    length += std::min(a[i].count, b[i].count);
    if (a[i].count != b[i].count) break;
  }
  return length;
}

// The rows of `arrays`, `first` and those after it, as one tile.
GpuTile TileOf(const AttentionPaths& paths, std::span<const GpuPath> arrays, std::int64_t first) {
  GpuTile tile;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    if (arrays[i].length <= tile.length) continue;
    tile.longest = static_cast<std::int32_t>(i);
    tile.length = arrays[i].length;
  }
  tile.agree = tile.length;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const std::int32_t common = CommonLength(paths.Row(first + tile.longest),
                                             paths.Row(first + static_cast<std::int64_t>(i)));
    if (common < arrays[i].length) tile.agree = std::min(tile.agree, common);
  }
  return tile;
}

}  // namespace

PathArrays ArraysOf(const AttentionPaths& paths) {
  PathArrays arrays;
  for (std::int64_t row = 0; row < paths.rows(); ++row) {
    GpuPath path{static_cast<std::int32_t>(arrays.runs.size()), 0, 0};
    for (const KvRun& run : paths.Row(row)) {
      arrays.runs.push_back({run.segment, run.begin, run.count, path.length});
      path.length += run.count;
      ++path.run_count;
    }
    arrays.longest = std::max(arrays.longest, path.length);
    arrays.paths.push_back(path);
  }
  return arrays;
}

TileArrays TilesOf(const AttentionPaths& paths, const PathArrays& arrays) {
  TileArrays tiles;
  const auto all = std::span<const GpuPath>(arrays.paths);
  tiles.rows = AttentionTileRows(paths.rows());
  if (tiles.rows == 0) return tiles;
  tiles.first_apart = static_cast<int>(AttentionRuns(arrays.longest));
  bool shared = false;
  const auto step = static_cast<std::size_t>(tiles.rows);
  for (std::size_t first = 0; first < all.size(); first += step) {
    const GpuTile tile = TileOf(paths, all.subspan(first, std::min(step, all.size() - first)),
                                static_cast<std::int64_t>(first));
    shared |= IsShared(tile, 0);
    if (tile.agree < tile.length) {
      tiles.first_apart = std::min(tiles.first_apart, tile.agree / kAttentionRun);
    }
    tiles.tiles.push_back(tile);
  }
  return shared ? tiles : TileArrays{};
}

}  // namespace jupiter
