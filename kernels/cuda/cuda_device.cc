#include "kernels/cuda/cuda_device.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <unordered_set>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/base/math.h"
#include "kernels/block_formats.h"
#include "kernels/cuda/attention_arrays.h"
#include "kernels/cuda/gpu_views.h"
#include "kernels/cuda/gpu_weight.h"
#include "kernels/row_select.h"
#include "kernels/sum_parts.h"

namespace jupiter {
namespace {

constexpr std::int64_t kRowAlign = 16;  // of loads
constexpr int kFirstWithInt8Matrices = 80;

std::int64_t RoundUp(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

static_assert(kMostWaitingOnGpu == kMostWaitingSums && kDenseChain == kChainColumns);

// Several arrays as one, so that they travel in one copy.
class JoinedArrays {
 public:
  // Returns where the array begins.
  template <typename T>
  std::size_t Add(const std::vector<T>& array) {
    const std::size_t begin = bytes_.size();
    const std::size_t bytes = array.size() * sizeof(T);
    bytes_.resize(begin + (bytes + kRowAlign - 1) / kRowAlign * kRowAlign);
    if (bytes > 0) std::memcpy(bytes_.data() + begin, array.data(), bytes);
    return begin;
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

// Slots of rows, -1 where a later row has the same one: that one counts, as if rows were written in
// order.
std::vector<std::int32_t> LastOfEqualSlots(std::span<const std::int32_t> slots) {
  std::vector<std::int32_t> last(slots.begin(), slots.end());
  const bool ascends = std::is_sorted(slots.begin(), slots.end(), std::less_equal<>());
  if (ascends) return last;
  std::unordered_set<std::int32_t> seen;
  for (std::size_t i = last.size(); i-- > 0;) {
    if (!seen.insert(last[i]).second) last[i] = -1;
  }
  return last;
}

// Rows of one launch of attention: scratch for more would take too much memory, and leave the cache
// that scores should stay in.
std::int64_t AttentionRowsAtOnce(std::int64_t floats_per_row, int tile_rows) {
  constexpr std::int64_t kMostScratchFloats = std::int64_t{16} << 20;
  const std::int64_t fit = std::max<std::int64_t>(kMostScratchFloats / floats_per_row, 1);
  return tile_rows == 0 ? fit : std::max<std::int64_t>(fit / tile_rows, 1) * tile_rows;
}

}  // namespace

CudaDevice::CudaDevice(std::shared_ptr<GpuRuntime> runtime, const GpuOps& ops,
                       std::string description)
    : runtime_(std::move(runtime)),
      ops_(ops),
      description_(std::move(description)),
      matrix_units_(runtime_->Capability() >= kFirstWithInt8Matrices),
      stream_(runtime_->NewStream()),
      uploads_(*runtime_, stream_),
      downloads_(runtime_, stream_),
      positions_(*runtime_, uploads_),
      slots_(*runtime_, uploads_),
      paths_(*runtime_, uploads_) {}

CudaDevice::~CudaDevice() {
  Finish();
  runtime_->FreeHost(pinned_);
}

void CudaDevice::Finish() { runtime_->Synchronize(stream_); }

std::int64_t CudaDevice::RowStride(DType dtype, std::int64_t columns) const {
  return RoundUp(RowBytes(dtype, columns), kRowAlign);
}

std::int64_t CudaDevice::WeightBytes(DType dtype, std::int64_t rows, std::int64_t columns) const {
  return GpuWeightSizeOf(dtype, rows, columns).total();
}

std::shared_ptr<std::byte> CudaDevice::DoAllocate(std::int64_t bytes) {
  auto* memory = static_cast<std::byte*>(runtime_->Allocate(bytes));
  runtime_->Clear(memory, bytes, stream_);
  return {memory, [runtime = runtime_](std::byte* p) { runtime->Free(p); }};
}

std::byte* CudaDevice::Scratch(std::int64_t bytes) {
  if (bytes > scratch_bytes_) {
    // Half as much again: a context that grows by one position per token reallocates rarely.
    scratch_bytes_ = bytes + bytes / 2;
    scratch_ = nullptr;
    scratch_ = DoAllocate(scratch_bytes_);
  }
  return scratch_.get();
}

const std::byte* CudaDevice::Download(const void* from, std::int64_t bytes) {
  if (bytes > pinned_bytes_) {
    runtime_->FreeHost(pinned_);
    pinned_bytes_ = bytes + bytes / 2;
    pinned_ = static_cast<std::byte*>(runtime_->AllocateHost(pinned_bytes_));
  }
  runtime_->Copy(pinned_, from, bytes, stream_);
  Finish();
  return pinned_;
}

std::unique_ptr<Weight> CudaDevice::DoLoad(std::string_view tensor_name,
                                           const ConstTensorView& host, std::int64_t column_begin,
                                           std::int64_t column_end) {
  const std::int64_t columns = column_end - column_begin;
  const std::int64_t bytes = GpuWeightSizeOf(host.dtype, host.rows, columns).total();
  auto weight = std::make_unique<GpuWeight>(host.dtype, host.rows, columns, DoAllocate(bytes));
  std::vector<std::byte> packed(static_cast<std::size_t>(bytes));
  PackGpuWeight(tensor_name, host, column_begin, column_end, packed.data());
  runtime_->Copy(weight->data(), packed.data(), bytes, stream_);
  Finish();
  return weight;
}

void CudaDevice::DoLoadDense(const ConstTensorView& host, TensorView out) {
  std::vector<float> row(static_cast<std::size_t>(host.columns));
  for (std::int64_t i = 0; i < host.rows; ++i) {
    ReadRow(host.dtype, host.Row<std::byte>(i), 0, host.columns, row.data());
    runtime_->Copy(out.Row<std::byte>(i), row.data(), RowBytes(DType::kF32, host.columns), stream_);
    Finish();
  }
}

void CudaDevice::DoEmbed(std::span<const std::int32_t> ids, const Weight& table, TensorView out) {
  ops_.embed({uploads_.Upload(ids), static_cast<const GpuWeight&>(table).matrix(), Floats(out),
              Int(out.rows)},
             stream_);
}

void CudaDevice::DoRmsNorm(ConstTensorView x, ConstTensorView weight, float epsilon,
                           TensorView out) {
  ops_.rms_norm(
      {Floats(x), weight.Row<float>(0), epsilon, Floats(out), Int(x.rows), Int(x.columns)},
      stream_);
}

void CudaDevice::DoQuantise(ConstTensorView x, TensorView out) {
  ops_.quantise({Floats(x), Bytes(out), Int(x.rows), Int(x.columns)}, stream_);
}

CudaDevice::PartsOnDevice CudaDevice::PartsFor(const Weight& weight,
                                               std::span<const std::int64_t> leaf_ends) {
  std::vector<std::int64_t> key(leaf_ends.begin(), leaf_ends.end());
  if (key.empty()) key.push_back(weight.columns());
  key.push_back(IsQuantised(weight.dtype()));
  const auto found = parts_.find(key);
  if (found != parts_.end()) return found->second;
  std::vector<GpuSumPart> parts;
  for (const SumPart& part : PartsOf(weight.dtype(), weight.columns(), leaf_ends)) {
    parts.push_back({static_cast<std::int32_t>(part.end), part.additions});
  }
  const auto bytes = static_cast<std::int64_t>(parts.size() * sizeof(GpuSumPart));
  std::shared_ptr<std::byte> memory = DoAllocate(bytes);
  runtime_->Copy(memory.get(), parts.data(), bytes, stream_);
  Finish();
  const PartsOnDevice on_device{reinterpret_cast<const GpuSumPart*>(memory.get()),
                                Int(std::ssize(parts)), memory};
  return parts_.emplace(std::move(key), on_device).first->second;
}

void CudaDevice::DoLinear(ConstTensorView x, const Weight& weight, TensorView out,
                          const LinearOptions& options) {
  LinearArguments arguments;
  arguments.x = Bytes(x);
  arguments.weight = static_cast<const GpuWeight&>(weight).matrix();
  arguments.out = Floats(out);
  const PartsOnDevice parts = PartsFor(weight, options.leaf_ends);
  arguments.parts = parts.data;
  arguments.part_count = parts.count;
  arguments.one_leaf = options.leaf_ends.size() <= 1;
  arguments.bias = options.bias == nullptr ? nullptr : options.bias->view().Row<float>(0);
  arguments.accumulate = options.accumulate;
  arguments.matrix_units = matrix_units_;
  arguments.rows = Int(x.rows);
  ops_.linear(arguments, stream_);
}

void CudaDevice::DoRope(TensorView x, std::span<const std::int32_t> positions,
                        ConstTensorView table, RopeStyle style) {
  ops_.rope({Floats(x), positions_.Upload(positions), Floats(table), Int(x.rows), Int(x.columns),
             Int(table.columns), style == RopeStyle::kHalf},
            stream_);
}

void CudaDevice::DoKvAppend(ConstTensorView keys, ConstTensorView values, const KvSegment& segment,
                            std::span<const std::int32_t> slots) {
  const std::vector<std::int32_t> last = LastOfEqualSlots(slots);
  ops_.kv_append(
      {Floats(keys), Floats(values), KvRowsOf(segment.keys), KvRowsOf(segment.values),
       slots_.Upload(std::span<const std::int32_t>(last)), Int(keys.rows), Int(keys.columns)},
      stream_);
}

void CudaDevice::DoKvMove(const KvSegment& segment, std::span<const std::int32_t> from,
                          std::span<const std::int32_t> to) {
  const std::int64_t bytes = RowBytes(segment.keys.dtype, segment.keys.columns);
  const std::int64_t stride = RoundUp(bytes, kRowAlign), rows = std::ssize(from);
  const GpuRows<std::uint8_t> scratch{reinterpret_cast<std::uint8_t*>(Scratch(rows * stride)),
                                      stride};
  // One upload for both, so that the first cannot be overwritten by the second.
  std::vector<std::int32_t> slots(from.begin(), from.end());
  slots.insert(slots.end(), to.begin(), to.end());
  const std::int32_t* on_device = uploads_.Upload(std::span<const std::int32_t>(slots));
  for (const TensorView& kv : {segment.keys, segment.values}) {
    ops_.move_rows({Bytes(kv), on_device, on_device + from.size(), scratch, Int(rows), Int(bytes)},
                   stream_);
  }
}

void CudaDevice::DoAttention(ConstTensorView q, std::span<const KvSegment> segments,
                             const AttentionPaths& paths, const AttentionShape& shape,
                             TensorView out) {
  if (shape.head_dim > kMostHeadDim) {
    FailUser(
        "attention heads of {} features: the cuda device has kernels for at most {}; use --device "
        "cpu",
        shape.head_dim, kMostHeadDim);
  }
  const PathArrays arrays = ArraysOf(paths);
  const TileArrays tiles = TilesOf(paths, arrays);
  JoinedArrays joined;
  const std::size_t at_paths = joined.Add(arrays.paths), at_runs = joined.Add(arrays.runs),
                    at_tiles = joined.Add(tiles.tiles);
  const std::byte* on_device = paths_.Upload(joined.bytes());
  AttentionArguments arguments;
  SetSegments(segments, arguments);
  arguments.paths = reinterpret_cast<const GpuPath*>(on_device + at_paths);
  arguments.runs = reinterpret_cast<const GpuRun*>(on_device + at_runs);
  arguments.tiles = reinterpret_cast<const GpuTile*>(on_device + at_tiles);
  arguments.tile_rows = tiles.rows;
  arguments.first_apart = tiles.first_apart;
  arguments.heads = shape.heads;
  arguments.kv_heads = shape.kv_heads;
  arguments.head_dim = shape.head_dim;
  arguments.longest = arrays.longest;
  arguments.scale = shape.scale;
  arguments.f16 = arguments.first_segments[0].keys.f16;
  AttentionByRows(arguments, q, out);
}

void CudaDevice::SetSegments(std::span<const KvSegment> segments, AttentionArguments& arguments) {
  std::vector<GpuKvSegment> places;
  for (const KvSegment& segment : segments) {
    places.push_back({KvRowsOf(segment.keys), KvRowsOf(segment.values)});
  }
  const std::size_t inside = std::min<std::size_t>(places.size(), kSegmentsInArguments);
  std::copy_n(places.begin(), inside, arguments.first_segments);
  const auto others = std::span<const GpuKvSegment>(places).subspan(inside);
  if (!others.empty()) arguments.other_segments = uploads_.Upload(others);
}

void CudaDevice::AttentionByRows(AttentionArguments arguments, const ConstTensorView& q,
                                 const TensorView& out) {
  const std::int64_t floats =
      arguments.heads * GpuAttentionScratch(arguments.longest, arguments.head_dim);
  const std::int64_t most = AttentionRowsAtOnce(floats, arguments.tile_rows);
  arguments.scratch = reinterpret_cast<float*>(
      Scratch(std::min(most, q.rows) * floats * static_cast<std::int64_t>(sizeof(float))));
  for (std::int64_t first = 0; first < q.rows; first += most) {
    arguments.rows = Int(std::min(most, q.rows - first));
    arguments.q = Floats(q.Rows(first, arguments.rows));
    arguments.out = Floats(out.Rows(first, arguments.rows));
    ops_.attention(arguments, stream_);
    arguments.paths += arguments.rows;
    if (arguments.tile_rows > 0) arguments.tiles += arguments.rows / arguments.tile_rows;
  }
}

void CudaDevice::DoSwiGlu(ConstTensorView gate, ConstTensorView up, TensorView out) {
  ops_.swiglu({Floats(gate), Floats(up), Floats(out), Int(gate.rows), Int(gate.columns)}, stream_);
}

void CudaDevice::DoAdd(ConstTensorView x, TensorView y) {
  ops_.add({Floats(x), Floats(y), Int(x.rows), Int(x.columns)}, stream_);
}

void CudaDevice::DoArgMax(ConstTensorView x, std::span<std::int32_t> ids) {
  const auto bytes = static_cast<std::int64_t>(ids.size_bytes());
  auto* found = reinterpret_cast<std::int32_t*>(Scratch(bytes));
  ops_.arg_max({Floats(x), found, Int(x.rows), Int(x.columns)}, stream_);
  std::memcpy(ids.data(), Download(found, bytes), ids.size_bytes());
}

void CudaDevice::DoTopK(ConstTensorView x, int k, std::span<std::int32_t> ids,
                        std::span<float> values) {
  for (std::int64_t row = 0; row < x.rows; ++row) {
    const std::int64_t bytes = RowBytes(DType::kF32, x.columns);
    const auto* host = reinterpret_cast<const float*>(Download(x.Row<std::byte>(row), bytes));
    TopKRow(host, x.columns, k, ids.data() + row * k, values.data() + row * k);
  }
}

void CudaDevice::DoLogSumExp(ConstTensorView x, std::span<float> out) {
  const std::int64_t runs = (x.columns + kLogSumRun - 1) / kLogSumRun;
  constexpr auto kBytes = static_cast<std::int64_t>(sizeof(GpuLogSum));
  auto* of_rows = reinterpret_cast<GpuLogSum*>(Scratch((runs + 1) * x.rows * kBytes));
  ops_.log_sum({Floats(x), of_rows + x.rows, of_rows, Int(x.rows), Int(x.columns)}, stream_);
  const auto* sums = reinterpret_cast<const GpuLogSum*>(Download(of_rows, x.rows * kBytes));
  for (std::size_t row = 0; row < out.size(); ++row) {
    out[row] = static_cast<float>(double{sums[row].maximum} + DeterministicLog(sums[row].sum));
  }
}

void CudaDevice::DoCopy(ConstTensorView x, TensorView out) {
  ops_.to_message({Bytes(x), Bytes(out), Int(x.rows), Int(x.columns)}, GpuMessageType::kF32,
                  stream_);
}

void CudaDevice::DoRound(TensorView x, DType dtype) {
  const std::int64_t stride = RoundUp(RowBytes(dtype, x.columns), kRowAlign);
  auto* scratch = reinterpret_cast<std::uint8_t*>(Scratch(x.rows * stride));
  const GpuMessageType type = MessageTypeOf(dtype);
  const int rows = Int(x.rows), columns = Int(x.columns);
  ops_.to_message({Bytes(ConstTensorView(x)), {scratch, stride}, rows, columns}, type, stream_);
  ops_.from_message({{scratch, stride}, Bytes(x), rows, columns}, type, stream_);
}

void CudaDevice::Encode(const ConstTensorView& x, DType dtype, std::byte* to) {
  const GpuRows<std::uint8_t> rows{reinterpret_cast<std::uint8_t*>(to), RowBytes(dtype, x.columns)};
  ops_.to_message({Bytes(x), rows, Int(x.rows), Int(x.columns)}, MessageTypeOf(dtype), stream_);
}

void CudaDevice::DoExport(ConstTensorView x, TensorView host) {
  const std::int64_t bytes = x.rows * RowBytes(host.dtype, host.columns);
  std::byte* scratch = Scratch(bytes);
  Encode(x, host.dtype, scratch);
  ScatterRows(Download(scratch, bytes), host);
}

Readiness CudaDevice::DoExportLater(ConstTensorView x, TensorView host) {
  return downloads_.Begin(
      x.rows * RowBytes(host.dtype, host.columns),
      [&](std::byte* to) { Encode(x, host.dtype, to); },
      [host](const std::byte* rows) { ScatterRows(rows, host); });
}

const std::byte* CudaDevice::UploadRows(const ConstTensorView& host) {
  const std::int64_t row_bytes = RowBytes(host.dtype, host.columns);
  const auto bytes = static_cast<std::size_t>(host.rows * row_bytes);
  if (host.row_bytes == row_bytes) return uploads_.UploadBytes(host.data, bytes);
  std::vector<std::byte> rows(bytes);
  GatherRows(host, rows.data());
  return uploads_.UploadBytes(rows.data(), bytes);
}

void CudaDevice::DoImport(ConstTensorView host, TensorView out) {
  const std::int64_t row_bytes = RowBytes(host.dtype, host.columns);
  const std::byte* on_device = UploadRows(host);
  ops_.from_message({{reinterpret_cast<const std::uint8_t*>(on_device), row_bytes},
                     Bytes(out),
                     Int(out.rows),
                     Int(out.columns)},
                    MessageTypeOf(host.dtype), stream_);
}

void CudaDevice::DoReadBytes(ConstTensorView x, std::byte* out) {
  const std::int64_t row_bytes = RowBytes(x.dtype, x.columns);
  for (std::int64_t row = 0; row < x.rows; ++row, out += row_bytes) {
    std::memcpy(out, Download(x.Row<std::byte>(row), row_bytes),
                static_cast<std::size_t>(row_bytes));
  }
}

}  // namespace jupiter
