#include "bench/profile/op_samples.h"

#include <algorithm>
#include <utility>

#include "bench/report/metrics.h"

namespace jupiter {
namespace {

constexpr double kLeastSeconds = 1e-9;

bool SameShape(const MeasuredOp& table, const OpRecord& op) {
  return table.kind == op.kind && table.weight == op.weight && table.input == op.input &&
         table.inner == op.inner && table.outer == op.outer;
}

}  // namespace

double ContextPerRow(const OpRecord& op) {
  return static_cast<double>(op.context) / static_cast<double>(std::max<std::int64_t>(1, op.rows));
}

void OpSamples::OnOp(const OpRecord& record, double) { pending_.push_back(record); }

double OpSamples::PendingSeconds() const {
  double seconds = 0;
  for (const OpRecord& record : pending_) seconds += record.seconds;
  return seconds;
}

void OpSamples::Keep() {
  for (const OpRecord& record : pending_) {
    if (record.rows == 0) continue;
    Group& group = groups_[{record.kind, record.weight, record.input, record.inner, record.outer,
                            record.rows, record.context}];
    if (group.seconds.empty()) group.first = record;
    group.seconds.push_back(record.seconds);
  }
  pending_.clear();
}

std::vector<OpRecord> OpSamples::Medians() const {
  std::vector<OpRecord> medians;
  for (const auto& [key, group] : groups_) {
    medians.push_back(group.first);
    medians.back().seconds = Quantile(group.seconds, 0.5);
  }
  return medians;
}

std::vector<MeasuredOp> ToTables(const std::vector<OpRecord>& medians) {
  std::vector<MeasuredOp> tables;
  for (const OpRecord& op : medians) {
    auto table = std::find_if(tables.begin(), tables.end(),
                              [&](const MeasuredOp& known) { return SameShape(known, op); });
    if (table == tables.end()) {
      table = tables.insert(table, {op.kind, op.weight, op.input, op.inner, op.outer, {}});
    }
    table->points.push_back({op.rows, ContextPerRow(op), std::max(kLeastSeconds, op.seconds)});
  }
  return tables;
}

}  // namespace jupiter
