// The grid of one kernel launch: blocks one after another, the threads of a block as fibers.
//
// A thread gives way only where CUDA threads meet: at a block's barrier, or where lanes of a warp
// exchange something. The order of blocks, and who goes on after each meeting, is drawn from a
// seed: a result that depends on it differs between seeds. The race detector (-fsanitize=thread)
// sees every CUDA thread as a thread, ordered by these meetings alone: so it finds a missing
// barrier whatever the order was.
//
// What no GPU would take, or what leaves threads waiting, ends the process with one line that
// begins with "cuda_sim:" and says which thread of which block is where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace jupiter::sim {

// A place in a kernel's source where threads meet.
struct Site {
  const char* file = "";
  int line = 0;
  bool operator==(const Site& other) const {
    return line == other.line && std::string_view(file) == other.file;
  }
};

// Three numbers, as CUDA's dim3: a missing one is 1.
struct Dim3 {
  Dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
  unsigned x, y, z;
};

// Of the running thread; set at every switch, to be read only.
struct ThreadPlace {
  Dim3 thread{0, 0, 0};
  Dim3 block{0, 0, 0};
  Dim3 block_dim;
  Dim3 grid_dim;
};
extern ThreadPlace place;

struct Launch {
  Dim3 grid;
  int threads = 0;  // of a block; at most 1024
  std::size_t shared_bytes = 0;
};

struct GridCounters {
  std::int64_t threads = 0;
  std::int64_t meetings = 0;  // of blocks and of warps
};

// Draws the orders of the launches that follow.
void SetSeed(std::uint64_t seed);

// Calls body(closure) once per CUDA thread.
void RunGrid(const Launch& launch, void (*body)(const void*), const void* closure);

// All launches so far.
const GridCounters& Counters();

// For tests of tests: where threads waited without exchanging anything since the last call, each
// place once; and from now on threads pass one of them by, as if the barrier had been forgotten.
std::vector<Site> TakeBarrierSites();
void LeaveOut(const Site& barrier);

// What follows is for kernels, through language.h.

// The running block's shared memory, whose bits are all set before a thread writes it: floats are
// NaN. Ends the process when the launch gave less than `bytes`.
std::byte* SharedMemory(std::size_t bytes);

// Returns when all threads of the block have come; all must come to the same place.
void SyncBlock(const Site& site);

// What lanes of a warp show each other: up to 32 bytes each.
constexpr int kLanes = 32;
constexpr int kLaneBytes = 32;
struct Shown {
  std::byte of_lane[kLanes][kLaneBytes];
};
// Shows `bytes` of value to the warp and returns what every lane of the mask shows, when all of
// them have come; all must come to the same place with the same mask. Good until this lane's next
// call.
const Shown& SyncWarp(unsigned mask, const Site& site, const void* value, std::size_t bytes);
// 0..31, of the running thread.
unsigned LaneIndex();

// Copies to shared memory that happen as late as they may: CopyLater notes one of the running
// thread, CommitCopies closes its group, and WaitCopies makes all but the latest `groups` groups
// happen. So a wait that is missing or too short leaves unwritten memory.
constexpr int kMostCopyBytes = 16;
void CopyLater(void* to, const void* from, int bytes);
void CommitCopies();
void WaitCopies(int groups);

[[noreturn]] void Fail(const char* what, const Site& site = {});

}  // namespace jupiter::sim
