// Largest elements of a row. NaN counts as minus infinity; ties go to the smaller index.
#pragma once

#include <cstdint>

namespace jupiter {

// n > 0
std::int32_t ArgMaxRow(const float* x, std::int64_t n);

// The k <= n largest in falling order; ids [k], values [k].
void TopKRow(const float* x, std::int64_t n, int k, std::int32_t* ids, float* values);

}  // namespace jupiter
