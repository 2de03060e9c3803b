#include "kernels/cpu/isa_tables.h"
#include "kernels/cpu/make_table.h"
#include "kernels/cpu/vec_neon_dot.h"

namespace jupiter::cpu {

const KernelTable* NeonDotTable() {
  static constexpr KernelTable kTable = MakeTable<NeonDot>("neon_dot");
  return &kTable;
}

}  // namespace jupiter::cpu
