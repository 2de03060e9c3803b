#include "kernels/base/dtype.h"

#include "kernels/base/check.h"

namespace jupiter {
namespace {

struct DTypeTraits {
  std::string_view name;
  int block_columns;
  int block_bytes;
};

DTypeTraits DTypeTraitsOf(DType dtype) {
  switch (dtype) {
    case DType::kF32: return {"f32", 1, 4};
    case DType::kF16: return {"f16", 1, 2};
    case DType::kBF16: return {"bf16", 1, 2};
    case DType::kQ8_0: return {"q8_0", 32, 34};
    case DType::kQ4_0: return {"q4_0", 32, 18};
    case DType::kQ4_K: return {"q4_K", 256, 144};
    case DType::kQ6_K: return {"q6_K", 256, 210};
    case DType::kAct8: return {"act8", 32, 40};
  }
  JUPITER_FAIL("dtype {}", static_cast<int>(dtype));
}

}  // namespace

std::string_view Name(DType dtype) { return DTypeTraitsOf(dtype).name; }

std::optional<DType> ParseDType(std::string_view name) {
  for (DType dtype : {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0,
                      DType::kQ4_K, DType::kQ6_K, DType::kAct8}) {
    if (DTypeTraitsOf(dtype).name == name) return dtype;
  }
  return std::nullopt;
}

int BlockColumns(DType dtype) { return DTypeTraitsOf(dtype).block_columns; }

int CutColumns(DType dtype) { return IsQuantised(dtype) ? 32 : BlockColumns(dtype); }

int BlockBytes(DType dtype) { return DTypeTraitsOf(dtype).block_bytes; }

bool IsQuantised(DType dtype) {
  return dtype == DType::kQ8_0 || dtype == DType::kQ4_0 || dtype == DType::kQ4_K ||
         dtype == DType::kQ6_K;
}

std::int64_t RowBytes(DType dtype, std::int64_t columns) {
  const DTypeTraits traits = DTypeTraitsOf(dtype);
  JUPITER_CHECK(columns % traits.block_columns == 0, "{} columns of {}", columns, traits.name);
  return columns / traits.block_columns * traits.block_bytes;
}

std::int64_t MatrixBytes(DType dtype, std::int64_t rows, std::int64_t columns) {
  const DTypeTraits traits = DTypeTraitsOf(dtype);
  JUPITER_CHECK(columns % CutColumns(dtype) == 0, "{} columns of {}", columns, traits.name);
  const std::int64_t elements = rows * columns;
  return (elements * traits.block_bytes + traits.block_columns - 1) / traits.block_columns;
}

}  // namespace jupiter
