// Host code around streams: right programs work with every seed, mistakes are found.
#include <gtest/gtest.h>

#include <array>

#include "kernels/cuda/ops/gpu.h"
#include "tests/cuda/sim/find_mistake.h"

namespace jupiter::gpu_sim {
namespace {

constexpr int kNumbers = 64;
constexpr std::int64_t kBytes = kNumbers * sizeof(float);
constexpr int kSlices = 8;
constexpr std::uint64_t kMoments = 20;  // seeds of when streams get on

struct AddOneArguments {
  float* x;  // [numbers]
  int numbers;
};

__global__ void AddOne(AddOneArguments arguments) {
  const auto i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < arguments.numbers) arguments.x[i] = __fadd_rn(arguments.x[i], 1);
}

enum class Mistake {
  kNone,
  kHostReadsBeforeTheCopy,
  kStagingReusedTooEarly,
  kCopyDoesNotWaitForTheKernel,
  kBufferReusedBeforeItsCopy,
};

// Slices are uploaded through one staging buffer, computed, and copied back by a second stream, out
// of two buffers in turn, while the next slice computes.
class Slices {
 public:
  Slices(std::uint64_t seed, Mistake mistake) : runtime_(seed), mistake_(mistake) {
    sim::SetSeed(seed);
    for (GpuEvent& event : copied_) event = runtime_.NewEvent();
  }

  bool Right() {
    for (int slice = 0; slice < kSlices; ++slice) RunSlice(slice);
    for (int slice = 0; slice < kSlices; ++slice) {
      if (mistake_ != Mistake::kHostReadsBeforeTheCopy) runtime_.Synchronize(copied_[Index(slice)]);
      for (const float value : results_[Index(slice)]) {
        if (value != ValueOf(slice) + 1) return false;
      }
    }
    return true;
  }

 private:
  static std::size_t Index(int slice) { return static_cast<std::size_t>(slice); }
  static float ValueOf(int slice) { return static_cast<float>(10 * slice); }
  float* NewBuffer() { return static_cast<float*>(runtime_.Allocate(kBytes)); }

  void RunSlice(int slice) {
    if (mistake_ != Mistake::kStagingReusedTooEarly) runtime_.Synchronize(uploaded_);
    staging_.fill(ValueOf(slice));
    runtime_.Copy(x_, staging_.data(), kBytes, compute_);
    runtime_.Record(uploaded_, compute_);
    Launch(AddOne, 2, kNumbers / 2, 0, compute_, AddOneArguments{x_, kNumbers});
    if (slice >= 2 && mistake_ != Mistake::kBufferReusedBeforeItsCopy) {
      runtime_.Wait(compute_, copied_[Index(slice - 2)]);
    }
    float* out = out_[Index(slice % 2)];
    runtime_.Copy(out, x_, kBytes, compute_);
    runtime_.Record(computed_, compute_);
    if (mistake_ != Mistake::kCopyDoesNotWaitForTheKernel) runtime_.Wait(copy_, computed_);
    runtime_.Copy(results_[Index(slice)].data(), out, kBytes, copy_);
    runtime_.Record(copied_[Index(slice)], copy_);
  }

  sim::SimRuntime runtime_;
  Mistake mistake_;
  GpuStream compute_ = runtime_.NewStream();
  GpuStream copy_ = runtime_.NewStream();
  GpuEvent uploaded_ = runtime_.NewEvent();
  GpuEvent computed_ = runtime_.NewEvent();
  std::array<GpuEvent, kSlices> copied_;
  float* x_ = NewBuffer();
  std::array<float*, 2> out_{NewBuffer(), NewBuffer()};
  std::array<float, kNumbers> staging_;
  std::array<std::array<float, kNumbers>, kSlices> results_{};
};

int WrongSeeds(Mistake mistake) {
  int wrong = 0;
  for (std::uint64_t seed = 1; seed <= kMoments; ++seed) wrong += !Slices(seed, mistake).Right();
  return wrong;
}

TEST(RuntimeTest, OverlappedSlicesAreRightWithEverySeed) {
  EXPECT_EQ(WrongSeeds(Mistake::kNone), 0);
}

TEST(RuntimeTest, HostReadsBeforeTheCopy) {
  EXPECT_GT(WrongSeeds(Mistake::kHostReadsBeforeTheCopy), 0);
}

TEST(RuntimeTest, StagingReusedTooEarly) {
  EXPECT_GT(WrongSeeds(Mistake::kStagingReusedTooEarly), 0);
}

TEST(RuntimeTest, CopyDoesNotWaitForTheKernel) {
  EXPECT_GT(WrongSeeds(Mistake::kCopyDoesNotWaitForTheKernel), 0);
}

TEST(RuntimeTest, BufferReusedBeforeItsCopy) {
  EXPECT_GT(WrongSeeds(Mistake::kBufferReusedBeforeItsCopy), 0);
}

TEST(RuntimeTest, HostTouchesDeviceMemory) {
  EXPECT_EXIT(
      {
        sim::SimRuntime runtime(1);
        static_cast<volatile float*>(runtime.Allocate(kBytes))[0] = 1;
        std::exit(0);
      },
      Fails, "");
}

TEST(RuntimeTest, FreedMemoryIsNeverHandedOutAgain) {
  sim::SimRuntime runtime(1);
  void* first = runtime.Allocate(kBytes);
  runtime.Free(first);
  EXPECT_NE(runtime.Allocate(kBytes), first);
}

TEST(RuntimeTest, FreshMemoryReadsAsNaN) {
  sim::SimRuntime runtime(1);
  const GpuStream stream = runtime.NewStream();
  std::array<float, kNumbers> host{};
  runtime.Copy(host.data(), runtime.Allocate(kBytes), kBytes, stream);
  runtime.Synchronize(stream);
  for (const float value : host) EXPECT_NE(value, value);
}

TEST(RuntimeTest, AnEventHappensWhenItsStreamGotThere) {
  sim::SimRuntime runtime(1);
  const GpuStream stream = runtime.NewStream();
  const GpuEvent event = runtime.NewEvent();
  EXPECT_TRUE(runtime.Happened(event));
  int steps = 0;
  for (int i = 0; i < 3; ++i) runtime.Enqueue(stream, [&] { ++steps; });
  runtime.Record(event, stream);
  runtime.Synchronize(event);
  EXPECT_EQ(steps, 3);
  EXPECT_TRUE(runtime.Happened(event));
}

}  // namespace
}  // namespace jupiter::gpu_sim
