// What a reader of the paper's table must know, a line each, computed from the rows.
#pragma once

#include <string>
#include <vector>

#include "bench/comparison/score.h"
#include "bench/paper/published.h"
#include "bench/paper/row_index.h"

namespace jupiter {

struct Findings {
  // Five at most: one device, Jupiter's seconds with everything counted, Jupiter beside the others
  // under the same policy, what a faster network saves, what collectives are assumed to move.
  std::vector<std::string> first;
  std::vector<std::string> more;
};

// Lines whose rows have not run are left out. `jupiter`: its published rows; null: there are none.
Findings FindingsOf(const RowIndex& rows, const PaperExperiment& experiment,
                    const Published& published, const JupiterRows* jupiter);

}  // namespace jupiter
