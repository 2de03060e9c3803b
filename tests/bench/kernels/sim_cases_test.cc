// The cases of kernel_bench on the simulated GPU: a memory of its own, and ops that run later.
#include <gtest/gtest.h>

#include "tests/bench/kernels/small_cases.h"
#include "tests/cuda/sim/sim_device.h"

namespace jupiter {
namespace {

TEST(SimCasesTest, EveryCaseRunsItsOp) {
  EXPECT_EQ(RunSmallCases(*MakeSimDevice(1)), static_cast<std::size_t>(OpKind::kImport) + 1);
}

}  // namespace
}  // namespace jupiter
