#include "model/batch_layout.h"

#include <algorithm>

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

// Rows of the item from the root of its tree (or chain) to `row`, in that order.
std::vector<std::int32_t> PathTo(const BatchItem& item, std::int32_t row) {
  std::vector<std::int32_t> path;
  for (std::int32_t at = row; at >= 0; at = item.parents[static_cast<std::size_t>(at)]) {
    path.push_back(at);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

void LayOutRow(BatchLayout& layout, const BatchItem& item, const KvCache* cache,
               std::int32_t context, std::int32_t row) {
  layout.paths.StartRow();
  AppendContext(layout, cache, context);
  const std::int32_t own = SegmentIndex(layout, cache);
  std::int32_t depth = row;
  if (item.parents.empty()) {
    layout.paths.Append({own, context, row + 1});
  } else {
    const std::vector<std::int32_t> path = PathTo(item, row);
    depth = static_cast<std::int32_t>(path.size()) - 1;
    for (std::int32_t at : path) layout.paths.Append({own, context + at, 1});
  }
  layout.positions.push_back(cache->position() - cache->length() + context + depth);
}

void LayOutItem(BatchLayout& layout, Device& device, const BatchItem& item, KvCache* cache) {
  if (!item.accept.empty()) cache->Accept(device, item.accept);
  JUPITER_CHECK(item.parents.empty() || item.provisional, "a tree that commits its rows");
  const auto rows = static_cast<std::int32_t>(item.tokens.size());
  const std::int32_t context = cache->Append(rows, item.provisional);
  BatchLayout::Item placed{cache, layout.rows(), {}};
  for (std::int32_t row : item.head_rows) layout.head_rows.push_back(placed.first_row + row);
  layout.tokens.insert(layout.tokens.end(), item.tokens.begin(), item.tokens.end());
  for (std::int32_t row = 0; row < rows; ++row) {
    placed.slots.push_back(context + row);
    LayOutRow(layout, item, cache, context, row);
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
