// Times of ops by a device profile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "planning/testbed/device_profile.h"
#include "planning/testbed/measured_table.h"
#include "planning/testbed/op_costs.h"

namespace jupiter {

// Times of a profile: a measured op of the same kind, types and shape where there is one; else the
// nearest measured shape of the same kind and types, scaled by the ratio of the rooflines; else the
// roofline. Nearest is the smallest |log(inner * outer / measured inner * outer)|, then the
// smallest |log(inner / measured inner)|; a width that an op does not have counts 1.
//
// Indexed once, then constant: several threads may ask the same object.
class ProfileCosts : public OpCosts {
 public:
  // CHECKs that the rates are positive; loaded profiles are.
  explicit ProfileCosts(const DeviceProfile& profile);
  double Seconds(const OpCall& op) const override;
  // Without the measured tables.
  double RooflineSeconds(const OpCall& op) const;

 private:
  struct Shape {
    double inner = 1;
    double outer = 1;
    MeasuredTable table;
    double size() const { return inner * outer; }
  };
  using Shapes = std::vector<Shape>;  // by size, then inner, rising

  double Roof(const OpCall& op, double operations, double bytes) const;
  // With other widths.
  double ShapeRoof(const OpCall& op, double inner, double outer) const;

  double seconds_per_op_ = 0;
  double memory_bandwidth_ = 1;
  double other_rate_ = 1;
  std::array<double, kDTypes> op_rate_{};  // of linear, by weight type
  // By kind, weight and input type: 1 + the index into groups_, or 0 where nothing was measured.
  std::array<std::uint16_t, kOpKinds * kDTypes * kDTypes> group_of_{};
  std::vector<Shapes> groups_;
};

}  // namespace jupiter
