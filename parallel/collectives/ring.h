// Neighbours on a ring of ranks.
#pragma once

#include "kernels/base/tensor.h"

namespace jupiter {

struct Ring {
  int rank = 0;
  int size = 1;

  int Next() const { return (rank + 1) % size; }
  // The rank `steps` places back, steps in [0, size].
  int Before(int steps) const { return (rank + size - steps) % size; }
};

inline bool IsEmpty(ConstTensorView x) { return x.rows == 0 || x.columns == 0; }

}  // namespace jupiter
