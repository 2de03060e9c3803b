#include "planning/plan/strategy_traits.h"

#include <deque>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// A deque: what FindTraits returned stays where it is.
std::deque<StrategyTraits>& Table() {
  static std::deque<StrategyTraits> table;
  return table;
}

}  // namespace

void RegisterTraits(const StrategyTraits& traits) {
  for (const StrategyTraits& known : Table()) {
    JUPITER_CHECK(known.name != traits.name, "strategy {} is registered twice", traits.name);
  }
  Table().push_back(traits);
}

const StrategyTraits& FindTraits(std::string_view name) {
  std::string known;
  for (const StrategyTraits& traits : Table()) {
    if (traits.name == name) return traits;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", traits.name);
  }
  FailUser("unknown strategy '{}'; known are: {}", name, known);
}

std::vector<const StrategyTraits*> AllTraits() {
  std::vector<const StrategyTraits*> all;
  for (const StrategyTraits& traits : Table()) all.push_back(&traits);
  return all;
}

}  // namespace jupiter
