#include "parallel/collectives/ring_reduce_scatter.h"

#include "kernels/base/check.h"
#include "parallel/collectives/ring.h"

namespace jupiter {

void RingReduceScatter(Exchange& exchange, TensorView x, const Split& split,
                       std::string_view operation) {
  RingReduceScatter(exchange, x, split, operation, [](int) {});
}

void RingReduceScatter(Exchange& exchange, TensorView x, const Split& split,
                       std::string_view operation, const std::function<void(int chunk)>& make) {
  JUPITER_CHECK(split.ranks() == exchange.size(), "{} chunks", split.ranks());
  const Ring ring{exchange.rank(), exchange.size()};
  make(ring.Before(1));
  for (int step = 1; step < ring.size; ++step) {
    const TensorView outgoing = split.Chunk(x, ring.Before(step));
    if (!IsEmpty(outgoing)) exchange.Send(ring.Next(), exchange.Encode(outgoing));
    const int next = ring.Before(step + 1);
    make(next);
    const TensorView incoming = split.Chunk(x, next);
    if (IsEmpty(incoming)) continue;
    exchange.DecodeAdd(exchange.Receive(ring.Before(1), incoming.rows, incoming.columns, operation),
                       incoming);
  }
}

}  // namespace jupiter
