// The matrix product of a warp that gpu.h offers, on the host.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/cuda/sim/grid.h"

namespace jupiter::sim {

// mma.m16n8k32 of signed bytes, d = a * b + c, with the fragments of the PTX ISA ("Matrix Fragments
// for mma.m16n8k32"). Lane l has group g = l / 4 and place t = l % 4. It holds
//   a: rows g and g + 8 in turn, columns 4 t .. 4 t + 3, then the same + 16      A [16, 32]
//   b: column g, rows 4 t .. 4 t + 3, then + 16                                   B [32, 8]
//   c, d: rows g, g, g + 8, g + 8, columns 2 t and 2 t + 1 in turn                C, D [16, 8]
inline void MmaS8(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const int (&c)[4],
                  const Site& site) {
  struct Operands {
    std::int8_t a[2][2][4];  // [columns from 16 on][row + 8][column]
    std::int8_t b[2][4];
  } mine;
  std::memcpy(mine.a, a, sizeof a);
  std::memcpy(mine.b, b, sizeof b);
  const Shown& shown = SyncWarp(0xffffffffu, site, &mine, sizeof mine);
  const auto of_lane = [&](unsigned lane) {
    Operands operands;
    std::memcpy(&operands, shown.of_lane[lane], sizeof operands);
    return operands;
  };
  int sums[4];
  std::memcpy(sums, c, sizeof sums);
  const unsigned group = LaneIndex() / 4, place_in_group = LaneIndex() % 4;
  for (unsigned t = 0; t < 4; ++t) {
    const Operands of_rows = of_lane(4 * group + t);
    for (unsigned i = 0; i < 4; ++i) {
      const Operands of_column = of_lane(4 * (2 * place_in_group + i % 2) + t);
      for (unsigned k = 0; k < 8; ++k) {
        sums[i] += of_rows.a[k / 4][i / 2][k % 4] * of_column.b[k / 4][k % 4];
      }
    }
  }
  std::memcpy(d, sums, sizeof sums);
}

}  // namespace jupiter::sim
