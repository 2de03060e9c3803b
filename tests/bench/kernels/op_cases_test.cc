// The cases of kernel_bench: what they are called, and that each runs the op of its name.
#include "bench/kernels/op_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bench/measure/case_filter.h"
#include "kernels/base/check.h"
#include "kernels/make_device.h"

namespace jupiter {
namespace {

std::set<std::string> Selected(const std::string& filter) {
  std::set<std::string> names;
  const CaseFilter selects(filter);
  for (const OpCase& op : AllOpCases()) {
    if (selects.Selects(op.name)) names.insert(op.name);
  }
  return names;
}

std::string OpOf(const std::string& name) { return name.substr(0, name.find('/')); }

TEST(OpCasesTest, NamesAreStable) {
  EXPECT_EQ(Selected("linear/q4_0/llama2-7b/ffn_down/rows:16$"),
            std::set<std::string>{"linear/q4_0/llama2-7b/ffn_down/rows:16"});
  // Keys are as wide as queries in this model, and are left out.
  EXPECT_EQ(Selected("linear/f16/llama2-7b/.*rows:1$"),
            (std::set<std::string>{
                "linear/f16/llama2-7b/attn_q/rows:1", "linear/f16/llama2-7b/ffn_up/rows:1",
                "linear/f16/llama2-7b/ffn_down/rows:1", "linear/f16/llama2-7b/head/rows:1"}));
  EXPECT_EQ(Selected("linear/.*/attn_k/rows:512$").size(), 2 * 7u);
  EXPECT_EQ(Selected("^attention/f16/llama3-8b/context:1024/").size(), 9u);
  EXPECT_EQ(Selected("^rms_norm/tinyllama-1.1b/rows:(1|2|4|8|16|32|64|128|512)$").size(), 9u);
}

TEST(OpCasesTest, EveryNameOccursOnce) {
  const OpCases cases = AllOpCases();
  std::set<std::string> names;
  for (const OpCase& op : cases) names.insert(op.name);
  EXPECT_EQ(names.size(), cases.size());
}

TEST(OpCasesTest, EveryOpHasCases) {
  std::set<std::string> ops;
  for (const OpCase& op : AllOpCases()) ops.insert(OpOf(op.name));
  for (int kind = 0; kind <= static_cast<int>(OpKind::kImport); ++kind) {
    EXPECT_EQ(ops.count(std::string(Name(static_cast<OpKind>(kind)))), 1u) << kind;
  }
  EXPECT_EQ(ops.size(), static_cast<std::size_t>(OpKind::kImport) + 1);
}

class OneOp : public OpObserver {
 public:
  void OnOp(const OpCall& call, double) override { calls.push_back(call); }
  std::vector<OpCall> calls;
};

// Two turns of each op, on the small model and without copies.
TEST(OpCasesTest, EveryCaseRunsItsOp) {
  const std::unique_ptr<Device> device = MakeDevice("cpu", {.threads = 2, .isa = {}});
  Workbench bench(*device, 0);
  // Large matrices would take seconds to load.
  const CaseFilter selects(
      "^(linear/[^/]*/tinyllama-1.1b/attn_k|embed/q4_0/tinyllama-1.1b|[^le].*/tinyllama-1.1b|"
      "log_sum_exp/tinyllama-1.1b|export/.*/tinyllama-1.1b)/(context:1024/)?rows:2$");
  std::set<std::string> ops;
  for (const OpCase& op : AllOpCases()) {
    if (!selects.Selects(op.name)) continue;
    ops.insert(OpOf(op.name));
    const PreparedOp prepared = op.prepare(bench);
    OneOp seen;
    device->Observe(&seen);
    prepared.run(0);
    prepared.run(1);
    device->Observe(nullptr);
    ASSERT_EQ(seen.calls.size(), 2u) << op.name;
    EXPECT_EQ(Name(seen.calls[1].kind), OpOf(op.name));
    EXPECT_EQ(seen.calls[1].rows, 2) << op.name;
    EXPECT_GT(seen.calls[1].bytes, 0) << op.name;
  }
  EXPECT_EQ(ops.size(), static_cast<std::size_t>(OpKind::kImport) + 1);
}

TEST(OpCasesTest, WhatHasNoRoomSaysSo) {
  const std::unique_ptr<Device> device = MakeDevice("cpu", {.threads = 1, .isa = {}});
  const Workbench bench(*device, 0);
  EXPECT_THROW(bench.CheckRoom(std::int64_t{1} << 60), UserError);
}

}  // namespace
}  // namespace jupiter
