#include "kernels/cpu/thread_pool.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"

namespace jupiter::cpu {
namespace {

constexpr std::uint64_t kClosed = 1ull << 31;
constexpr std::uint64_t kInside = kClosed - 1;
constexpr double kSpinSeconds = 20e-6;

// Tells the processor that this is a waiting loop.
void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Tries for a short while, then gives up.
template <typename Condition>
bool Spin(const Condition& condition) {
  const double start = Now();
  do {
    for (int i = 0; i < 32; ++i) {
      if (condition()) return true;
      Pause();
    }
  } while (Now() - start < kSpinSeconds);
  return false;
}

}  // namespace

ThreadPool::ThreadPool(int threads) : state_(kClosed) {
  JUPITER_CHECK(threads >= 1, "{} threads", threads);
  for (int thread = 1; thread < threads; ++thread) {
    workers_.emplace_back([this, thread] { Work(thread); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  new_job_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::RunJob(const Job& job) {
  if (workers_.empty() || job.tasks <= 1) {
    for (std::int64_t task = 0; task < job.tasks; ++task) job.call(job.context, task, 0);
    return;
  }
  job_ = job;
  next_ = 0;
  // 0 is no job's number: it ends a worker.
  const std::uint64_t number = ((state_ >> 32) + 1) & 0xffffffff;
  state_ = std::max<std::uint64_t>(number, 1) << 32;
  // A worker counts itself as a sleeper before it looks at the state for the last time, so either
  // it sees this job or it is seen here.
  if (sleepers_ > 0) {
    { const std::lock_guard<std::mutex> lock(mutex_); }
    new_job_.notify_all();
  }
  TakeTasks(0);
  state_ |= kClosed;
  const auto all_left = [this] { return (state_ & kInside) == 0; };
  if (Spin(all_left)) return;
  std::unique_lock<std::mutex> lock(mutex_);
  all_left_.wait(lock, all_left);
}

void ThreadPool::TakeTasks(int thread) {
  for (std::int64_t task = next_++; task < job_.tasks; task = next_++) {
    job_.call(job_.context, task, thread);
  }
}

void ThreadPool::Work(int thread) {
  for (std::uint64_t job = Join(0); job != 0; job = Join(job)) {
    TakeTasks(thread);
    Leave();
  }
}

bool ThreadPool::TryJoin(std::uint64_t seen, std::uint64_t& joined) {
  std::uint64_t state = state_;
  while ((state & kClosed) == 0 && state >> 32 != seen) {
    if (state_.compare_exchange_weak(state, state + 1)) {
      joined = state >> 32;
      return true;
    }
  }
  return false;
}

std::uint64_t ThreadPool::Join(std::uint64_t seen) {
  std::uint64_t joined = 0;
  const auto ready = [&] { return stop_ || TryJoin(seen, joined); };
  if (Spin(ready)) return joined;
  std::unique_lock<std::mutex> lock(mutex_);
  ++sleepers_;
  new_job_.wait(lock, ready);
  --sleepers_;
  return joined;
}

void ThreadPool::Leave() {
  const std::uint64_t before = state_.fetch_sub(1);
  if ((before & kClosed) == 0 || (before & kInside) != 1) return;
  // Under the lock, so that the caller cannot miss it between its last look and its sleep.
  { const std::lock_guard<std::mutex> lock(mutex_); }
  all_left_.notify_one();
}

}  // namespace jupiter::cpu
