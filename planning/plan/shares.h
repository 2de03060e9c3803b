// How ranks share the layers that all of them compute: heads, columns and rows of each rank.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/config/model_shape.h"

namespace jupiter {

// One number per rank in each list; a list is empty where a strategy does not cut that way.
struct Shares {
  std::vector<int> heads;    // KV heads, each with the query heads that read it
  std::vector<int> columns;  // of the feed-forward block
  std::vector<int> rows;     // weights: the rows of a prompt are split in their proportion
  bool empty() const { return heads.empty() && columns.empty() && rows.empty(); }
  bool operator==(const Shares&) const = default;
};

// What shares are multiples of. wo is cut along its columns as heads are, w_down along its columns,
// and columns of a quantised matrix share scales.
struct ShareUnits {
  int heads = 1;
  int columns = 1;
};
// Where shares can be cut at all: every 32 columns of a quantised matrix.
ShareUnits CutsOf(const ModelShape& shape);
// What shares that nobody gave are made of: whole blocks as files have them, 256 columns for K
// types.
ShareUnits UnitsOf(const ModelShape& shape);

// `total` in proportion to the weights (none negative, not all 0), in whole units, by largest
// remainder; what does not fill a unit goes to the last rank that has anything.
std::vector<int> SplitByWeight(int total, int unit, const std::vector<double>& weights);

// Throws UserError that names the flag unless there is a number for each rank, none negative,
// adding up to what the model has and cut where its weights can be. Empty lists are fine.
void CheckShares(const Shares& shares, const ModelShape& shape, int ranks);

// "heads 2,2 columns 320,448 rows 1,1", without the lists that are empty.
std::string Show(const Shares& shares);

// The first of a rank's units: the sum of those of the ranks before it.
int FirstOf(const std::vector<int>& shares, int rank);

}  // namespace jupiter
