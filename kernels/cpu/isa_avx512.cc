#include "kernels/cpu/isa_tables.h"
#include "kernels/cpu/make_table.h"
#include "kernels/cpu/vec_avx512.h"

namespace jupiter::cpu {

const KernelTable* Avx512Table() {
  static constexpr KernelTable kTable = MakeTable<Avx512>("avx512");
  return &kTable;
}

}  // namespace jupiter::cpu
