// Tests of planning speak of the built-in strategies, whose traits stand in parallel/strategies.
#include "parallel/strategies/strategy.h"

namespace jupiter {
namespace {

[[maybe_unused]] const bool added = [] {
  AddBuiltInStrategies();
  return true;
}();

}  // namespace
}  // namespace jupiter
