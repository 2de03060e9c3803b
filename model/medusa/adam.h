// Adam (Kingma and Ba, ICLR 2015, arXiv 1412.6980, algorithm 1).
#pragma once

#include <cstdint>

#include "model/medusa/head_weights.h"

namespace jupiter {

class Adam {
 public:
  // `head` gives the shape.
  explicit Adam(const HeadWeights& head) : mean_(ZerosLike(head)), square_(ZerosLike(head)) {}
  // Moves the weights against the gradient.
  void Step(double rate, HeadWeights& gradient, HeadWeights& weights);

 private:
  HeadWeights mean_;    // of the gradients, moving
  HeadWeights square_;  // of their squares
  std::int64_t steps_ = 0;
};

}  // namespace jupiter
