#include "parallel/session/session_plan.h"

#include "kernels/base/check.h"
#include "parallel/session/numerics_key.h"
#include "planning/plan/layer_split.h"

namespace jupiter {
namespace {

void CheckWire(std::string_view what, DType wire, std::int64_t width) {
  const int block = BlockColumns(wire);
  if (width % block == 0) return;
  FailUser("--wire {}: the {} width {} is not a multiple of {}; use f32 or f16", Name(wire), what,
           width, block);
}

}  // namespace

int RowsInFlight(const SessionOptions& options) {
  return options.step_rows * options.in_flight - 1;
}

Plan CompletePlan(const SessionOptions& options, const ModelShape& shape, int ranks,
                  const std::vector<double>& speeds) {
  const ModelConfig& config = shape.config;
  const StrategyEntry& strategy = FindStrategy(options.plan.strategy);
  Plan plan = options.plan;
  switch (options.split) {
    case LayerSplit::kEqual: plan.layers = EqualLayers(config.layers, ranks); break;
    case LayerSplit::kSpeed: plan.layers = ProportionalLayers(config.layers, speeds); break;
    case LayerSplit::kGiven:
      if (!strategy.traits.shares()) CheckLayers(plan.layers, config.layers, ranks);
      CheckOrder(plan.order, ranks);
      break;
  }
  const std::vector<double> same(static_cast<std::size_t>(ranks), 1.0);
  strategy.adapt(plan, {shape, speeds.empty() ? same : speeds});
  if (plan.reference_of.empty()) CheckShares(plan.shares, shape, ranks);
  CheckWire("hidden", plan.wire, config.hidden);
  if (strategy.traits.exchange == LayerExchange::kGatherKv) {
    CheckWire("KV", plan.wire, config.kv_width());
  }
  return plan;
}

void ReferTo(const Plan& plan, SessionOptions& options) {
  options.split = LayerSplit::kEqual;
  options.slowdown.clear();  // it is not measured
  options.plan = plan;
  options.plan.strategy = OneProcess().name;
  options.plan.order.clear();
  options.plan.reference_boundaries = WireIsExact(plan) ? std::vector<int>{} : BoundariesOf(plan);
  if (SumsKey(plan, plan.strategy).empty()) {
    options.plan.shares = {};
  } else {
    options.plan.reference_of = plan.strategy;
  }
}

}  // namespace jupiter
