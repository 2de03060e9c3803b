#include "kernels/cpu/isa_tables.h"
#include "kernels/cpu/make_table.h"
#include "kernels/cpu/vec_neon.h"

namespace jupiter::cpu {

const KernelTable* NeonTable() {
  static constexpr KernelTable kTable = MakeTable<Neon>("neon");
  return &kTable;
}

}  // namespace jupiter::cpu
