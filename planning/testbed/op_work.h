// Arithmetic and memory traffic of an op from its shape alone, as devices count them.
#pragma once

#include "kernels/base/op_call.h"

namespace jupiter {

struct OpWork {
  double operations = 0;
  double bytes = 0;
};

// Of an op of this kind, types, rows and context with these widths instead of its own. Weights
// count as stored in files (a device may repack them) and widths need not be whole blocks, so this
// serves ratios; what a call says of itself is exact.
OpWork OpWorkOf(const OpCall& op, double inner, double outer);

}  // namespace jupiter
