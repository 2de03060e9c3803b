#include "parallel/session/numerics_key.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "planning/plan/strategy_traits.h"

namespace jupiter {

std::string SumsKey(const Plan& plan, const std::string& strategy) {
  const StrategyTraits& traits = FindTraits(strategy);
  if (traits.exchange == LayerExchange::kGatherKv) {
    const bool exact =
        plan.wire == DType::kF32 || plan.wire == plan.kv || plan.shares.rows.size() == 1;
    // Keys of a row that cannot be cut, and of all after it, stay at home.
    return exact ? ""
                 : fmt::format(" kv-wire={} slices={}", Name(plan.wire), ToString(plan.slices));
  }
  if (traits.sum_order == SumOrder::kOneProcess) return "";
  std::string key =
      fmt::format(" sums={} {} wire={}", strategy, Show(plan.shares), Name(plan.wire));
  // Its order of sums depends on the tile that a row is in.
  if (traits.sum_order == SumOrder::kTileRing) {
    key += fmt::format(" slices={}", ToString(plan.slices));
  }
  return key;
}

std::string NumericsKey(std::uint64_t fingerprint, std::optional<DType> quantise,
                        const Plan& plan) {
  std::string key =
      fmt::format("{:016x} weights={} residual={} kv={}", fingerprint,
                  quantise ? Name(*quantise) : "file", Name(plan.residual), Name(plan.kv));
  const std::string& sums = plan.reference_of.empty() ? plan.strategy : plan.reference_of;
  if (!plan.shares.empty()) return key + SumsKey(plan, sums);
  std::vector<int> boundaries = plan.reference_boundaries;
  if (boundaries.empty()) boundaries = BoundariesOf(plan);
  if (!WireIsExact(plan) && !boundaries.empty()) {
    key += fmt::format(" wire={}@{}", Name(plan.wire), fmt::join(boundaries, ","));
  }
  return key;
}

}  // namespace jupiter
