// What options of a session come to before anything is loaded: the plan, and that of its reference.
#include "kernels/base/check.h"
#include "parallel/session/numerics_key.h"
#include "parallel/session/session.h"
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

int RowsUnderWay(const SessionOptions& options) {
  return options.step_rows * options.under_way - 1;
}

Plan MakePlan(const SessionOptions& options, const ModelShape& shape, int ranks,
              const std::vector<double>& speeds) {
  const ModelConfig& config = shape.config;
  Plan plan;
  plan.strategy = options.strategy;
  plan.slices = options.slices;
  plan.wire = options.wire;
  plan.residual = options.residual;
  plan.kv = options.kv;
  plan.reference_boundaries = options.reference_boundaries;
  plan.reference_of = options.reference_of;
  plan.shares = options.shares;
  plan.overlap = options.overlap;
  switch (options.split) {
    case LayerSplit::kEqual: plan.layers = EqualLayers(config.layers, ranks); break;
    case LayerSplit::kSpeed: plan.layers = ProportionalLayers(config.layers, speeds); break;
    case LayerSplit::kGiven:
      CheckLayers(options.layers, config.layers, ranks);
      CheckOrder(options.order, ranks);
      plan.layers = options.layers;
      plan.order = options.order;
      break;
  }
  const std::vector<double> same(static_cast<std::size_t>(ranks), 1.0);
  FindStrategy(options.strategy).adapt(plan, {shape, speeds.empty() ? same : speeds});
  if (plan.reference_of.empty()) CheckShares(plan.shares, shape, ranks);
  CheckWire("hidden", plan.wire, config.hidden);
  if (plan.strategy == "sequence") CheckWire("KV", plan.wire, config.kv_width());
  return plan;
}

void ReferTo(const Plan& plan, SessionOptions& options) {
  options.strategy = "local";
  options.split = LayerSplit::kEqual;
  options.slowdown.clear();  // it is not measured
  options.reference_boundaries = WireIsExact(plan) ? std::vector<int>{} : BoundariesOf(plan);
  options.wire = plan.wire;
  if (!IsShared(plan)) return;
  if (SumsKey(plan, plan.strategy).empty()) {
    options.shares = {};
    return;
  }
  options.reference_of = plan.strategy;
  options.shares = plan.shares;
  options.slices = plan.slices;
}

}  // namespace jupiter
