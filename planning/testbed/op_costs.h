// How long an op takes on some device.
#pragma once

#include "kernels/base/op_call.h"

namespace jupiter {

class OpCosts {
 public:
  virtual ~OpCosts() = default;
  // Seconds, not negative. Pure: the same op always takes the same time.
  virtual double Seconds(const OpCall& op) const = 0;
};

}  // namespace jupiter
