// What a planner or simulator knows of one device: memory, and the time of an op. Profiles are
// YAML files, see experiments/devices/README.md; jupiter_profile measures one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/base/op_call.h"
#include "planning/testbed/measured_table.h"
#include "planning/testbed/op_costs.h"

namespace jupiter {

inline constexpr std::size_t kOpKinds = static_cast<std::size_t>(OpKind::kImport) + 1;
inline constexpr std::size_t kDTypes = static_cast<std::size_t>(DType::kAct8) + 1;

// A number of a profile and where it comes from.
struct Quantity {
  double value = 0;
  std::string source;
};

// Time of one op = seconds_per_op + max(operations / rate, bytes / memory_bandwidth).
struct Roofline {
  Quantity memory_bandwidth;          // bytes/s that weights and activations stream at
  Quantity seconds_per_op;            // launch, dispatch
  std::map<DType, Quantity> op_rate;  // operations/s of linear by weight type; f32 is always there
                                      // and stands for the types that are not
  Quantity other_rate;                // operations/s of every other op (f32 arithmetic)
};

// Measured times of one op of one shape, see MeasuredTable.
struct MeasuredOp {
  OpKind kind = OpKind::kLinear;
  DType weight = DType::kF32;
  DType input = DType::kF32;
  std::int64_t inner = 0;
  std::int64_t outer = 0;
  using Point = MeasuredPoint;
  std::vector<Point> points;
};

struct DeviceProfile {
  std::string name;
  std::string description;
  Quantity total_memory;   // bytes
  Quantity usable_memory;  // bytes that a model may take: system and runtime have the rest
  Roofline roofline;
  std::vector<MeasuredOp> measured;  // may be empty
};

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

// Throws UserError "FILE: line L: KEY: ..." for everything that is wrong. Every number of the
// roofline and the memory must have a source.
DeviceProfile LoadDeviceProfile(const std::string& path);
// The same from text; `source` names it in errors.
DeviceProfile ParseDeviceProfile(const std::string& text, const std::string& source);
// Loading what was saved gives the same profile, to the last digit.
void SaveDeviceProfile(const DeviceProfile& profile, const std::string& path);
std::string ToYaml(const DeviceProfile& profile);

// The file of a profile: a path, or the name of a shipped profile. `beside` is the cluster file
// that names it, or empty. Looks in the folder of `beside`, in ../devices from there, at the path
// as it is, in $JUPITER_DATA/devices and in experiments/devices of the sources this was built from.
// Throws UserError that lists the shipped names.
std::string FindDeviceProfile(const std::string& name_or_path, const std::string& beside);

}  // namespace jupiter
