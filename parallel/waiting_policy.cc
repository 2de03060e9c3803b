#include "parallel/waiting_policy.h"

#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <thread>

#include "kernels/base/clock.h"

namespace jupiter {
namespace {

// Enough for the turn of a ring of 4 ranks on 2 cores, which takes 4 to 5 us per step then; once a
// turn outlasts them (80 yields, or an unlucky placement of the ranks) it takes a sleep per step. A
// wait of 1.1 ms takes 15 to 17 % of a core, a longer one less.
constexpr int kYields = 220;
// A sleep is a fifth of the sleep so far: it makes a message later by a tenth of the wait on
// average, and the wake-ups of a wait grow with the logarithm of its length. Shorter first sleeps
// would cost more than they wait: 50 us took 27 % of a core in waits of 1.1 ms.
constexpr std::chrono::microseconds kShortestSleep{200};
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
