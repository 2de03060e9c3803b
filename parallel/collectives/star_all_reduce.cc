#include "parallel/collectives/star_all_reduce.h"

#include "kernels/base/check.h"
#include "parallel/collectives/ring.h"

namespace jupiter {
namespace {

void SumAtRoot(Exchange& exchange, TensorView x, std::string_view operation) {
  for (int peer = 0; peer < exchange.size(); ++peer) {
    if (peer == exchange.rank()) continue;
    exchange.DecodeAdd(exchange.Receive(peer, x.rows, x.columns, operation), x);
  }
  const Message sum = exchange.Encode(x);
  for (int peer = 0; peer < exchange.size(); ++peer) {
    if (peer != exchange.rank()) exchange.Send(peer, CopyOf(sum));
  }
  exchange.RoundThroughWire(sum, x);
}

}  // namespace

void StarAllReduce(Exchange& exchange, TensorView x, int root, std::string_view operation) {
  JUPITER_CHECK(root >= 0 && root < exchange.size(), "root {} of {}", root, exchange.size());
  if (exchange.size() == 1 || IsEmpty(x)) return;
  if (exchange.rank() == root) return SumAtRoot(exchange, x, operation);
  exchange.Send(root, exchange.Encode(x));
  exchange.Decode(exchange.Receive(root, x.rows, x.columns, operation), x);
}

}  // namespace jupiter
