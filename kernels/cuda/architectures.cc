#include "kernels/cuda/architectures.h"

#include <algorithm>
#include <cstddef>

#include "kernels/base/ascii.h"

namespace jupiter {
namespace {

constexpr std::size_t kMostDigits = 4;

// One entry of the list; number 0 stands for a word such as "native".
struct Architecture {
  int number = 0;  // 10 * major + minor
  bool machine_code = true;
  bool ptx = true;
  bool specific = false;  // runs on exactly this number
};

Architecture ParseArchitecture(std::string_view entry) {
  Architecture result;
  std::size_t end = 0;
  for (; end < std::min(entry.size(), kMostDigits) && IsDigit(entry[end]); ++end) {
    result.number = result.number * 10 + (entry[end] - '0');
  }
  result.specific = result.number != 0 && end < entry.size() && entry[end] == 'a';
  result.ptx = entry.find("-real") == std::string_view::npos;
  result.machine_code = entry.find("-virtual") == std::string_view::npos;
  return result;
}

// Cuts the first entry off a list separated by commas.
std::string_view TakeEntry(std::string_view& list) {
  const std::size_t length = list.find(',');
  const std::string_view entry = list.substr(0, length);
  list.remove_prefix(length == std::string_view::npos ? list.size() : length + 1);
  return entry;
}

}  // namespace

bool ServesCapability(std::string_view architectures, int major, int minor) {
  const int card = 10 * major + minor;
  while (!architectures.empty()) {
    const Architecture built = ParseArchitecture(TakeEntry(architectures));
    if (built.number == 0 || built.number == card) return true;
    if (built.specific) continue;
    if (built.ptx && built.number <= card) return true;
    if (built.machine_code && built.number / 10 == major && built.number <= card) return true;
  }
  return false;
}

std::string ReadableArchitectures(std::string_view architectures) {
  std::string result;
  while (!architectures.empty()) {
    const std::string_view entry = TakeEntry(architectures);
    const int number = ParseArchitecture(entry).number;
    if (!result.empty()) result += ", ";
    if (number == 0) {
      result += entry;
    } else {
      result += std::to_string(number / 10) + "." + std::to_string(number % 10);
    }
  }
  return result;
}

}  // namespace jupiter
