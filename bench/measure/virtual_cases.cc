#include "bench/measure/virtual_cases.h"

#include "parallel/transport/peer_bytes.h"

namespace jupiter {

std::vector<BenchCase> MakeVirtualCases(
    const std::vector<std::string>& names,
    const std::function<void(benchmark::State&, const Progress&, std::size_t)>& measure) {
  std::vector<BenchCase> cases;
  for (std::size_t i = 0; i < names.size(); ++i) {
    BenchCase& added = cases.emplace_back();
    added.name = names[i];
    added.iterations = 1;
    added.measure = [measure, i](benchmark::State& state, const Progress& progress) {
      measure(state, progress, i);
    };
  }
  return cases;
}

std::size_t PlaceIn(const Transport& transport, const std::string& command, std::size_t cases) {
  constexpr const char* kWhat = "the place of a case";
  std::size_t place = 0;
  ReadFields(transport, 0, kWhat, command, place);
  if (place >= cases) transport.FailPeer(0, kWhat, fmt::format("{} of {}", place, cases));
  return place;
}

}  // namespace jupiter
