#include "model/config/model_shape.h"

namespace jupiter {

std::int64_t StoredBytes(DType dtype, std::int64_t rows, std::int64_t columns) {
  return rows * RowBytes(dtype, columns);
}

}  // namespace jupiter
