#include "parallel/transport/waiting_policy.h"

#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <thread>

#include "kernels/base/clock.h"

namespace jupiter {
namespace {

// Longer than the first sleep, the delay of its end and a message's way together. Otherwise two
// ranks that once slept while they answered each other would keep sleeping: each sleeps while the
// other one yields.
constexpr std::chrono::duration<double> kYieldTime{100e-6};
// A sleep is half of the wait so far, up to the longest: it delays a message by a quarter of the
// wait on average, and by no more than the longest. A wait of 1.1 ms takes 16 to 18 % of a core
// over shared memory, 19 to 21 % over TCP, where a look costs more; a longer one takes less.
constexpr std::chrono::duration<double> kLongestSleep{250e-6};
// In waits above a quarter of a second a sleep is this part of the wait, up to a limit: many ranks
// that wait for one would take its cores.
constexpr double kPartOfLongWait = 1e-3;
constexpr std::chrono::duration<double> kLongestSleepOfAll{20e-3};
// Open MPI reads from a connection, or writes to it, once per call; the rest would wait for another
// sleep. Over TCP at 1 Gbit/s, 64 kB took 0.85 ms with one round after each sleep, 0.55 ms with
// three.
constexpr int kRoundsPerSleep = 3;
// How late the end of a sleep may come on a quiet machine.
constexpr double kYieldSeconds = 100e-6;
constexpr unsigned long kTimerSlackNanoseconds = 1000;

}  // namespace

void WaitingPolicy::Pause() {
  const std::chrono::duration<double> waited(Now() - start_);
  if (waited < kYieldTime || ++rounds_ < kRoundsPerSleep) {
    sched_yield();
    return;
  }
  rounds_ = 0;
  const auto longest = std::clamp(waited * kPartOfLongWait, kLongestSleep, kLongestSleepOfAll);
  std::this_thread::sleep_for(std::min(waited / 2, longest));
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
