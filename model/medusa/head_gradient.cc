#include "model/medusa/head_gradient.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

using RowMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<RowMatrix> Map(std::vector<float>& values, std::int64_t rows, std::int64_t columns) {
  return {values.data(), rows, columns};
}
Eigen::Map<const RowMatrix> Map(const float* values, std::int64_t rows, std::int64_t columns) {
  return {values, rows, columns};
}

}  // namespace

HeadGradient::HeadGradient(const HeadWeights& head, int hidden, int vocab,
                           const std::vector<float>& model_output)
    : hidden_(hidden),
      vocab_(vocab),
      model_output_(model_output),
      gradient_(ZerosLike(head)),
      blocks_(head.blocks.size()) {}

void HeadGradient::Reserve(std::int64_t rows) {
  rows_ = rows;
  const auto wide = static_cast<std::size_t>(rows * hidden_);
  for (BlockState& block : blocks_) {
    for (std::vector<float>* part : {&block.gate, &block.linear, &block.result}) part->resize(wide);
  }
  slope_.resize(wide);
  spare_.resize(wide);
  logits_.resize(static_cast<std::size_t>(rows * vocab_));
}

void HeadGradient::RunBlock(const HeadWeights::Block& block, const float* in, BlockState& state) {
  const auto a = Map(in, rows_, hidden_);
  auto z = Map(state.linear, rows_, hidden_);
  auto gate = Map(state.gate, rows_, hidden_);
  z.noalias() = a * Map(block.weight.data(), hidden_, hidden_).transpose();
  z.rowwise() += Map(block.bias.data(), 1, hidden_).row(0);
  gate = (1 + (-z.array()).exp()).inverse();
  Map(state.result, rows_, hidden_) = a.array() + z.array() * gate.array();
}

void HeadGradient::ReverseBlock(const HeadWeights::Block& block, const float* in,
                                const BlockState& state, HeadWeights::Block& gradient) {
  auto slope = Map(slope_, rows_, hidden_);
  auto by_z = Map(spare_, rows_, hidden_);
  const auto z = Map(state.linear.data(), rows_, hidden_).array();
  const auto gate = Map(state.gate.data(), rows_, hidden_).array();
  by_z = slope.array() * gate * (1 + z * (1 - gate));
  Map(gradient.weight, hidden_, hidden_).noalias() = by_z.transpose() * Map(in, rows_, hidden_);
  Map(gradient.bias, 1, hidden_) = by_z.colwise().sum();
  slope.noalias() += by_z * Map(block.weight.data(), hidden_, hidden_);
}

double HeadGradient::SoftmaxSlope(std::span<const std::int32_t> targets) {
  const auto none = std::count(targets.begin(), targets.end(), -1);
  const auto counted = static_cast<float>(std::ssize(targets) - none);
  double loss = 0;
  auto logits = Map(logits_, rows_, vocab_);
  for (std::int64_t row = 0; row < rows_; ++row) {
    const std::int32_t target = targets[static_cast<std::size_t>(row)];
    auto scores = logits.row(row).array();
    if (target < 0) {
      scores.setZero();
      continue;
    }
    const float top = scores.maxCoeff();
    const float of_target = scores[target] - top;
    scores = (scores - top).exp();
    const float sum = scores.sum();
    loss += std::log(sum) - of_target;
    scores *= 1 / (sum * counted);
    scores[target] -= 1 / counted;
  }
  return counted > 0 ? loss / counted : 0;
}

double HeadGradient::Compute(const HeadWeights& head, std::span<const float> x,
                             std::span<const std::int32_t> targets) {
  JUPITER_CHECK(std::ssize(x) == std::ssize(targets) * hidden_);
  Reserve(std::ssize(targets));
  const float* in = x.data();
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    RunBlock(head.blocks[i], in, blocks_[i]);
    in = blocks_[i].result.data();
  }
  const bool own = !head.output.empty();
  const auto output = Map(own ? head.output.data() : model_output_.data(), vocab_, hidden_);
  auto logits = Map(logits_, rows_, vocab_);
  logits.noalias() = Map(in, rows_, hidden_) * output.transpose();
  const double loss = SoftmaxSlope(targets);
  if (own) {
    Map(gradient_.output, vocab_, hidden_).noalias() = logits.transpose() * Map(in, rows_, hidden_);
  }
  if (blocks_.empty()) return loss;
  Map(slope_, rows_, hidden_).noalias() = logits * output;
  for (std::size_t i = blocks_.size(); i-- > 0;) {
    ReverseBlock(head.blocks[i], i == 0 ? x.data() : blocks_[i - 1].result.data(), blocks_[i],
                 gradient_.blocks[i]);
  }
  return loss;
}

}  // namespace jupiter
