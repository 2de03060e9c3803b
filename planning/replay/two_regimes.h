// Op times of boards that stream their weights while a pass has few rows, and unpack them and are
// bound by arithmetic when it has many.
//
// With u bytes of a weight, s the slowdown of the board and m rows of the op, a product that is
// charged for w weights takes
//   w u / few_row_bandwidth                                     for m <= few_rows,
//   w s (u / many_row_unpack_bandwidth + 2 m / many_row_rate)   above,
// whatever type the weights have. A product of the MLP is charged for its own weights. q, k, v and
// o, when a rank has a share of them, also for the part of the others that does not shrink with
// the share: own + split_projection_loss (whole - own). Attention takes layer_pass_time, once per
// layer and pass, and stands for everything that does not depend on rows. All else takes nothing:
// published times cannot tell it from these terms. See experiments/profiles/README.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "planning/testbed/op_costs.h"

namespace jupiter {

struct TwoRegimes {
  struct Board {
    double few_row_bandwidth = 1;  // bytes/s
    double slowdown = 1;           // in the regime of many rows
  };

  double bytes_per_weight = 1;
  std::int64_t few_rows = 1;
  double layer_pass_time = 0;            // seconds
  double split_projection_loss = 0;      // in [0, 1]
  double many_row_unpack_bandwidth = 1;  // bytes/s
  double many_row_rate = 1;              // operations/s
  std::map<std::string, Board> boards;   // by the name of the device profile
};

class TwoRegimesCosts : public OpCosts {
 public:
  // CHECKs that the rates are positive.
  TwoRegimesCosts(const TwoRegimes& law, const TwoRegimes::Board& board);
  // Throws UserError for a product that does not say which matrix it multiplies with, as those of
  // old records.
  double Seconds(const OpCall& op) const override;

 private:
  double SecondsPerWeight(std::int64_t rows) const;

  TwoRegimes::Board board_;
  double bytes_per_weight_ = 1;
  std::int64_t few_rows_ = 1;
  double layer_pass_time_ = 0;
  double split_projection_loss_ = 0;
  double many_row_unpack_bandwidth_ = 1;
  double many_row_rate_ = 1;
};

}  // namespace jupiter
