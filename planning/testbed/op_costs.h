// How long an op takes on some device.
#pragma once

#include "kernels/base/op_record.h"

namespace jupiter {

class OpCosts {
 public:
  virtual ~OpCosts() = default;
  // Seconds, not negative. Pure: the same op always takes the same time.
  virtual double Seconds(const OpRecord& op) const = 0;
};

}  // namespace jupiter
