#include "kernels/cpu/isa_tables.h"
#include "kernels/cpu/make_table.h"
#include "kernels/cpu/vec_avx2.h"

namespace jupiter::cpu {

const KernelTable* Avx2Table() {
  static constexpr KernelTable kTable = MakeTable<Avx2>("avx2");
  return &kTable;
}

}  // namespace jupiter::cpu
