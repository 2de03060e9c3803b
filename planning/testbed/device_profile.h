// What a planner or simulator knows of one device: memory, and the time of an op. Profiles are
// YAML files, see experiments/devices/README.md; jupiter_profile measures one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/base/op_call.h"
#include "planning/testbed/measured_table.h"

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

// Throws UserError "FILE: line L: KEY: ..." for everything that is wrong. Every number of the
// roofline and the memory must have a source.
DeviceProfile LoadDeviceProfile(const std::string& path);
// The same from text; `source` names it in errors.
DeviceProfile ParseDeviceProfile(const std::string& text, const std::string& source);

// The file of a profile: a path, or the name of a shipped profile. `beside` is the cluster file
// that names it, or empty. Looks in the folder of `beside`, in ../devices from there, at the path
// as it is, in $JUPITER_DATA/devices and in experiments/devices of the sources this was built from.
// Throws UserError that lists the shipped names.
std::string FindDeviceProfile(const std::string& name_or_path, const std::string& beside);

}  // namespace jupiter
