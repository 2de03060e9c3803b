#include "kernels/cpu/thread_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <numeric>

namespace jupiter::cpu {
namespace {

TEST(ThreadPoolTest, RunsEveryTaskOnce) {
  for (int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int round = 0; round < 500; ++round) {
      const int tasks = round % 17;
      std::vector<int> runs(static_cast<std::size_t>(tasks));
      pool.Run(tasks, [&](std::int64_t task, int thread) {
        ASSERT_LT(thread, threads);
        ++runs[task];
      });
      EXPECT_EQ(runs, std::vector<int>(static_cast<std::size_t>(tasks), 1));
    }
  }
}

TEST(ThreadPoolTest, ResultsAreVisibleToTheNextJob) {
  ThreadPool pool(3);
  std::vector<std::int64_t> a(64), b(64);
  for (int round = 0; round < 300; ++round) {
    pool.Run(64, [&](std::int64_t i, int) { a[i] = round + i; });
    pool.Run(64, [&](std::int64_t i, int) { b[i] = a[63 - i]; });
    EXPECT_EQ(std::accumulate(b.begin(), b.end(), std::int64_t{0}), 64 * round + 63 * 32);
  }
}

TEST(ThreadPoolTest, WakesSleepingWorkers) {
  ThreadPool pool(2);
  for (int round = 0; round < 5; ++round) {
    // Longer than workers look for work before they sleep.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::vector<int> used(2);
    pool.Run(2, [&](std::int64_t, int thread) {
      ++used[thread];
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    });
    EXPECT_EQ(used[0] + used[1], 2);
  }
}

TEST(ThreadPoolTest, IdleWorkersUseNoProcessorTime) {
  ThreadPool pool(4);
  pool.Run(8, [](std::int64_t, int) {});
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  EXPECT_LT(used, 0.05);
}

}  // namespace
}  // namespace jupiter::cpu
