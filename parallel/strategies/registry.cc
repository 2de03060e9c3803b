#include "kernels/base/check.h"
#include "parallel/strategies/strategies.h"

namespace jupiter {

const std::vector<StrategyEntry>& Strategies() {
  static const std::vector<StrategyEntry> entries = {
      LocalStrategy(),  SequenceStrategy(),  MegatronStrategy(), DeTransformerStrategy(),
      GalaxyStrategy(), EdgeShardStrategy(), JupiterStrategy()};
  return entries;
}

const StrategyEntry& FindStrategy(std::string_view name) {
  std::string known;
  for (const StrategyEntry& entry : Strategies()) {
    if (entry.name == name) return entry;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", entry.name);
  }
  FailUser("unknown strategy '{}'; known are: {}", name, known);
}

}  // namespace jupiter
