#include "kernels/cuda/sim/grid.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "kernels/base/check.h"
#include "kernels/cuda/sim/fiber.h"

namespace jupiter::sim {

ThreadPlace place;

namespace {

constexpr int kMostThreads = 1024;
constexpr unsigned kMostBlocksAcross = 65535;  // in y and z
// Compute capability 7.2 and 8.7 have 96 and 163 KiB, 8.6 has 99: kernels stay within the least.
constexpr std::size_t kMostShared = 96 * 1024;
// How many fibers the race detector tells apart before all that ran counts as over.
constexpr std::size_t kMostFibersOfRaces = 4096;

// Where threads wait for each other.
struct Meeting {
  int arrived = 0;
  Site site;
  unsigned mask = 0;  // of a warp
  int turn = 0;       // the edge, and the exchange, in use
  char edge[2] = {};  // what the race detector orders by
};

enum class State : std::uint8_t { kReady, kAtBlock, kAtWarp, kEnded };

struct PendingCopy {
  void* to;
  const void* from;
  int bytes;
};

struct Thread {
  Fiber* fiber = nullptr;
  State state = State::kReady;
  // Groups of copies that did not happen yet, the oldest first; the last one is not closed.
  std::deque<std::vector<PendingCopy>> copies{1};
};

struct Warp {
  Meeting meeting;
  Shown* shown = nullptr;  // [2], fresh for every block as shared memory is
};

// A byte of its own for every object that the race detector should take for fresh: memory of
// exactly the size asked for, so that the address sanitizer sees its ends.
struct Free {
  void operator()(std::byte* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<std::byte, Free>;

Memory FreshMemory(std::size_t bytes) {
  void* memory = nullptr;
  JUPITER_CHECK(posix_memalign(&memory, 128, bytes) == 0);
  std::memset(memory, 0xff, bytes);
  return Memory(static_cast<std::byte*>(memory));
}

class GridRunner {
 public:
  void SetSeed(std::uint64_t seed) { random_ = seed * 0x9e3779b97f4a7c15u | 1; }
  void Run(const Launch& launch, void (*body)(const void*), const void* closure);
  void SyncBlock(const Site& site);
  const Shown& SyncWarp(unsigned mask, const Site& site, const void* value, std::size_t bytes);
  void CopyLater(const PendingCopy& copy) { Running().copies.back().push_back(copy); }
  void CommitCopies() { Running().copies.emplace_back(); }
  void WaitCopies(int groups);
  std::byte* SharedMemory(std::size_t bytes) const;
  bool running() const { return running_ >= 0; }
  int running_thread() const { return running_; }
  const GridCounters& counters() const { return counters_; }
  std::vector<Site> TakeBarriers() { return std::exchange(barriers_, {}); }
  void LeaveOut(const Site& barrier) { left_out_ = barrier; }

 private:
  static void BeginThread(const void* runner);
  Thread& Running() { return threads_[static_cast<std::size_t>(running_)]; }
  void CheckLaunch() const;
  void RunBlock(unsigned index);
  void StartThreads(Dim3 block);
  void RunReady();
  void Pause(State state);
  bool PassesBy(const Site& barrier);
  void WakeThreads(int begin, int end, State state);
  [[noreturn]] void FailStuck() const;
  Fiber* FreshFiber();
  std::byte* Keep(Memory memory);
  void EndBlocks();
  std::uint64_t Random();
  int LanesOf(int warp) const { return std::min(kLanes, launch_.threads - warp * kLanes); }

  std::uint64_t random_ = 1;
  GridCounters counters_;
  std::vector<Site> barriers_;
  Site left_out_;
  Launch launch_;
  void (*body_)(const void*) = nullptr;
  const void* closure_ = nullptr;

  // Of the running block.
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<int> ready_;
  Meeting meeting_;
  std::byte* shared_ = nullptr;
  int running_ = -1;

  // Of the blocks since EndBlocks. Their memory stays, since a block that got an earlier one's
  // would be ordered after it.
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::size_t used_fibers_ = 0;
  std::vector<Memory> kept_;
  char start_edge_ = 0;
  char end_edge_ = 0;
};

GridRunner& Runner() {
  static GridRunner runner;
  return runner;
}

std::uint64_t GridRunner::Random() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_;
}

void GridRunner::CheckLaunch() const {
  const Dim3& grid = launch_.grid;
  const bool blocks = grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.y <= kMostBlocksAcross &&
                      grid.z <= kMostBlocksAcross;
  if (!blocks) Fail("the grid is empty, or too large in y or z");
  if (launch_.threads < 1 || launch_.threads > kMostThreads) {
    Fail("a block has 1 to 1024 threads");
  }
  if (launch_.shared_bytes > kMostShared) Fail("a block has at most 96 KiB of shared memory");
}

void GridRunner::Run(const Launch& launch, void (*body)(const void*), const void* closure) {
  JUPITER_CHECK(!running());
  launch_ = launch;
  body_ = body;
  closure_ = closure;
  CheckLaunch();
  std::vector<unsigned> order(std::size_t{launch.grid.x} * launch.grid.y * launch.grid.z);
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[Random() % i]);
  for (const unsigned index : order) RunBlock(index);
  EndBlocks();
}

void GridRunner::RunBlock(unsigned index) {
  const Dim3& grid = launch_.grid;
  const auto threads = static_cast<std::size_t>(launch_.threads);
  if (used_fibers_ + threads > (DetectsRaces() ? kMostFibersOfRaces : threads)) EndBlocks();
  shared_ = Keep(FreshMemory(launch_.shared_bytes));
  meeting_ = {};
  threads_.assign(threads, {});
  warps_.assign((threads + kLanes - 1) / kLanes, {});
  for (Warp& warp : warps_)
    warp.shown = reinterpret_cast<Shown*>(Keep(FreshMemory(2 * sizeof(Shown))));
  StartThreads({index % grid.x, index / grid.x % grid.y, index / grid.x / grid.y});
  RunReady();
  counters_.threads += launch_.threads;
}

void GridRunner::StartThreads(Dim3 block) {
  place.block = block;
  place.block_dim = {static_cast<unsigned>(launch_.threads), 1, 1};
  place.grid_dim = launch_.grid;
  Release(&start_edge_);
  ready_.resize(threads_.size());
  std::iota(ready_.begin(), ready_.end(), 0);
  for (Thread& thread : threads_) {
    thread.fiber = FreshFiber();
    thread.fiber->Prepare(BeginThread, this);
  }
}

void GridRunner::BeginThread(const void* runner) {
  auto& grid = *const_cast<GridRunner*>(static_cast<const GridRunner*>(runner));
  Acquire(&grid.start_edge_);
  grid.body_(grid.closure_);
  Thread& thread = grid.Running();
  for (const auto& group : thread.copies) {
    if (!group.empty()) Fail("a thread ends with copies that it did not wait for");
  }
  thread.state = State::kEnded;
  Release(&grid.end_edge_);
}

void GridRunner::RunReady() {
  for (std::size_t left = threads_.size(); left > 0;) {
    if (ready_.empty()) FailStuck();
    std::swap(ready_[Random() % ready_.size()], ready_.back());
    running_ = ready_.back();
    ready_.pop_back();
    place.thread = {static_cast<unsigned>(running_), 0, 0};
    Thread& thread = Running();
    thread.fiber->Resume();
    left -= thread.state == State::kEnded;
  }
  running_ = -1;
}

void GridRunner::Pause(State state) {
  Thread& thread = Running();
  thread.state = state;
  thread.fiber->Pause();
}

void GridRunner::WakeThreads(int begin, int end, State state) {
  for (int i = begin; i < end; ++i) {
    Thread& thread = threads_[static_cast<std::size_t>(i)];
    if (thread.state != state) continue;
    thread.state = State::kReady;
    ready_.push_back(i);
  }
}

// Remembers it; whether threads are to pass it by.
bool GridRunner::PassesBy(const Site& barrier) {
  if (std::find(barriers_.begin(), barriers_.end(), barrier) == barriers_.end()) {
    barriers_.push_back(barrier);
  }
  return barrier == left_out_;
}

void GridRunner::SyncBlock(const Site& site) {
  if (PassesBy(site)) return;
  if (meeting_.arrived > 0 && !(meeting_.site == site)) {
    Fail("threads of a block are at different barriers", site);
  }
  meeting_.site = site;
  char* edge = &meeting_.edge[meeting_.turn];
  Release(edge);
  if (++meeting_.arrived < launch_.threads) {
    Pause(State::kAtBlock);
  } else {
    ++counters_.meetings;
    meeting_.arrived = 0;
    meeting_.turn ^= 1;
    WakeThreads(0, launch_.threads, State::kAtBlock);
    // The one that came last takes its chance with the others.
    ready_.push_back(running_);
    Pause(State::kReady);
  }
  Acquire(edge);
}

const Shown& GridRunner::SyncWarp(unsigned mask, const Site& site, const void* value,
                                  std::size_t bytes) {
  const int index = running_ / kLanes, lane = running_ % kLanes, lanes = LanesOf(index);
  Warp& warp = warps_[static_cast<std::size_t>(index)];
  Meeting& meeting = warp.meeting;
  if (bytes == 0 && PassesBy(site)) return warp.shown[meeting.turn];
  if (lanes < kLanes) mask &= (1u << lanes) - 1;
  if ((mask >> lane & 1) == 0) Fail("a lane that its own mask leaves out", site);
  if (meeting.arrived > 0 && (!(meeting.site == site) || meeting.mask != mask)) {
    Fail("lanes of a warp are at different places, or name different masks", site);
  }
  meeting.site = site;
  meeting.mask = mask;
  Shown& shown = warp.shown[meeting.turn];
  if (bytes > 0) std::memcpy(shown.of_lane[lane], value, bytes);
  char* edge = &meeting.edge[meeting.turn];
  Release(edge);
  if (++meeting.arrived < std::popcount(mask)) {
    Pause(State::kAtWarp);
  } else {
    ++counters_.meetings;
    meeting.arrived = 0;
    meeting.turn ^= 1;
    WakeThreads(index * kLanes, index * kLanes + lanes, State::kAtWarp);
  }
  Acquire(edge);
  return shown;
}

void GridRunner::WaitCopies(int groups) {
  auto& copies = Running().copies;
  while (std::ssize(copies) - 1 > groups) {
    for (const PendingCopy& copy : copies.front()) {
      std::memcpy(copy.to, copy.from, static_cast<std::size_t>(copy.bytes));
    }
    copies.pop_front();
  }
}

std::byte* GridRunner::SharedMemory(std::size_t bytes) const {
  if (bytes > launch_.shared_bytes) Fail("the launch gives too little shared memory");
  return shared_;
}

void GridRunner::FailStuck() const {
  const auto count = [&](State state) {
    return std::count_if(threads_.begin(), threads_.end(),
                         [&](const Thread& thread) { return thread.state == state; });
  };
  std::fprintf(stderr, "cuda_sim: block %u: %td threads at a barrier, %td at a warp's, %td ended\n",
               place.block.x, count(State::kAtBlock), count(State::kAtWarp), count(State::kEnded));
  Fail("threads wait for others that never come", meeting_.site);
}

Fiber* GridRunner::FreshFiber() {
  if (used_fibers_ == fibers_.size()) fibers_.push_back(std::make_unique<Fiber>());
  return fibers_[used_fibers_++].get();
}

std::byte* GridRunner::Keep(Memory memory) {
  kept_.push_back(std::move(memory));
  return kept_.back().get();
}

// What follows comes after all that ran so far.
void GridRunner::EndBlocks() {
  Acquire(&end_edge_);
  kept_.clear();
  used_fibers_ = 0;
}

}  // namespace

void SetSeed(std::uint64_t seed) { Runner().SetSeed(seed); }

void RunGrid(const Launch& launch, void (*body)(const void*), const void* closure) {
  Runner().Run(launch, body, closure);
}

const GridCounters& Counters() { return Runner().counters(); }

std::vector<Site> TakeBarrierSites() { return Runner().TakeBarriers(); }

void LeaveOut(const Site& barrier) { Runner().LeaveOut(barrier); }

std::byte* SharedMemory(std::size_t bytes) { return Runner().SharedMemory(bytes); }

void SyncBlock(const Site& site) { Runner().SyncBlock(site); }

const Shown& SyncWarp(unsigned mask, const Site& site, const void* value, std::size_t bytes) {
  return Runner().SyncWarp(mask, site, value, bytes);
}

void CopyLater(void* to, const void* from, int bytes) {
  const auto misplaced = [bytes](const void* p) {
    return reinterpret_cast<std::uintptr_t>(p) % static_cast<unsigned>(bytes) != 0;
  };
  if ((bytes != 4 && bytes != 8 && bytes != kMostCopyBytes) || misplaced(to) || misplaced(from)) {
    Fail("an asynchronous copy is of 4, 8 or 16 bytes at multiples of them");
  }
  Runner().CopyLater({to, from, bytes});
}

void CommitCopies() { Runner().CommitCopies(); }

void WaitCopies(int groups) { Runner().WaitCopies(groups); }

unsigned LaneIndex() { return place.thread.x % kLanes; }

void Fail(const char* what, const Site& site) {
  std::fprintf(stderr, "cuda_sim: %s (thread %u of block %u", what, place.thread.x, place.block.x);
  if (site.line > 0) std::fprintf(stderr, ", %s:%d", site.file, site.line);
  std::fprintf(stderr, ")\n");
  std::abort();
}

}  // namespace jupiter::sim
