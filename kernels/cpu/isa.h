// Which instruction sets this build has and this processor runs.
#pragma once

#include <string_view>
#include <vector>

#include "kernels/cpu/kernel_table.h"

namespace jupiter::cpu {

// Usable here, best first; "portable" comes last and is always there.
std::vector<const KernelTable*> AvailableTables();

// The table named `isa`; if it is empty, the one named by $JUPITER_ISA, or else the best. Throws
// UserError for a name that is unknown or not available here.
const KernelTable& SelectTable(std::string_view isa);

}  // namespace jupiter::cpu
