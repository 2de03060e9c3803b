// Mistakes planted on purpose: the simulated GPU must find each, here by a result that is wrong
// with some seed, by a line of its own, or by a sanitizer. Under the race detector, races are found
// whatever the results are.
#include <gtest/gtest.h>

#include "kernels/cuda/sim/grid.h"
#include "kernels/cuda/sim/sim_runtime.h"
#include "tests/cuda/sim/find_mistake.h"
#include "tests/cuda/sim/planted.cuh"

namespace jupiter::gpu_sim {
namespace {

using Kernel = void (*)(Out);
using Ints = std::vector<int>;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kFindsOverruns = true;
#else
constexpr bool kFindsOverruns = false;
#endif

// What the kernel leaves in blocks x kThreads numbers.
Ints ResultOf(Kernel kernel, unsigned blocks, std::uint64_t seed) {
  sim::SetSeed(seed);
  sim::SimRuntime runtime(seed);
  const GpuStream stream = runtime.NewStream();
  Ints result(blocks * kThreads);
  const auto bytes = static_cast<std::int64_t>(result.size() * sizeof(int));
  const Out out{static_cast<int*>(runtime.Allocate(bytes))};
  Launch(kernel, blocks, kThreads, sizeof(Tile), stream, out);
  runtime.Copy(result.data(), out.values, bytes, stream);
  runtime.Synchronize(stream);
  return result;
}

Ints Filled(int (*value)(int)) {
  Ints result(kThreads);
  for (int i = 0; i < kThreads; ++i) result[static_cast<std::size_t>(i)] = value(i);
  return result;
}

const Ints kSum = Filled([](int) { return kThreads * (kThreads + 1) / 2; });
const Ints kSwapped = Filled([](int i) { return i ^ 1; });

// The mistake is found, with a word on the way that matches.
void ExpectFound(Kernel kernel, unsigned blocks, const Ints& expected, const char* how) {
  EXPECT_EXIT(ExitUnlessWrong(
                  [&](std::uint64_t seed) { return ResultOf(kernel, blocks, seed) == expected; }),
              Fails, how);
}

// Or what a sum of rubbish leads to.
constexpr char kRace[] = "wrong result|data race|runtime error";

TEST(PlantedTest, WithoutMistakesEverySeedIsRight) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_EQ(ResultOf(SumOfBlock, 1, seed), kSum);
    EXPECT_EQ(ResultOf(SwapOfWarp, 1, seed), kSwapped);
    EXPECT_EQ(ResultOf(ButterflyOfWarp, 1, seed), Ints(kThreads, 31 * 32 / 2));
  }
}

void ExpectEachBarrierIsNeeded(Kernel kernel, const Ints& expected, std::size_t barriers) {
  sim::TakeBarrierSites();
  ResultOf(kernel, 1, 1);
  const std::vector<sim::Site> sites = sim::TakeBarrierSites();
  EXPECT_EQ(sites.size(), barriers);
  for (const sim::Site& site : sites) {
    SCOPED_TRACE(site.line);
    sim::LeaveOut(site);
    ExpectFound(kernel, 1, expected, kRace);
  }
  sim::LeaveOut({});
}

TEST(PlantedTest, EachBarrierLeftOut) {
  ExpectEachBarrierIsNeeded(SumOfBlock, kSum, 3);
  ExpectEachBarrierIsNeeded(SwapOfWarp, kSwapped, 1);
}

TEST(PlantedTest, ThreadsThatDoNotMeet) {
  const Ints ones(kThreads, 1);
  ExpectFound(HalfABarrier, 1, ones, "cuda_sim: .*32 threads at a barrier.*32 ended");
  ExpectFound(TwoBarriers, 1, ones, "cuda_sim: threads of a block are at different barriers");
}

TEST(PlantedTest, WrongMasks) {
  const Ints any(kThreads);
  ExpectFound(WholeMaskOfHalfAWarp, 1, any, "cuda_sim: .*32 at a warp's, 32 ended");
  ExpectFound(MaskWithoutTheSource, 1, any,
              "cuda_sim: shuffle from a lane that the mask leaves out");
}

TEST(PlantedTest, BlocksThatRace) {
  EXPECT_EXIT(ExitUnlessWrong([](std::uint64_t seed) {
                return ResultOf(BlocksWriteOneElement, 2, seed) ==
                       ResultOf(BlocksWriteOneElement, 2, 1);
              }),
              Fails, kRace);
  ExpectFound(BlockReadsAnothers, 2, Ints(2 * kThreads, 5), kRace);
}

TEST(PlantedTest, Overruns) {
  if (!kFindsOverruns) GTEST_SKIP() << "needs the address sanitizer: run it in the asan build";
  ExpectFound(BeyondSharedMemory, 1, Ints(kThreads), "heap-buffer-overflow");
  ExpectFound(BeyondDeviceMemory, 1, Ints(kThreads), "use-after-poison");
}

TEST(PlantedTest, MisalignedVector) {
  if (!kFindsOverruns)
    GTEST_SKIP() << "needs the undefined behaviour sanitizer: run it in the asan build";
  ExpectFound(MisalignedVector, 1, Ints(kThreads), "misaligned address");
}

TEST(PlantedTest, UnwrittenSharedMemory) {
  ExpectFound(UnwrittenSharedMemory, 1, Ints(kThreads), "wrong result");
}

TEST(PlantedTest, LaunchesThatNoCardTakes) {
  const auto launch = [](dim3 grid, int threads, std::size_t shared) {
    return [=](std::uint64_t seed) {
      sim::SimRuntime runtime(seed);
      const GpuStream stream = runtime.NewStream();
      Launch(ButterflyOfWarp, grid, threads, shared, stream, Out{nullptr});
      runtime.Synchronize(stream);
      return true;
    };
  };
  EXPECT_EXIT(ExitUnlessWrong(launch(0, 32, 0)), Fails, "cuda_sim: the grid is empty");
  EXPECT_EXIT(ExitUnlessWrong(launch({1, 65536}, 32, 0)), Fails, "cuda_sim: .*too large in y");
  EXPECT_EXIT(ExitUnlessWrong(launch(1, 1025, 0)), Fails, "cuda_sim: a block has 1 to 1024");
  EXPECT_EXIT(ExitUnlessWrong(launch(1, 32, 97 << 10)), Fails, "cuda_sim: .*at most 96 KiB");
}

}  // namespace
}  // namespace jupiter::gpu_sim
