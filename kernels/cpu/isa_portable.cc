#include "kernels/cpu/isa_tables.h"
#include "kernels/cpu/make_table.h"
#include "kernels/cpu/vec_portable.h"

namespace jupiter::cpu {

const KernelTable* PortableTable() {
  static constexpr KernelTable kTable = MakeTable<Portable>("portable");
  return &kTable;
}

}  // namespace jupiter::cpu
