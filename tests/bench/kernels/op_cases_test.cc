// The cases of kernel_bench: what they are called, and that each runs the op of its name.
#include "bench/kernels/op_cases.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "bench/kernels/device_limits.h"
#include "bench/measure/case_filter.h"
#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "tests/bench/kernels/small_cases.h"

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
  for (const OpCase& op : AllOpCases()) ops.insert(OpOfCase(op.name));
  for (int kind = 0; kind <= static_cast<int>(OpKind::kImport); ++kind) {
    EXPECT_EQ(ops.count(std::string(Name(static_cast<OpKind>(kind)))), 1u) << kind;
  }
  EXPECT_EQ(ops.size(), static_cast<std::size_t>(OpKind::kImport) + 1);
}

TEST(OpCasesTest, EveryCaseRunsItsOp) {
  for (const char* name : {"cpu", "eigen", "recording"}) {
    const std::unique_ptr<Device> device = MakeDevice(name, {.threads = 2, .isa = {}});
    EXPECT_EQ(RunSmallCases(*device), static_cast<std::size_t>(OpKind::kImport) + 1) << name;
  }
}

// Its memory is not the host's, as that of a card is not; its rates are those of doing nothing.
TEST(OpCasesTest, LimitsOfADeviceWithAMemoryOfItsOwnComeFromItsOps) {
  const std::unique_ptr<Device> device = MakeDevice("recording", {});
  Workbench bench(*device, 0);
  const MachineLimits limits = MeasureLimits(bench, 1, 0);
  EXPECT_NE(limits.source.find("the device's own"), std::string::npos);
  EXPECT_GT(limits.copied_bytes, 0);
  EXPECT_GE(limits.read_bytes, limits.copied_bytes);
  EXPECT_GT(limits.f32_operations, 0);
  EXPECT_GT(limits.int8_operations, 0);
}

TEST(OpCasesTest, WhatHasNoRoomSaysSo) {
  const std::unique_ptr<Device> device = MakeDevice("cpu", {.threads = 1, .isa = {}});
  const Workbench bench(*device, 0);
  EXPECT_THROW(bench.CheckRoom(std::int64_t{1} << 60), UserError);
}

}  // namespace
}  // namespace jupiter
