#include "bench/flags/benchmark_arguments.h"

#include <algorithm>
#include <iterator>

namespace jupiter {

std::vector<const char*> TakeBenchmarkArguments(int argc, const char* const* argv,
                                                std::vector<std::string>& benchmark) {
  constexpr std::string_view kPrefix = "--benchmark_";
  std::vector<const char*> own = {argv[0]};
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.substr(0, kPrefix.size()) == kPrefix) {
      benchmark.emplace_back(argument);
    } else {
      own.push_back(argv[i]);
    }
  }
  return own;
}

bool IsMeasuringFlag(std::string_view name) {
  constexpr std::string_view kMeasuring[] = {"--benchmark_repetitions", "--benchmark_min_time",
                                             "--benchmark_min_warmup_time",
                                             "--benchmark_enable_random_interleaving"};
  return std::find(std::begin(kMeasuring), std::end(kMeasuring), name) != std::end(kMeasuring);
}

}  // namespace jupiter
