#include "parallel/collectives/ring_all_gather.h"

#include <utility>

#include "kernels/base/check.h"
#include "parallel/collectives/ring.h"

namespace jupiter {

void RingAllGather(Exchange& exchange, TensorView x, const Split& split,
                   std::string_view operation) {
  RingAllGather(exchange, x, split, operation, [](int) {});
}

void RingAllGather(Exchange& exchange, TensorView x, const Split& split, std::string_view operation,
                   const std::function<void(int rank)>& use) {
  JUPITER_CHECK(split.ranks() == exchange.size(), "{} chunks", split.ranks());
  const Ring ring{exchange.rank(), exchange.size()};
  Message message;
  const TensorView own = split.Chunk(x, ring.rank);
  if (ring.size > 1 && !IsEmpty(own)) {
    message = exchange.Encode(own);
    exchange.Send(ring.Next(), message);
    exchange.RoundThroughWire(message, own);
  }
  use(ring.rank);
  for (int step = 1; step < ring.size; ++step) {
    const TensorView incoming = split.Chunk(x, ring.Before(step));
    if (!IsEmpty(incoming)) {
      message = exchange.Receive(ring.Before(1), incoming.rows, incoming.columns, operation);
      // Passed on first: the neighbour waits for it while this rank unpacks.
      if (step + 1 < ring.size) exchange.Send(ring.Next(), message);
      exchange.Decode(message, incoming);
    }
    use(ring.Before(step));
  }
}

}  // namespace jupiter
