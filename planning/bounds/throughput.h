// The least time in which devices together compute so many rows, however the rows and the weights
// are dealt out. Dependencies and messages are left out.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "planning/cost/model_ops.h"
#include "planning/testbed/cluster.h"

namespace jupiter {

// What times are computed from, by device of a cluster: ops as fast as the device ever gets.
struct BoundDevice {
  const OpCosts* costs = nullptr;
  double speed = 1;
  double Seconds(const std::vector<OpCall>& ops) const {
    return jupiter::Seconds(*costs, ops) / speed;
  }
  bool SameAs(const BoundDevice& other) const {
    return costs == other.costs && speed == other.speed;
  }
};

// Ops as fast as each device of the cluster ever gets; devices of one profile share its
// costs, as a cluster has one profile of a name.
class BoundDevices {
 public:
  explicit BoundDevices(const Cluster& cluster);
  const std::vector<BoundDevice>& all() const { return devices_; }
  const BoundDevice& operator[](int device) const {
    return devices_[static_cast<std::size_t>(device)];
  }

 private:
  std::vector<std::shared_ptr<const OpCosts>> costs_;
  std::vector<BoundDevice> devices_;
};
double FastestRate(const RateTrace& trace);

// Positions that the rows of a block attend at least: rows of a draft tree do not see each other.
std::int64_t LeastContext(const RowBlock& block);
// One layer of a block whose rows attend that.
double LayerSeconds(const ModelShape& shape, const BoundDevice& device, DType residual, int layer,
                    const RowBlock& block);

// Rows through the whole model. At most all of them go through in one pass.
struct RowsWork {
  std::int64_t rows = 0;
  std::int64_t context = 0;      // positions attended, summed over the rows
  std::int64_t densest = 0;      // positions that the last row attends
  std::int64_t head_rows = 0;    // rows that need logits
  std::int64_t draft_steps = 0;  // runs of the draft heads

  RowsWork& operator+=(const RowsWork& more);
};
// A causal block, without logits.
RowsWork RowsOf(const RowBlock& block);

// Seconds. Every kind of op of every type of layer is dealt out by itself: a device does x of X
// rows at x times its best time per row in any pass of at most X rows, so
//   T >= sum over kinds of its time on d / sum over devices e of the largest (time on d / time on
//   e)
// for each device d (its times as prices). Equal to the time of one pass on one device, where more
// rows never take longer per row.
double LeastSeconds(const ModelShape& shape, const std::vector<BoundDevice>& devices,
                    DType residual, const DraftHeads& drafts, const RowsWork& work);

}  // namespace jupiter
