// Threads that share the tasks of one op.
//
// The caller works too. A worker that is late (its core is taken) joins when it comes, or not at
// all: the caller waits only for workers that have begun. Idle workers look for work for about 20
// us and then sleep.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace jupiter::cpu {

class ThreadPool {
 public:
  // `threads` >= 1, the caller included.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls body(task, thread) for every task in [0, tasks), thread in [0, threads()). Tasks must not
  // throw; which thread takes which task is left open. Not to be called from two threads at once.
  template <typename Body>
  void Run(std::int64_t tasks, const Body& body) {
    RunJob({tasks,
            [](const void* context, std::int64_t task, int thread) {
              (*static_cast<const Body*>(context))(task, thread);
            },
            &body});
  }

 private:
  struct Job {
    std::int64_t tasks = 0;
    void (*call)(const void* context, std::int64_t task, int thread) = nullptr;
    const void* context = nullptr;
  };

  void RunJob(const Job& job);
  void TakeTasks(int thread);
  void Work(int thread);
  // Waits for a job other than `seen` and joins it; returns its number, or 0 to stop.
  std::uint64_t Join(std::uint64_t seen);
  bool TryJoin(std::uint64_t seen, std::uint64_t& joined);
  void Leave();

  // Number of the job << 32 | kClosed | workers inside. The job may be read by those inside and
  // written while it is closed and nobody is inside.
  std::atomic<std::uint64_t> state_;
  Job job_;
  std::atomic<std::int64_t> next_{0};
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable new_job_;
  std::condition_variable all_left_;
  std::vector<std::thread> workers_;
};

}  // namespace jupiter::cpu
