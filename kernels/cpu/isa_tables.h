// The tables of all instruction sets; the build compiles those of its processor family.
#pragma once

#include "kernels/cpu/kernel_table.h"

namespace jupiter::cpu {

const KernelTable* PortableTable();
// x86-64
const KernelTable* Avx2Table();     // AVX2, FMA, F16C
const KernelTable* AvxVnniTable();  // the same and AVX-VNNI
const KernelTable* Avx512Table();   // AVX-512 F, BW, DQ, VL, VNNI
// aarch64
const KernelTable* NeonTable();
const KernelTable* NeonDotTable();  // and the dot product extension

}  // namespace jupiter::cpu
