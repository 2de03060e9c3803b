#include "bench/profile/op_samples.h"

#include <algorithm>
#include <utility>

#include "bench/report/metrics.h"
#include "planning/testbed/profile_format.h"

namespace jupiter {
namespace {

bool IsTableOf(const MeasuredOp& table, const OpCall& op) {
  return table.kind == op.kind && table.weight == op.weight && table.input == op.input &&
         table.inner == op.inner && table.outer == op.outer;
}

}  // namespace

double ContextPerRow(const OpCall& op) {
  return static_cast<double>(op.context) / static_cast<double>(std::max<std::int64_t>(1, op.rows));
}

void OpSamples::OnOp(const OpCall& call, double) { pending_.push_back(call); }

double OpSamples::PendingSeconds() const {
  double seconds = 0;
  for (const OpCall& call : pending_) seconds += call.seconds;
  return seconds;
}

void OpSamples::Keep() {
  for (const OpCall& call : pending_) {
    if (call.rows == 0) continue;
    Group& group = groups_[{call.kind, call.weight, call.input, call.inner, call.outer, call.rows,
                            call.context}];
    if (group.seconds.empty()) group.first = call;
    group.seconds.push_back(call.seconds);
  }
  pending_.clear();
}

std::vector<OpCall> OpSamples::Medians() const {
  std::vector<OpCall> medians;
  for (const auto& [key, group] : groups_) {
    medians.push_back(group.first);
    medians.back().seconds = Quantile(group.seconds, 0.5);
  }
  return medians;
}

std::vector<MeasuredOp> ToTables(const std::vector<OpCall>& medians) {
  std::vector<MeasuredOp> tables;
  for (const OpCall& op : medians) {
    auto table = std::find_if(tables.begin(), tables.end(),
                              [&](const MeasuredOp& known) { return IsTableOf(known, op); });
    if (table == tables.end()) {
      table = tables.insert(table, {op.kind, op.weight, op.input, op.inner, op.outer, {}});
    }
    table->points.push_back(
        {op.rows, ContextPerRow(op), std::max(kMeasuredSecondsRange.least, op.seconds)});
  }
  return tables;
}

}  // namespace jupiter
