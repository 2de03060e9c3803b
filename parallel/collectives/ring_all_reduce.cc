#include "parallel/collectives/ring_all_reduce.h"

#include "parallel/collectives/ring_all_gather.h"
#include "parallel/collectives/ring_reduce_scatter.h"

namespace jupiter {

void RingAllReduce(Exchange& exchange, TensorView x, const Split& split,
                   std::string_view operation) {
  RingReduceScatter(exchange, x, split, operation);
  RingAllGather(exchange, x, split, operation);
}

}  // namespace jupiter
