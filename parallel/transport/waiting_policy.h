// How a rank passes the time until another one has done its part.
//
// MPI's own blocking calls spin and take a whole core from the ranks that compute beside them. Here
// the first rounds only yield, which keeps short waits at microseconds even with more ranks than
// cores; then come sleeps, which keep long waits cheap.
#pragma once

#include "kernels/base/clock.h"

namespace jupiter {

class WaitingPolicy {
 public:
  // Call after each round that found nothing.
  void Pause();

  // Sleeps until this time of base/clock.h, on a quiet machine to within 50 us: the last part of
  // the way only yields.
  static void SleepUntil(double time);

  // Lets sleeps of the calling thread end within a microsecond of their time instead of the usual
  // 50 us. Once per thread.
  static void SharpenSleep();

 private:
  double start_ = Now();
  int rounds_ = 0;  // since the last sleep
};

}  // namespace jupiter
