// What the suite reads about the machine it runs on.
#pragma once

#include <cstdint>
#include <string>

namespace jupiter {

// Bytes of main memory of this host; 0 when the system does not say.
std::int64_t TotalMemory();
// Bytes of the last cache before memory; 0 when the system does not say. Virtual machines may tell
// of a cache that they share with others.
std::int64_t LastLevelCache();
// Processes that ran or waited to run in the last minute; 0 when the system does not say.
double LoadAverage();
// The date in UTC, "2025-01-31".
std::string Today();

}  // namespace jupiter
