// Every op of the `cuda` device on the simulated GPU has the bits of the `cpu` device, with every
// order of blocks and threads.
#include <gtest/gtest.h>

#include "kernels/make_device.h"
#include "tests/cuda/sim/sim_device.h"
#include "tests/kernels/op_cases.h"
#include "tests/kernels/test_inputs.h"

namespace jupiter {
namespace {

constexpr std::uint64_t kOrders = 5;

class CudaDeviceTest : public testing::TestWithParam<std::size_t> {};

TEST_P(CudaDeviceTest, HasTheBitsOfTheCpu) {
  const OpCase op = AllOpCases()[GetParam()];
  SCOPED_TRACE(op.name);
  const std::vector<int> rows = AllRows(op.rows);
  const std::vector<std::byte> expected = op.run(*MakeDevice("cpu", {}), rows);
  for (std::uint64_t seed = 1; seed <= kOrders; ++seed) {
    EXPECT_EQ(op.run(*MakeSimDevice(seed), rows), expected) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(AllOps, CudaDeviceTest,
                         testing::Range(std::size_t{0}, AllOpCases().size()), [](const auto& info) {
                           std::string name = AllOpCases()[info.param].name;
                           for (char& c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace jupiter
