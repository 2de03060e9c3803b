#include "planning/testbed/profile_costs.h"

#include <algorithm>
#include <iterator>

#include "kernels/base/check.h"
#include "planning/testbed/op_work.h"

namespace jupiter {
namespace {

std::size_t Slot(OpKind kind, DType weight, DType input) {
  return (static_cast<std::size_t>(kind) * kDTypes + static_cast<std::size_t>(weight)) * kDTypes +
         static_cast<std::size_t>(input);
}

double Width(std::int64_t width) { return static_cast<double>(std::max<std::int64_t>(1, width)); }

// How far two positive numbers are apart: exp |log(a / b)|, without the logarithms.
double FactorBetween(double a, double b) { return a < b ? b / a : a / b; }

// The widths of the nearest measured shape come first by size, then by inner. Shapes are sorted by
// size, so the two sizes around the wanted one are the candidates.
template <typename Shapes>
auto NearestShape(const Shapes& shapes, double inner, double outer) {
  const double size = inner * outer;
  auto above = std::lower_bound(shapes.begin(), shapes.end(), size,
                                [](const auto& shape, double s) { return shape.size() < s; });
  if (above == shapes.end() ||
      (above != shapes.begin() &&
       FactorBetween(size, std::prev(above)->size()) <= FactorBetween(size, above->size()))) {
    --above;
  }
  const double nearest_size = above->size();
  auto best = above;
  const auto consider = [&](auto it) {
    if (FactorBetween(inner, it->inner) < FactorBetween(inner, best->inner)) best = it;
  };
  for (auto it = above; it != shapes.begin() && std::prev(it)->size() == nearest_size;) {
    consider(--it);
  }
  for (auto it = above; it != shapes.end() && it->size() == nearest_size; ++it) consider(it);
  return best;
}

}  // namespace

ProfileCosts::ProfileCosts(const DeviceProfile& profile) {
  const Roofline& roofline = profile.roofline;
  seconds_per_op_ = roofline.seconds_per_op.value;
  memory_bandwidth_ = roofline.memory_bandwidth.value;
  other_rate_ = roofline.other_rate.value;
  JUPITER_CHECK(roofline.op_rate.count(DType::kF32) == 1, "no rate of f32");
  op_rate_.fill(roofline.op_rate.at(DType::kF32).value);
  for (const auto& [dtype, rate] : roofline.op_rate) {
    op_rate_[static_cast<std::size_t>(dtype)] = rate.value;
  }
  JUPITER_CHECK(seconds_per_op_ >= 0 && memory_bandwidth_ > 0 && other_rate_ > 0);
  JUPITER_CHECK(*std::min_element(op_rate_.begin(), op_rate_.end()) > 0);
  for (const MeasuredOp& op : profile.measured) {
    std::uint16_t& group = group_of_[Slot(op.kind, op.weight, op.input)];
    if (group == 0) {
      groups_.emplace_back();
      group = static_cast<std::uint16_t>(groups_.size());
    }
    groups_[group - 1u].push_back({Width(op.inner), Width(op.outer), MeasuredTable(op.points)});
  }
  for (Shapes& shapes : groups_) {
    std::stable_sort(shapes.begin(), shapes.end(), [](const Shape& a, const Shape& b) {
      return a.size() != b.size() ? a.size() < b.size() : a.inner < b.inner;
    });
  }
}

double ProfileCosts::Roof(const OpCall& op, double operations, double bytes) const {
  const double rate =
      op.kind == OpKind::kLinear ? op_rate_[static_cast<std::size_t>(op.weight)] : other_rate_;
  return seconds_per_op_ + std::max(operations / rate, bytes / memory_bandwidth_);
}

double ProfileCosts::ShapeRoof(const OpCall& op, double inner, double outer) const {
  const OpWork work = OpWorkOf(op, inner, outer);
  return Roof(op, work.operations, work.bytes);
}

double ProfileCosts::RooflineSeconds(const OpCall& op) const {
  return Roof(op, static_cast<double>(op.operations), static_cast<double>(op.bytes));
}

double ProfileCosts::Seconds(const OpCall& op) const {
  const std::uint16_t group = group_of_[Slot(op.kind, op.weight, op.input)];
  if (group == 0 || op.rows == 0) return RooflineSeconds(op);
  const double inner = Width(op.inner);
  const double outer = Width(op.outer);
  const Shape& shape = *NearestShape(groups_[group - 1u], inner, outer);
  const auto rows = static_cast<double>(op.rows);
  const double measured = shape.table.Seconds(rows, static_cast<double>(op.context) / rows);
  if (shape.inner == inner && shape.outer == outer) return measured;
  return measured * (ShapeRoof(op, inner, outer) / ShapeRoof(op, shape.inner, shape.outer));
}

}  // namespace jupiter
