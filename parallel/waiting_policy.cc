#include "parallel/waiting_policy.h"

#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <thread>

#include "kernels/base/clock.h"

namespace jupiter {
namespace {

// With 20 yields a ring of 4 ranks on 2 cores takes 230 us per step, with 120 about 10. More would
// take a fifth of a core in waits of 1 ms.
constexpr int kYields = 120;
// A sleep is a fifth of the sleep so far: it makes a message later by a tenth of the wait on
// average, and the wake-ups of a wait grow with the logarithm of its length.
constexpr std::chrono::microseconds kShortestSleep{50};
constexpr std::chrono::microseconds kLongestSleep{250};
// How late the end of a sleep may come on a quiet machine.
constexpr double kYieldSeconds = 100e-6;
constexpr unsigned long kTimerSlackNanoseconds = 1000;

}  // namespace

void WaitingPolicy::Pause() {
  if (yields_ < kYields) {
    ++yields_;
    sched_yield();
    return;
  }
  const std::chrono::microseconds sleep = std::clamp(slept_ / 5, kShortestSleep, kLongestSleep);
  std::this_thread::sleep_for(sleep);
  slept_ += sleep;
}

void WaitingPolicy::SleepUntil(double time) {
  while (true) {
    const double left = time - Now();
    if (left <= 0) return;
    if (left > kYieldSeconds) {
      std::this_thread::sleep_for(std::chrono::duration<double>(left - kYieldSeconds));
    } else {
      sched_yield();
    }
  }
}

void WaitingPolicy::SharpenSleep() { prctl(PR_SET_TIMERSLACK, kTimerSlackNanoseconds, 0, 0, 0); }

}  // namespace jupiter
