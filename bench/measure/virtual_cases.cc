#include "bench/measure/virtual_cases.h"

#include "parallel/transport/peer_bytes.h"

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

std::size_t PlaceIn(const Transport& transport, const std::string& command, std::size_t cases) {
  constexpr const char* kWhat = "the place of a case";
  std::size_t place = 0;
  ReadFields(transport, 0, kWhat, command, place);
  if (place >= cases) transport.FailPeer(0, kWhat, fmt::format("{} of {}", place, cases));
  return place;
}

}  // namespace jupiter
