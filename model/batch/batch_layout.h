// Where the rows of a batch stand: positions, KV slots and attention paths, the same for every
// layer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "kernels/attention_paths.h"
#include "model/batch/batch.h"
#include "model/batch/kv_cache.h"

namespace jupiter {

// The sequences that a stage holds, by id.
using KvCaches = std::map<std::int32_t, std::shared_ptr<KvCache>>;

struct BatchLayout {
  struct Item {
    const KvCache* cache = nullptr;
    std::int64_t first_row = 0;       // of the batch
    std::vector<std::int32_t> slots;  // [rows of the item], in the cache's own segment
  };
  std::vector<Item> items;
  std::vector<std::int32_t> tokens;      // [rows]
  std::vector<std::int32_t> positions;   // [rows]
  std::vector<const KvCache*> segments;  // what KvRun::segment counts in `paths`
  AttentionPaths paths;                  // [rows]
  std::vector<std::int64_t> head_rows;   // rows of the batch, ascending

  std::int64_t rows() const { return static_cast<std::int64_t>(tokens.size()); }
};

// Settles provisional rows, takes slots for the new rows, and lays the batch out. Opening and
// closing sequences is left to the caller. CHECKs that every sequence is there and has room.
BatchLayout LayOut(Device& device, const Batch& batch, const KvCaches& caches);

}  // namespace jupiter
