#include "kernels/cpu/cpu_device.h"

#include <algorithm>
#include <cstring>

#include "kernels/base/check.h"
#include "kernels/base/math.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/packed_weight.h"
#include "kernels/cpu/row_ops.h"
#include "kernels/cpu/tiling.h"
#include "kernels/row_select.h"
#include "kernels/sum_parts.h"

namespace jupiter::cpu {
namespace {

int CheckedThreads(int threads) {
  if (threads < 1 || threads > 1024) {
    FailUser("device cpu: {} threads asked for; choose 1 to 1024, at most the number of cores",
             threads);
  }
  return threads;
}

using LinearFunction = void (*)(const LinearTile&);

LinearFunction LinearOf(const KernelTable& kernels, DType dtype) {
  switch (dtype) {
    case DType::kF32: return kernels.linear_f32;
    case DType::kF16: return kernels.linear_f16;
    case DType::kBF16: return kernels.linear_bf16;
    case DType::kQ8_0: return kernels.linear_q8_0;
    case DType::kQ4_0: return kernels.linear_q4_0;
    case DType::kQ4_K: return kernels.linear_q4_k;
    case DType::kQ6_K: return kernels.linear_q6_k;
    case DType::kAct8: break;
  }
  JUPITER_FAIL("no product with {} weights", Name(dtype));
}

// Lets the tile fetch panel `panel`, which this thread is likely to compute next. A tile of few
// rows reads its own weights as fast as memory gives them.
void SetNext(LinearTile& tile, const PackedWeight& weight, std::int64_t panel) {
  constexpr std::int64_t kFewRows = 8;
  if (tile.row_end - tile.row_begin <= kFewRows) return;
  const std::int64_t bytes_per_group = weight.weight_bytes() / weight.groups();
  const std::int64_t begin = panel * kPanelGroups;
  const std::int64_t end = std::min(weight.groups(), begin + kPanelGroups);
  if (begin >= end) return;
  tile.next = weight.weights() + begin * bytes_per_group;
  tile.next_bytes = (end - begin) * bytes_per_group;
}

}  // namespace

CpuDevice::CpuDevice(const DeviceOptions& options)
    : kernels_(SelectTable(options.isa)),
      pool_(CheckedThreads(options.threads)),
      scratch_(static_cast<std::size_t>(options.threads)) {}

std::string CpuDevice::Describe() const {
  return fmt::format("cpu, {}, {} thread{}", kernels_.name, pool_.threads(),
                     pool_.threads() == 1 ? "" : "s");
}

std::int64_t CpuDevice::WeightBytes(DType dtype, std::int64_t rows, std::int64_t columns) const {
  return PackedSizeOf(dtype, rows, columns).total();
}

std::unique_ptr<Weight> CpuDevice::DoLoad(std::string_view tensor_name, const ConstTensorView& host,
                                          std::int64_t column_begin, std::int64_t column_end) {
  return std::make_unique<PackedWeight>(tensor_name, host, column_begin, column_end, pool_);
}

void CpuDevice::DoEmbed(std::span<const std::int32_t> ids, const Weight& table, TensorView out) {
  const auto& packed = static_cast<const PackedWeight&>(table);
  pool_.Run(std::ssize(ids),
            [&](std::int64_t i, int) { packed.Unpack(ids[i], out.Row<float>(i)); });
}

void CpuDevice::DoRmsNorm(ConstTensorView x, ConstTensorView weight, float epsilon,
                          TensorView out) {
  pool_.Run(x.rows, [&](std::int64_t i, int) {
    kernels_.rms_norm(x.Row<float>(i), weight.Row<float>(0), x.columns, epsilon, out.Row<float>(i));
  });
}

void CpuDevice::DoQuantise(ConstTensorView x, TensorView out) {
  const std::int64_t n = x.columns;
  pool_.Run(x.rows, [&](std::int64_t i, int) {
    std::byte* row = out.Row<std::byte>(i);
    kernels_.quantise(x.Row<float>(i), n, reinterpret_cast<std::int8_t*>(row),
                      reinterpret_cast<float*>(row + n),
                      reinterpret_cast<std::int32_t*>(row + n + n / 32 * 4));
  });
}

void CpuDevice::DoLinear(ConstTensorView x, const Weight& weight, TensorView out,
                         const LinearOptions& options) {
  const auto& packed = static_cast<const PackedWeight&>(weight);
  const LinearFunction linear = LinearOf(kernels_, weight.dtype());
  const std::vector<SumPart> parts = PartsOf(weight.dtype(), weight.columns(), options.leaf_ends);
  LinearTile whole;
  whole.x = x.data;
  whole.x_row_bytes = x.row_bytes;
  whole.weights = packed.weights();
  whole.scales = packed.scales();
  whole.columns = weight.columns();
  whole.parts = parts.data();
  whole.part_count = std::ssize(parts);
  whole.features = weight.rows();
  whole.out = out.data;
  whole.out_row_bytes = out.row_bytes;
  whole.bias = options.bias == nullptr ? nullptr : options.bias->view().Row<float>(0);
  whole.accumulate = options.accumulate;

  // Consecutive tasks share a panel of weights, which then comes from the cache.
  const std::int64_t chunk_rows = std::int64_t{16} * kernels_.linear_rows;
  const std::int64_t chunks = (x.rows + chunk_rows - 1) / chunk_rows;
  const std::int64_t panels = (packed.groups() + kPanelGroups - 1) / kPanelGroups;
  pool_.Run(panels * chunks, [&](std::int64_t task, int) {
    LinearTile tile = whole;
    tile.group_begin = task / chunks * kPanelGroups;
    tile.group_end = std::min(packed.groups(), tile.group_begin + kPanelGroups);
    tile.row_begin = task % chunks * chunk_rows;
    tile.row_end = std::min(x.rows, tile.row_begin + chunk_rows);
    if (task % chunks == chunks - 1) SetNext(tile, packed, task / chunks + pool_.threads());
    linear(tile);
  });
}

void CpuDevice::DoRope(TensorView x, std::span<const std::int32_t> positions, ConstTensorView table,
                       RopeStyle style) {
  pool_.Run(x.rows, [&](std::int64_t i, int) {
    RopeRow(x.Row<float>(i), x.columns, table.Row<float>(positions[i]), table.columns, style);
  });
}

void CpuDevice::DoKvAppend(ConstTensorView keys, ConstTensorView values, const KvSegment& segment,
                           std::span<const std::int32_t> slots) {
  const auto write = [&](const float* x, const TensorView& rows, std::int32_t slot) {
    if (rows.dtype == DType::kF16) {
      kernels_.to_half(x, rows.columns, rows.Row<Half>(slot));
    } else {
      std::memcpy(rows.Row<float>(slot), x, static_cast<std::size_t>(rows.columns) * sizeof(float));
    }
  };
  // One thread: a slot that is named twice keeps its last row.
  for (std::int64_t i = 0; i < keys.rows; ++i) {
    write(keys.Row<float>(i), segment.keys, slots[i]);
    write(values.Row<float>(i), segment.values, slots[i]);
  }
}

void CpuDevice::DoSwiGlu(ConstTensorView gate, ConstTensorView up, TensorView out) {
  pool_.Run(gate.rows, [&](std::int64_t i, int) {
    kernels_.swiglu(gate.Row<float>(i), up.Row<float>(i), gate.columns, out.Row<float>(i));
  });
}

void CpuDevice::DoAdd(ConstTensorView x, TensorView y) {
  pool_.Run(x.rows,
            [&](std::int64_t i, int) { AddRow(x.Row<float>(i), y.Row<float>(i), x.columns); });
}

void CpuDevice::DoArgMax(ConstTensorView x, std::span<std::int32_t> ids) {
  pool_.Run(x.rows, [&](std::int64_t i, int) { ids[i] = ArgMaxRow(x.Row<float>(i), x.columns); });
}

void CpuDevice::DoTopK(ConstTensorView x, int k, std::span<std::int32_t> ids,
                       std::span<float> values) {
  pool_.Run(x.rows, [&](std::int64_t i, int) {
    TopKRow(x.Row<float>(i), x.columns, k, ids.data() + i * k, values.data() + i * k);
  });
}

void CpuDevice::DoLogSumExp(ConstTensorView x, std::span<float> out) {
  pool_.Run(x.rows, [&](std::int64_t i, int) {
    const SoftmaxTerms terms = kernels_.softmax_terms(x.Row<float>(i), x.columns);
    out[i] = static_cast<float>(double{terms.maximum} + DeterministicLog(terms.sum));
  });
}

void CpuDevice::DoExport(ConstTensorView x, TensorView host) {
  if (host.dtype == DType::kF32) return DoCopy(x, host);
  JUPITER_CHECK(host.dtype == DType::kF16 || host.dtype == DType::kQ8_0, "export to {}",
                Name(host.dtype));
  pool_.Run(x.rows, [&](std::int64_t i, int) {
    if (host.dtype == DType::kF16) {
      kernels_.to_half(x.Row<float>(i), x.columns, host.Row<Half>(i));
    } else {
      WriteQ8_0Row(x.Row<float>(i), x.columns, kernels_, host.Row<std::byte>(i));
    }
  });
}

void CpuDevice::DoImport(ConstTensorView host, TensorView out) {
  if (host.dtype == DType::kF32) return DoCopy(host, out);
  JUPITER_CHECK(host.dtype == DType::kF16 || host.dtype == DType::kQ8_0, "import from {}",
                Name(host.dtype));
  pool_.Run(out.rows, [&](std::int64_t i, int) {
    if (host.dtype == DType::kF16) {
      kernels_.from_half(host.Row<Half>(i), out.columns, out.Row<float>(i));
    } else {
      ReadQ8_0Row(host.Row<std::byte>(i), out.columns, out.Row<float>(i));
    }
  });
}

}  // namespace jupiter::cpu
