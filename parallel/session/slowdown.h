// Makes the device of one rank look slower than it is: --slowdown.
#pragma once

#include <string_view>
#include <vector>

#include "kernels/base/op_call.h"

namespace jupiter {

// "1,2,2,4": a factor of at least 1 per rank. Throws UserError that names --slowdown.
std::vector<double> ParseSlowdown(std::string_view text, int ranks);

// Stretches every op it observes to `factor` times its seconds, and passes it on like that. It
// sleeps, so that the cores of an oversubscribed host are free for other ranks meanwhile. It sleeps
// only when enough has added up, because a single op may be shorter than the shortest sleep.
class Slowdown : public OpObserver {
 public:
  explicit Slowdown(double factor) : factor_(factor) {}
  // The observer that receives the stretched ops; may be null.
  void Forward(OpObserver* next) { next_ = next; }
  void OnOp(const OpCall& record, double start) override;
  double factor() const { return factor_; }

 private:
  double factor_;
  OpObserver* next_ = nullptr;
  double debt_ = 0;  // seconds not slept yet; negative after a sleep that took too long
};

}  // namespace jupiter
