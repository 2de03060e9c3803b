#include "bench/report/host_facts.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string_view>

namespace jupiter {
namespace {

// The system's files say "32768K"; empty when there is none.
std::int64_t ReadCacheSize(const std::string& path) {
  std::ifstream file(path);
  std::int64_t size = 0;
  char unit = ' ';
  if (!(file >> size)) return 0;
  file >> unit;
  return size << (unit == 'K' ? 10 : unit == 'M' ? 20 : 0);
}

}  // namespace

std::int64_t TotalMemory() {
  return std::int64_t{sysconf(_SC_PHYS_PAGES)} * std::int64_t{sysconf(_SC_PAGESIZE)};
}

std::int64_t LastLevelCache() {
  std::int64_t largest =
      std::max<std::int64_t>({0, sysconf(_SC_LEVEL2_CACHE_SIZE), sysconf(_SC_LEVEL3_CACHE_SIZE)});
  // The C library knows only the caches of some processors.
  for (int index = 0; index < 5; ++index) {
    std::ostringstream path;
    path << "/sys/devices/system/cpu/cpu0/cache/index" << index << "/size";
    largest = std::max(largest, ReadCacheSize(path.str()));
  }
  return largest;
}

double LoadAverage() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm date{};
  gmtime_r(&now, &date);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &date);
  return text.data();
}

}  // namespace jupiter
