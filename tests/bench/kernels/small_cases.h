// Runs cases of kernel_bench on some device, small ones.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "bench/kernels/op_cases.h"
#include "bench/measure/case_filter.h"

namespace jupiter {

inline std::string OpOfCase(const std::string& name) { return name.substr(0, name.find('/')); }

class SeenOps : public OpObserver {
 public:
  void OnOp(const OpCall& call, double) override { calls.push_back(call); }
  std::vector<OpCall> calls;
};

// Two turns of each op on two rows, on the smallest model and without copies; each must be the op
// that the case is called after. Returns how many different ops there were.
inline std::size_t RunSmallCases(Device& device) {
  // Large matrices would take seconds to load.
  const CaseFilter selects(
      "^(linear/[^/]*/tinyllama-1.1b/attn_k|embed/q4_0/tinyllama-1.1b|[^le].*/tinyllama-1.1b|"
      "log_sum_exp/tinyllama-1.1b|export/.*/tinyllama-1.1b)/(context:1024/)?rows:2$");
  Workbench bench(device, 0);
  std::set<std::string> ops;
  for (const OpCase& op : AllOpCases()) {
    if (!selects.Selects(op.name)) continue;
    ops.insert(OpOfCase(op.name));
    const PreparedOp prepared = op.prepare(bench);
    SeenOps seen;
    device.Observe(&seen);
    prepared.run(0);
    prepared.run(1);
    device.Observe(nullptr);
    bench.device().Finish();
    EXPECT_EQ(seen.calls.size(), 2u) << op.name;
    for (const OpCall& call : seen.calls) {
      EXPECT_EQ(Name(call.kind), OpOfCase(op.name));
      EXPECT_EQ(call.rows, 2) << op.name;
      EXPECT_GT(call.bytes, 0) << op.name;
    }
  }
  return ops.size();
}

}  // namespace jupiter
