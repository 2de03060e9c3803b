#include "kernels/attention_paths.h"

#include "kernels/base/check.h"

namespace jupiter {

void AttentionPaths::Append(KvRun run) {
  JUPITER_CHECK(!row_begin_.empty() && run.begin >= 0 && run.count >= 0);
  if (run.count == 0) return;
  const bool first_of_row = static_cast<std::int32_t>(runs_.size()) == row_begin_.back();
  if (!first_of_row) {
    KvRun& last = runs_.back();
    if (last.segment == run.segment && last.begin + last.count == run.begin) {
      last.count += run.count;
      return;
    }
  }
  runs_.push_back(run);
}

AttentionPaths AttentionPaths::Rows(std::int64_t begin, std::int64_t end) const {
  AttentionPaths part;
  for (std::int64_t row = begin; row < end; ++row) {
    part.StartRow();
    for (const KvRun& run : Row(row)) part.Append(run);
  }
  return part;
}

std::span<const KvRun> AttentionPaths::Row(std::int64_t row) const {
  const std::int32_t begin = row_begin_[row];
  const std::int32_t end =
      row + 1 < rows() ? row_begin_[row + 1] : static_cast<std::int32_t>(runs_.size());
  return {runs_.data() + begin, static_cast<std::size_t>(end - begin)};
}

std::int64_t AttentionPaths::Length(std::int64_t row) const {
  std::int64_t length = 0;
  for (const KvRun& run : Row(row)) length += run.count;
  return length;
}

std::int64_t AttentionPaths::TotalLength() const {
  std::int64_t length = 0;
  for (const KvRun& run : runs_) length += run.count;
  return length;
}

}  // namespace jupiter
