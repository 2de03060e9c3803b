// Why no split of the layers fits: the least that one budget would have to grow.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "planning/partition/stage_table.h"

namespace jupiter {

// With `bytes` more on this device, and not with fewer, the layers fit in the given order, [begin,
// end) of them on the device.
struct LayerShortfall {
  int device = 0;
  std::int64_t bytes = 0;
  int begin = 0;
  int end = 0;
};

// The device that needs least, the earlier one when two need the same. Not positive when everything
// fits as it is. O(|D| (|D| + L)).
LayerShortfall SmallestShortfall(const StageTable& stages, const std::vector<int>& order);

// One line: which device, how many bytes short in the best case, what would help.
std::string Describe(const LayerShortfall& shortfall, const StageTable& stages);

// By how many bytes layers, embedding and head exceed all that the devices have room for, or the
// source alone when that is less (it may share a table); not positive when only their granularity
// is in the way.
std::int64_t ShortInAll(const StageTable& stages);
// Whether bytes are missing however the layers are cut: in all, or for the source's embedding.
bool MemoryIsShort(const StageTable& stages);
// ShortInAll in words.
std::string DescribeInAll(const StageTable& stages);

}  // namespace jupiter
