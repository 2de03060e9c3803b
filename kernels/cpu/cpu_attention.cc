// Attention of the `cpu` device: one task per query row and KV head.
#include <algorithm>

#include "kernels/cpu/cpu_device.h"
#include "kernels/memory.h"

namespace jupiter::cpu {
namespace {

// Where the spans of one row begin in the list of all rows.
struct RowSpans {
  std::int64_t begin = 0;
  std::int64_t count = 0;
  std::int64_t length = 0;
};

KvSpan SpanOf(const KvSegment& segment, const KvRun& run) {
  return {segment.keys.Row<std::byte>(run.begin), segment.values.Row<std::byte>(run.begin),
          segment.keys.row_bytes, segment.values.row_bytes, run.count};
}

// The spans of one row for the KV head that lies `offset` bytes into each KV row.
void ShiftSpans(const KvSpan* spans, std::int64_t count, std::int64_t offset,
                std::vector<KvSpan>& out) {
  out.assign(spans, spans + count);
  for (KvSpan& span : out) {
    span.keys += offset;
    span.values += offset;
  }
}

}  // namespace

void CpuDevice::ReserveScratch(std::int64_t floats) {
  if (floats <= scratch_floats_) return;
  // Half as much again: a context that grows by one position per token reallocates rarely.
  scratch_floats_ = floats + floats / 2;
  for (std::shared_ptr<std::byte>& scratch : scratch_) {
    scratch = AllocateZeroed(scratch_floats_ * static_cast<std::int64_t>(sizeof(float)));
  }
}

void CpuDevice::DoAttention(ConstTensorView q, std::span<const KvSegment> segments,
                            const AttentionPaths& paths, const AttentionShape& shape,
                            TensorView out) {
  std::vector<KvSpan> spans;
  std::vector<RowSpans> rows;
  std::int64_t longest = 0;
  for (std::int64_t row = 0; row < q.rows; ++row) {
    const std::span<const KvRun> runs = paths.Row(row);
    rows.push_back({std::ssize(spans), std::ssize(runs), paths.Length(row)});
    for (const KvRun& run : runs) spans.push_back(SpanOf(segments[run.segment], run));
    longest = std::max(longest, rows.back().length);
  }
  const int group = shape.heads / shape.kv_heads;
  ReserveScratch(AttentionScratch(group, shape.head_dim, longest));

  const DType dtype = segments[0].keys.dtype;
  const auto attention = dtype == DType::kF16 ? kernels_.attention_f16 : kernels_.attention_f32;
  std::vector<std::vector<KvSpan>> shifted(scratch_.size());
  pool_.Run(q.rows * shape.kv_heads, [&](std::int64_t index, int thread) {
    const std::int64_t row = index / shape.kv_heads, kv_head = index % shape.kv_heads;
    const RowSpans& row_spans = rows[row];
    ShiftSpans(spans.data() + row_spans.begin, row_spans.count,
               RowBytes(dtype, kv_head * shape.head_dim), shifted[thread]);
    AttentionTask task;
    task.q = q.Row<float>(row) + kv_head * group * shape.head_dim;
    task.out = out.Row<float>(row) + kv_head * group * shape.head_dim;
    task.heads = group;
    task.head_dim = shape.head_dim;
    task.scale = shape.scale;
    task.spans = shifted[thread].data();
    task.span_count = row_spans.count;
    task.length = row_spans.length;
    task.scratch = reinterpret_cast<float*>(scratch_[thread].get());
    attention(task);
  });
}

}  // namespace jupiter::cpu
