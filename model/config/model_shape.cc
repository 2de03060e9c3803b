#include "model/config/model_shape.h"

namespace jupiter {

std::int64_t StoredBytes(DType dtype, std::int64_t rows, std::int64_t columns) {
  return MatrixBytes(dtype, rows, columns);
}

}  // namespace jupiter
