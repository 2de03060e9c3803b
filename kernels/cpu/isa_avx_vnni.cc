#include "kernels/cpu/isa_tables.h"
#include "kernels/cpu/make_table.h"
#include "kernels/cpu/vec_avx_vnni.h"

namespace jupiter::cpu {

const KernelTable* AvxVnniTable() {
  static constexpr KernelTable kTable = MakeTable<AvxVnni>("avx_vnni");
  return &kTable;
}

}  // namespace jupiter::cpu
