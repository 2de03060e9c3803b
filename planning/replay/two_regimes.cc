#include "planning/replay/two_regimes.h"

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// Weights that a product is charged for.
double Charged(const OpCall& op, double split_projection_loss) {
  const auto own = static_cast<double>(op.inner) * static_cast<double>(op.outer);
  if (op.role != MatrixRole::kAttention) return own;
  return own + split_projection_loss * (static_cast<double>(op.whole) - own);
}

}  // namespace

TwoRegimesCosts::TwoRegimesCosts(const TwoRegimes& law, const TwoRegimes::Board& board)
    : board_(board),
      bytes_per_weight_(law.bytes_per_weight),
      few_rows_(law.few_rows),
      layer_pass_time_(law.layer_pass_time),
      split_projection_loss_(law.split_projection_loss),
      many_row_unpack_bandwidth_(law.many_row_unpack_bandwidth),
      many_row_rate_(law.many_row_rate) {
  JUPITER_CHECK(board.few_row_bandwidth > 0 && board.slowdown > 0);
  JUPITER_CHECK(many_row_unpack_bandwidth_ > 0 && many_row_rate_ > 0 && bytes_per_weight_ > 0);
}

double TwoRegimesCosts::SecondsPerWeight(std::int64_t rows) const {
  if (rows <= few_rows_) return bytes_per_weight_ / board_.few_row_bandwidth;
  return board_.slowdown * (bytes_per_weight_ / many_row_unpack_bandwidth_ +
                            2 * static_cast<double>(rows) / many_row_rate_);
}

double TwoRegimesCosts::Seconds(const OpCall& op) const {
  if (op.kind == OpKind::kAttention) return layer_pass_time_;
  if (op.kind != OpKind::kLinear || op.role == MatrixRole::kHead) return 0;
  if (op.role == MatrixRole::kNone) {
    FailUser(
        "a product of {} x {} does not say of which matrix, which the law two-regimes must know; "
        "record the run again with this version",
        op.inner, op.outer);
  }
  return Charged(op, split_projection_loss_) * SecondsPerWeight(op.rows);
}

}  // namespace jupiter
