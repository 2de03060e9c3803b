// Loss of one draft head on a minibatch, and its derivatives: cross-entropy against one token per
// row, averaged over the rows that have a token. Plain f32.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/medusa/head_weights.h"

namespace jupiter {

class HeadGradient {
 public:
  // `head` gives the shape. `model_output`: the matrix of heads without their own, [vocab, hidden],
  // which must outlive this.
  HeadGradient(const HeadWeights& head, int hidden, int vocab,
               const std::vector<float>& model_output);

  // x [rows, hidden]; targets [rows], -1 where a row has none. Returns the loss (0 without targets)
  // and leaves the derivatives in gradient().
  double Compute(const HeadWeights& head, std::span<const float> x,
                 std::span<const std::int32_t> targets);
  HeadWeights& gradient() { return gradient_; }

 private:
  struct BlockState {
    std::vector<float> gate;    // sigmoid(z), z = W a + b      [rows, hidden]
    std::vector<float> linear;  // z
    std::vector<float> result;  // a + z * sigmoid(z)
  };

  void RunBlock(const HeadWeights::Block& block, const float* in, BlockState& state);
  // From the derivatives by the result of a block (in `slope_`) to those by its weights and its
  // input.
  void ReverseBlock(const HeadWeights::Block& block, const float* in, const BlockState& state,
                    HeadWeights::Block& gradient);
  // logits_ becomes the derivative of the loss by the logits; returns the loss.
  double SoftmaxSlope(std::span<const std::int32_t> targets);
  void Reserve(std::int64_t rows);

  std::int64_t hidden_;
  std::int64_t vocab_;
  const std::vector<float>& model_output_;
  HeadWeights gradient_;
  std::int64_t rows_ = 0;
  std::vector<BlockState> blocks_;
  std::vector<float> logits_;  // [rows, vocab]
  std::vector<float> slope_;   // by the result of a block, then by its input   [rows, hidden]
  std::vector<float> spare_;   // [rows, hidden]
};

}  // namespace jupiter
