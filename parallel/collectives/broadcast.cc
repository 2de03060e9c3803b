#include "parallel/collectives/broadcast.h"

#include "kernels/base/check.h"
#include "parallel/collectives/ring.h"

namespace jupiter {
namespace {

// Lowest set bit of r; at the root the first power of two that is not below n.
int TreeSpan(int r, int n) {
  int span = 1;
  while (r == 0 ? span < n : (r & span) == 0) span *= 2;
  return span;
}

}  // namespace

void BroadcastRows(Exchange& exchange, TensorView x, int root, std::string_view operation) {
  const int n = exchange.size();
  JUPITER_CHECK(root >= 0 && root < n, "root {} of {}", root, n);
  if (n == 1 || IsEmpty(x)) return;
  const int from_root = (exchange.rank() - root + n) % n;
  const int span = TreeSpan(from_root, n);
  const Message message = from_root == 0 ? exchange.Encode(x)
                                         : exchange.Receive((from_root - span + root) % n, x.rows,
                                                            x.columns, operation);
  for (int distance = span / 2; distance > 0; distance /= 2) {
    if (from_root + distance >= n) continue;
    exchange.Send((from_root + distance + root) % n, CopyOf(message));
  }
  if (from_root == 0) {
    exchange.RoundThroughWire(message, x);
  } else {
    exchange.Decode(message, x);
  }
}

}  // namespace jupiter
