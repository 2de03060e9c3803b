// Saved plans and recorded runs: any bytes, or good ones, damaged. What is accepted must survive
// its own text, and a record must replay or be refused with its place.
#include <fuzzer/FuzzedDataProvider.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "kernels/base/check.h"
#include "planning/plan/plan_file.h"
#include "planning/record/record.h"
#include "planning/record/record_marks.h"
#include "planning/record/record_parse.h"
#include "planning/replay/measured_costs.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "tests/fuzz/damage.h"

namespace jupiter {
namespace {

std::string GoodPlan(FuzzedDataProvider& data) {
  PlanFile file;
  file.model = {"some", 6, 64, 8, 4, 8, 128, 500};
  file.plan.strategy = "jupiter";
  file.plan.layers = {4, 2};
  file.plan.order = {0, 1};
  file.plan.slices.kind = SlicePolicy::Kind::kTable;
  file.plan.slices.table = {{32, 16}, {80, 40}};
  if (data.ConsumeBool()) {
    file.plan.strategy = "galaxy";
    file.plan.layers = {6, 6};
    file.plan.shares = {{3, 1}, {96, 32}, {2, 1}};
  }
  return ToJson(file);
}

std::string GoodRecord(FuzzedDataProvider& /*data*/) {
  OpEvent op;
  op.op.kind = OpKind::kLinear;
  op.op.rows = op.op.inner = op.op.outer = op.op.bytes = op.op.operations = 7;
  op.op.seconds = 0.25;
  op.start = 0.5;
  RunRecord run;
  run.description = "a run";
  run.ranks = {
      {0,
       {MarkEvent{MarkKind::kStart, 0, 0}, op, SendEvent{1, kBatchChannel, 64, 28, 1, 1},
        MarkEvent{MarkKind::kPromptBatch, 3, 1, {{0, 0, 3}}},
        ReceiveEvent{1, kBatchChannel, 64, 0, 2, 1},
        MarkEvent{MarkKind::kFirstToken, 1, 3, {{0, 0, 1}}}, MarkEvent{MarkKind::kEnd, 1, 4}}},
      {1, {ReceiveEvent{0, kBatchChannel, 64, 28, 0, 0}, SendEvent{0, kBatchChannel, 64, 0}}}};
  return ToText(run);
}

void OpenPlan(const std::string& text) {
  const std::string saved = ToJson(ParsePlanFile(text, "fuzz"));
  if (ToJson(ParsePlanFile(saved, "saved")) != saved) __builtin_trap();
}

Testbed SomeTestbed(std::size_t ranks) {
  Testbed testbed;
  testbed.costs.assign(ranks, std::make_shared<MeasuredCosts>());
  testbed.links.assign(ranks, std::vector<Link>(ranks));
  return testbed;
}

void OpenRecord(const std::string& text) {
  const RunRecord run = ParseRecord(text, "fuzz");
  const std::string saved = ToText(run);
  if (ToText(ParseRecord(saved, "saved")) != saved) __builtin_trap();
  CheckMarks(run);
  for (const RankReplay& rank : Simulate(run, SomeTestbed(run.ranks.size())).ranks) {
    if (!std::isfinite(rank.end) || rank.end < 0) __builtin_trap();
  }
}

void ExpectGoodOrOneLine(void (*open)(const std::string& text), const std::string& text) {
  try {
    open(text);
  } catch (const UserError& error) {
    const std::string_view line = error.what();
    if (line.substr(0, 11) != "fuzz: line ") __builtin_trap();
    if (line.find('\n') != std::string_view::npos) __builtin_trap();
  }
}

}  // namespace
}  // namespace jupiter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  const bool is_plan = data.ConsumeBool();
  const bool any = data.ConsumeIntegralInRange(0, 3) == 0;
  const auto good = is_plan ? jupiter::GoodPlan : jupiter::GoodRecord;
  const std::string text =
      any ? data.ConsumeRemainingBytesAsString() : jupiter::Damaged(data, good(data));
  jupiter::ExpectGoodOrOneLine(is_plan ? jupiter::OpenPlan : jupiter::OpenRecord, text);
  return 0;
}
