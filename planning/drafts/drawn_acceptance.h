// Which drafts are accepted where nothing is computed: drawn from a stated distribution.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/base/rng.h"
#include "planning/drafts/draft_acceptance.h"
#include "planning/drafts/draft_tree.h"

namespace jupiter {

// The accepted path of every verification step of one sequence, as if the target's token at each
// depth were candidate r with its probability, whatever came before. The same on every machine and
// in any order of steps.
class DrawnAcceptance {
 public:
  // Nodes beyond the distribution's heads and ranks are never right. Sequences that should differ
  // take different seeds.
  DrawnAcceptance(const DraftTree& tree, const DraftAcceptance& acceptance, std::uint64_t seed);

  // Rows of the accepted path, from row 0 on, ascending: at least row 0. Steps from 0.
  std::vector<std::int32_t> Path(std::int64_t step) const;

 private:
  struct Child {
    std::int32_t row = 0;
    double below = 0;  // taken when the draw is below it, and not below that of the child before
  };
  std::vector<std::vector<Child>> children_;  // by row
  CounterRng rng_;
};

}  // namespace jupiter
