// Every op of the `cuda` device on the simulated GPU has the bits of the `cpu` device, with every
// order of blocks and threads.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/make_device.h"
#include "tests/cuda/sim/find_mistake.h"
#include "tests/cuda/sim/sim_device.h"
#include "tests/kernels/op_cases.h"
#include "tests/kernels/test_inputs.h"

namespace jupiter {
namespace {

constexpr std::uint64_t kOrders = kSeeds < 20 ? 1 : 5;

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

// The cases that pass each barrier of the kernels.
std::vector<std::pair<sim::Site, std::vector<OpCase>>> CasesOfBarriers() {
  std::vector<std::pair<sim::Site, std::vector<OpCase>>> found;
  sim::TakeBarrierSites();
  for (const OpCase& op : AllOpCases()) {
    op.run(*MakeSimDevice(1), AllRows(op.rows));
    for (const sim::Site& site : sim::TakeBarrierSites()) {
      auto entry = std::find_if(found.begin(), found.end(),
                                [&](const auto& known) { return known.first == site; });
      if (entry == found.end()) entry = found.insert(found.end(), {site, {}});
      entry->second.push_back(op);
    }
  }
  return found;
}

bool AllHaveTheBitsOfTheCpu(const std::vector<OpCase>& cases, std::uint64_t seed) {
  return std::all_of(cases.begin(), cases.end(), [&](const OpCase& op) {
    const std::vector<int> rows = AllRows(op.rows);
    return op.run(*MakeSimDevice(seed), rows) == op.run(*MakeDevice("cpu", {}), rows);
  });
}

TEST(CudaKernelsTest, EachBarrierLeftOutIsFound) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "too slow under the race detector; run it in the release or the asan build";
#endif
  const auto barriers = CasesOfBarriers();
  EXPECT_GE(barriers.size(), 8u);
  for (const auto& [site, cases] : barriers) {
    SCOPED_TRACE(std::string(site.file) + ":" + std::to_string(site.line));
    const std::vector<OpCase>& of_site = cases;
    sim::LeaveOut(site);
    EXPECT_EXIT(
        ExitUnlessWrong([&](std::uint64_t seed) { return AllHaveTheBitsOfTheCpu(of_site, seed); }),
        Fails, "");
    sim::LeaveOut({});
  }
  // With all of them nothing is found.
  EXPECT_EXIT(ExitUnlessWrong([&](std::uint64_t seed) {
                return AllHaveTheBitsOfTheCpu(barriers.back().second, seed);
              }),
              testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace jupiter
