// What kernels may use: the only header that knows whether nvcc or a host compiler is at work, and
// the only place of inline PTX, `<<<>>>`, shared memory and the like. C++17.
//
// A kernel file (.cuh) is compiled twice: by nvcc for cards, and by the host compiler through sim/
// for tests without one. So that both can be in one program, everything in it lies in
// JUPITER_GPU_NAMESPACE.
//
// Rules: blocks are 1-D; one struct of shared memory per kernel (JUPITER_GPU_SHARED); plain structs
// by value as arguments; warp operations with full masks that all lanes reach; float arithmetic by
// the `_rn` intrinsics alone, so that no flag of a compiler changes a bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/gpu_runtime.h"

#ifdef __CUDACC__

#include <cuda_runtime.h>

#define JUPITER_GPU_NAMESPACE jupiter::gpu

// The block's shared memory as one struct; Launch gives its size.
#define JUPITER_GPU_SHARED(Type, name)                                \
  extern __shared__ __align__(128) unsigned char gpu_shared_memory[]; \
  Type& name = *reinterpret_cast<Type*>(gpu_shared_memory)

namespace jupiter {
namespace gpu {

// Copies 4 (`Copy4Async`) or 16 bytes from device to shared memory while the thread goes on. Copies
// since the last CommitCopies are a group; WaitCopies<n> returns when all of this thread's groups
// but the latest n are there, for this thread: a barrier shows them to others. 8.0 or later.
__device__ __forceinline__ void Copy4Async(void* shared, const void* device) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(
                   static_cast<unsigned>(__cvta_generic_to_shared(shared))),
               "l"(device)
               : "memory");
#else
  __trap();  // the device picks another kernel
#endif
}

__device__ __forceinline__ void Copy16Async(void* shared, const void* device) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(
                   static_cast<unsigned>(__cvta_generic_to_shared(shared))),
               "l"(device)
               : "memory");
#else
  __trap();
#endif
}

__device__ __forceinline__ void CommitCopies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  __trap();
#endif
}

template <int groups>
__device__ __forceinline__ void WaitCopies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(groups) : "memory");
#else
  __trap();
#endif
}

// d = a * b + c of signed bytes, 16 x 32 times 32 x 8, by a warp of compute capability 8.0 or
// later; fragments as in the PTX ISA, "Matrix Fragments for mma.m16n8k32".
__device__ __forceinline__ void MmaS8(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                                      const int (&c)[4]) {
#if __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%10,%11,%12,%13};"
      : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(c[0]), "r"(c[1]),
        "r"(c[2]), "r"(c[3]));
#else
  __trap();  // the device picks another kernel
#endif
}

// Bits of an f16 number, exactly.
__device__ __forceinline__ float FromHalf(std::uint16_t bits) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
  return value;
}

// To nearest, ties to even.
__device__ __forceinline__ std::uint16_t ToHalf(float value) {
  std::uint16_t bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return bits;
}

// Errors of a launch show at the next call of GpuRuntime.
template <typename Kernel, typename... Args>
void Launch(Kernel kernel, dim3 grid, int threads, std::size_t shared_bytes, GpuStream stream,
            const Args&... args) {
  if (shared_bytes > 48 * 1024) {
    cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                         static_cast<int>(shared_bytes));
  }
  kernel<<<grid, threads, shared_bytes, stream>>>(args...);
}

}  // namespace gpu
}  // namespace jupiter

#else

#include "kernels/base/half.h"
#include "kernels/cuda/sim/language.h"
#include "kernels/cuda/sim/mma.h"
#include "kernels/cuda/sim/sim_runtime.h"

#define JUPITER_GPU_NAMESPACE jupiter::gpu_sim

#define JUPITER_GPU_SHARED(Type, name) \
  Type& name = *reinterpret_cast<Type*>(::jupiter::sim::SharedMemory(sizeof(Type)))

namespace jupiter::gpu_sim {

inline void Copy4Async(void* shared, const void* device) { sim::CopyLater(shared, device, 4); }
inline void Copy16Async(void* shared, const void* device) { sim::CopyLater(shared, device, 16); }
inline void CommitCopies() { sim::CommitCopies(); }
template <int groups>
void WaitCopies() {
  sim::WaitCopies(groups);
}

inline void MmaS8(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const int (&c)[4],
                  const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  sim::MmaS8(d, a, b, c, {file, line});
}

inline float FromHalf(std::uint16_t bits) { return ToFloat(Half{bits}); }
inline std::uint16_t ToHalf(float value) { return jupiter::ToHalf(value).bits; }

template <typename Kernel, typename... Args>
void Launch(Kernel kernel, dim3 grid, int threads, std::size_t shared_bytes, GpuStream stream,
            const Args&... args) {
  constexpr std::size_t kMostParameterBytes = 4096;
  static_assert((sizeof(Args) + ... + 0) <= kMostParameterBytes);
  stream->runtime->Enqueue(stream, [=] {
    const auto thread = [&] { kernel(args...); };
    sim::RunGrid(
        {grid, threads, shared_bytes},
        [](const void* closure) { (*static_cast<const decltype(thread)*>(closure))(); }, &thread);
  });
}

}  // namespace jupiter::gpu_sim

#endif
