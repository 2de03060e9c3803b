// The least time in which devices together compute so many rows, however the rows and the weights
// are dealt out. Dependencies and messages are left out.
#pragma once

#include <cstdint>
#include <functional>
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

// How fast devices together get rows through a model. Remembers times by number of rows, so it is
// not for several threads at once. References outlive it.
class Throughput {
 public:
  Throughput(const ModelShape& shape, std::vector<BoundDevice> devices, DType residual,
             const DraftHeads& drafts);

  // Seconds. Every kind of op of every type of layer is dealt out by itself: a device does x of X
  // rows at x times its best time per row in any pass of at most X rows, so
  //   T >= sum over kinds of its time on d /
  //        sum over devices e of the largest (time on d / time on e)
  // for each device d (its times as prices). Equal to the time of one pass on one device, where
  // more rows never take longer per row.
  double LeastSeconds(const RowsWork& work) const;

 private:
  // Ops of a pass by its rows.
  struct Kind {
    std::function<std::vector<OpCall>(std::int64_t rows)> ops;
    int layers = 1;
    bool of_head = false;  // for rows that need logits
  };

  void AddLayers(std::size_t layer);
  // Kind by kind, of the whole work on one device.
  std::vector<double> TimesOn(std::size_t device, const RowsWork& work) const;
  double SecondsPerRow(std::size_t device, std::size_t kind, std::int64_t rows) const;
  double AttentionSeconds(const BoundDevice& device, const RowsWork& work) const;

  const ModelShape& shape_;
  const std::vector<BoundDevice> devices_;
  const DType residual_;
  const DraftHeads drafts_;
  bool alike_ = true;
  std::vector<Kind> kinds_;
  // [device][kind][rows - 1]: the least of passes of up to so many rows, as far as it was asked
  // for.
  mutable std::vector<std::vector<std::vector<double>>> least_;
};

}  // namespace jupiter
