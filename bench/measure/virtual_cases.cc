#include "bench/measure/virtual_cases.h"

#include "kernels/base/check.h"

namespace jupiter {

void RegisterVirtualCases(const std::vector<std::string>& names,
                          const std::function<void(benchmark::State&, std::size_t)>& measure) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    benchmark::RegisterBenchmark(names[i].c_str(),
                                 [measure, i](benchmark::State& state) { measure(state, i); })
        ->UseManualTime()
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  }
}

std::size_t PlaceIn(const std::string& command, std::size_t cases) {
  const std::size_t place = std::stoul(command);
  JUPITER_CHECK(place < cases, "case {} of {}", place, cases);
  return place;
}

}  // namespace jupiter
