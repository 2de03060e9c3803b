#include <algorithm>

#include "kernels/base/check.h"
#include "parallel/strategies/strategies.h"

namespace jupiter {
namespace {

std::vector<StrategyEntry>& Entries() {
  static std::vector<StrategyEntry> entries;
  return entries;
}

void Append(StrategyEntry entry) {
  JUPITER_CHECK(entry.adapt && entry.plan_memory && entry.build, "strategy {} is incomplete",
                entry.traits.name);
  RegisterTraits(entry.traits);
  Entries().push_back(std::move(entry));
}

bool AppendBuiltIn() {
  Append(LocalStrategy());
  Append(SequenceStrategy());
  Append(MegatronStrategy());
  Append(DeTransformerStrategy());
  Append(GalaxyStrategy());
  Append(EdgeShardStrategy());
  Append(JupiterStrategy());
  return true;
}

}  // namespace

void AddBuiltInStrategies() {
  static const bool added = AppendBuiltIn();
  static_cast<void>(added);
}

void AddStrategy(StrategyEntry entry) {
  AddBuiltInStrategies();
  Append(std::move(entry));
}

const std::vector<StrategyEntry>& Strategies() {
  AddBuiltInStrategies();
  return Entries();
}

const StrategyEntry& FindStrategy(std::string_view name) {
  const StrategyTraits& traits = FindTraits(name);
  const auto& entries = Strategies();
  return *std::find_if(entries.begin(), entries.end(), [&](const StrategyEntry& entry) {
    return entry.traits.name == traits.name;
  });
}

const StrategyTraits& DefaultStrategy() {
  static const StrategyTraits traits = JupiterStrategy().traits;
  return traits;
}

const StrategyTraits& OneProcess() {
  static const StrategyTraits traits = LocalStrategy().traits;
  return traits;
}

}  // namespace jupiter
