// How long the pieces of a model take on one device, by its costs.
#pragma once

#include <vector>

#include "planning/cost/model_ops.h"
#include "planning/testbed/cluster.h"
#include "planning/testbed/op_costs.h"

namespace jupiter {

// Seconds of one batch's work. Both references outlive it.
class ModelTimer {
 public:
  // `residual`: f16 adds the rounding at every layer boundary. `speed` scales the device.
  ModelTimer(const ModelShape& shape, const OpCosts& costs, DType residual, double speed);

  double Embed(std::int64_t rows) const;
  // Layers [first, first + count) without their attention.
  double LayersWithoutAttention(int first, int count, std::int64_t rows) const;
  // Of one layer.
  double Attention(const RowBlock& block) const;
  double Layer(int layer, const RowBlock& block) const {
    return LayersWithoutAttention(layer, 1, block.rows) + Attention(block);
  }
  double Head(std::int64_t rows) const;
  // One verification step's run of the draft heads.
  double Drafts(const DraftHeads& drafts) const;
  double Op(const OpCall& op) const { return costs_.Seconds(op) / speed_; }
  double Export(DType wire, std::int64_t rows) const;
  double Import(DType wire, std::int64_t rows) const;
  // Whether the other one has the same costs at the same speed.
  bool SameDevice(const ModelTimer& other) const {
    return &costs_ == &other.costs_ && speed_ == other.speed_;
  }

 private:
  double Rounding(std::int64_t rows) const;

  const ModelShape& shape_;
  const OpCosts& costs_;
  DType residual_;
  double speed_;
  std::vector<int> kind_;            // [layer]: layers of equal types have the same kind
  std::vector<int> representative_;  // [kind]: a layer
};

// The speed of a device that keeps its first one above zero.
double SpeedOf(const ClusterDevice& device);

}  // namespace jupiter
