// What a reader of the paper's table must know, a line each, computed from the rows.
#pragma once

#include <string>
#include <vector>

#include "bench/paper/published.h"
#include "bench/paper/row_index.h"

namespace jupiter {

// Lines whose rows have not run are left out.
std::vector<std::string> FindingsOf(const RowIndex& rows, const PaperExperiment& experiment,
                                    const Published& published);

}  // namespace jupiter
