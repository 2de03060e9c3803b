#include <algorithm>

#include "kernels/base/check.h"
#include "parallel/strategies/strategies.h"

namespace jupiter {
namespace {

std::vector<StrategyEntry>& RegisteredStrategies() {
  static std::vector<StrategyEntry> entries;
  return entries;
}

void AppendStrategy(StrategyEntry entry) {
  JUPITER_CHECK(entry.adapt && entry.plan_memory && entry.build, "strategy {} is incomplete",
                entry.traits.name);
  RegisterTraits(entry.traits);
  RegisteredStrategies().push_back(std::move(entry));
}

bool AppendBuiltIn() {
  AppendStrategy(LocalStrategy());
  AppendStrategy(SequenceStrategy());
  AppendStrategy(MegatronStrategy());
  AppendStrategy(DeTransformerStrategy());
  AppendStrategy(GalaxyStrategy());
  AppendStrategy(EdgeShardStrategy());
  AppendStrategy(JupiterStrategy());
  return true;
}

}  // namespace

void AddBuiltInStrategies() {
  static const bool added = AppendBuiltIn();
  static_cast<void>(added);
}

void AddStrategy(StrategyEntry entry) {
  AddBuiltInStrategies();
  AppendStrategy(std::move(entry));
}

const std::vector<StrategyEntry>& Strategies() {
  AddBuiltInStrategies();
  return RegisteredStrategies();
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
