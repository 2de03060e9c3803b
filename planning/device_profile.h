// What a planner or simulator knows of one device: memory, and the time of an op. Profiles are
// YAML files, see experiments/devices/README.md; jupiter_profile measures one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/base/op_record.h"
#include "planning/op_costs.h"

namespace jupiter {

// A number of a profile and where it comes from.
struct Quantity {
  double value = 0;
  std::string source;
};

// Time of one op = seconds_per_op + max(operations / rate, bytes / memory_bandwidth).
struct Roofline {
  Quantity memory_bandwidth;          // bytes/s that weights and activations stream at
  Quantity seconds_per_op;            // launch, dispatch
  std::map<DType, Quantity> op_rate;  // operations/s of linear by weight type
  Quantity other_rate;                // operations/s of every other op (f32 arithmetic)
};

// Measured times of one op of one shape. Rows and context per row are the axes; between points the
// time is interpolated, beyond them it follows the slope of the last interval.
struct MeasuredOp {
  OpKind kind = OpKind::kLinear;
  DType weight = DType::kF32;
  DType input = DType::kF32;
  std::int64_t inner = 0;
  std::int64_t outer = 0;
  struct Point {
    std::int64_t rows = 0;
    double context = 0;  // logical positions per row; 0 for ops without
    double seconds = 0;  // median
  };
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
// roofline.
class ProfileCosts : public OpCosts {
 public:
  explicit ProfileCosts(DeviceProfile profile);
  double Seconds(const OpRecord& op) const override;
  // Without the measured tables.
  double RooflineSeconds(const OpRecord& op) const;

 private:
  DeviceProfile profile_;
};

// Throws UserError "FILE: line L: KEY: ..." for everything that is wrong. Every number of the
// roofline and the memory must have a source.
DeviceProfile LoadDeviceProfile(const std::string& path);
void SaveDeviceProfile(const DeviceProfile& profile, const std::string& path);
// The shipped profile of this name, or a path. Throws UserError that lists the shipped names.
std::string FindDeviceProfile(const std::string& name_or_path, const std::string& beside);

}  // namespace jupiter
