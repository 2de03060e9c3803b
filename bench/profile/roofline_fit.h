// Roofline terms from measured ops.
//
// The terms minimise the sum over all ops of w |log(predicted / measured)|, where w is the op's
// share of the time of all ops with as many rows: what takes long counts, the noise of short ops
// does not, and one wild median moves little (the norm is L1). The search starts from the best
// rates seen and changes one term at a time by a factor, which shrinks until no change of 0.1 %
// helps.
#pragma once

#include <string>
#include <vector>

#include "kernels/base/op_call.h"
#include "planning/testbed/device_profile.h"

namespace jupiter {

struct RooflineFit {
  Roofline roofline;
  double median_error = 0;  // of |predicted / measured - 1| over the ops
};

// `medians`: measured ops, of which at least one takes time and moves bytes. Every term gets a
// source that begins with `source`; terms that no op shows say what stands for them.
RooflineFit FitRoofline(const std::vector<OpCall>& medians, const std::string& source);

}  // namespace jupiter
