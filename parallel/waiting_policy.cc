#include "parallel/waiting_policy.h"

#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <thread>

#include "kernels/base/clock.h"

namespace jupiter {
namespace {

// Enough for the turn of a ring of 4 ranks on 2 cores, which takes 4 to 5 us per step then; once a
// turn outlasts them (with 80 yields; now in some starts, why is not known) it takes sleeps per
// step.
constexpr int kYields = 150;
// A sleep is half of the sleep so far, up to the longest: it makes a message later by a quarter of
// the wait on average, and no more than by the longest. A wait of 1.1 ms takes 18 to 19 % of a
// core, a longer one less; with a first sleep of 50 us it takes 24 %.
constexpr std::chrono::microseconds kShortestSleep{80};
constexpr std::chrono::microseconds kLongestSleep{250};
// Open MPI reads from a connection, or writes to it, once per call: what is left then would wait
// for another sleep. Over TCP at 1 Gbit/s, 64 kB took 0.85 ms with one round after each sleep.
constexpr int kRoundsPerSleep = 3;
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
  const std::chrono::microseconds sleep = std::clamp(slept_ / 2, kShortestSleep, kLongestSleep);
  std::this_thread::sleep_for(sleep);
  slept_ += sleep;
  yields_ = kYields - (kRoundsPerSleep - 1);
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
