// Costs of a record that brings its own: measured op times, to replay a real run on another
// network.
#pragma once

#include "planning/testbed/op_costs.h"

namespace jupiter {

class MeasuredCosts : public OpCosts {
 public:
  // As measured; 0 for records of the `recording` device, which times nothing.
  double Seconds(const OpCall& op) const override { return op.seconds; }
};

}  // namespace jupiter
