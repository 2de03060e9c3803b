#include "model/batch/batch_layout.h"

#include <algorithm>
#include <numeric>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::int32_t SegmentIndex(BatchLayout& layout, const KvCache* cache) {
  auto found = std::find(layout.segments.begin(), layout.segments.end(), cache);
  if (found == layout.segments.end()) {
    layout.segments.push_back(cache);
    found = layout.segments.end() - 1;
  }
  return static_cast<std::int32_t>(found - layout.segments.begin());
}

// The context of a cache: ancestors first, then `own` rows of its own.
void AppendContext(BatchLayout& layout, const KvCache* cache, std::int32_t own) {
  if (cache->parent() != nullptr) {
    AppendContext(layout, cache->parent().get(), cache->parent()->length());
  }
  layout.paths.Append({SegmentIndex(layout, cache), 0, own});
}

// A row that becomes context at once, or one of a provisional chain after the context.
void LayOutChainRow(BatchLayout& layout, const KvCache* cache, std::int32_t context,
                    std::int32_t row) {
  layout.paths.StartRow();
  AppendContext(layout, cache, context);
  layout.paths.Append({SegmentIndex(layout, cache), context, row + 1});
  layout.positions.push_back(cache->position() - cache->length() + context + row);
}

// A provisional row: the rows on its path one by one.
void LayOutTreeRow(BatchLayout& layout, const KvCache* cache, std::int32_t row) {
  layout.paths.StartRow();
  AppendContext(layout, cache, cache->length());
  const std::int32_t own = SegmentIndex(layout, cache);
  const std::vector<std::int32_t>& path = cache->PathTo(row);
  for (std::int32_t slot : path) layout.paths.Append({own, slot, 1});
  layout.positions.push_back(cache->position() + static_cast<std::int32_t>(path.size()) - 1);
}

// Parents of the rows of an item; a chain has them, too.
std::vector<std::int32_t> ParentsOf(const BatchItem& item) {
  if (!item.parents.empty()) return item.parents;
  std::vector<std::int32_t> parents(item.tokens.size());
  std::iota(parents.begin(), parents.end(), -1);
  return parents;
}

void LayOutItem(BatchLayout& layout, Device& device, const BatchItem& item, KvCache* cache) {
  if (!item.accept.empty()) cache->Accept(device, item.accept);
  JUPITER_CHECK(item.provisional || (item.parents.empty() && item.follows < 0),
                "a tree that commits its rows");
  const auto rows = static_cast<std::int32_t>(item.tokens.size());
  const std::int32_t first = item.provisional
                                 ? cache->AppendProvisional(ParentsOf(item), item.follows)
                                 : cache->Append(rows);
  const bool chain = item.parents.empty() && item.follows < 0;
  BatchLayout::Item placed{cache, layout.rows(), {}};
  for (std::int32_t row : item.head_rows) layout.head_rows.push_back(placed.first_row + row);
  layout.tokens.insert(layout.tokens.end(), item.tokens.begin(), item.tokens.end());
  for (std::int32_t row = 0; row < rows; ++row) {
    placed.slots.push_back(first + row);
    if (chain) {
      LayOutChainRow(layout, cache, first, row);
    } else {
      LayOutTreeRow(layout, cache, row);
    }
  }
  layout.items.push_back(std::move(placed));
}

}  // namespace

BatchLayout LayOut(Device& device, const Batch& batch, const KvCaches& caches) {
  BatchLayout layout;
  for (const BatchItem& item : batch.items) {
    const auto found = caches.find(item.sequence);
    JUPITER_CHECK(found != caches.end(), "sequence {} is not open", item.sequence);
    JUPITER_CHECK(found->second.use_count() == 1, "sequence {} has continuations that read it",
                  item.sequence);
    LayOutItem(layout, device, item, found->second.get());
  }
  return layout;
}

}  // namespace jupiter
