// Numbers of flags.
#pragma once

#include "kernels/base/check.h"

namespace jupiter {

// Throws UserError unless the flag's number is between `least` and `most`; also refuses what is no
// number.
template <typename Number>
void CheckRange(const char* flag, Number value, Number least, Number most) {
  if (value >= least && value <= most) return;
  FailUser("{} is {}, expected {} to {}", flag, value, least, most);
}

}  // namespace jupiter
