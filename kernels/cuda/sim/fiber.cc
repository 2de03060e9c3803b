#include "kernels/cuda/sim/fiber.h"

#include <sys/mman.h>

#include <boost/context/preallocated.hpp>
#include <memory>
#include <utility>

#include "kernels/base/check.h"

// Of the sanitizers, where they are linked in (sanitizer/common_interface_defs.h and
// tsan_interface.h of the compiler).
extern "C" {
__attribute__((weak)) void __sanitizer_start_switch_fiber(void** fake, const void* stack,
                                                          std::size_t bytes);
__attribute__((weak)) void __sanitizer_finish_switch_fiber(void* fake, const void** stack,
                                                           std::size_t* bytes);
__attribute__((weak)) void* __tsan_get_current_fiber();
__attribute__((weak)) void* __tsan_create_fiber(unsigned flags);
__attribute__((weak)) void __tsan_destroy_fiber(void* fiber);
__attribute__((weak)) void __tsan_switch_to_fiber(void* fiber, unsigned flags);
__attribute__((weak)) void __tsan_acquire(void* edge);
__attribute__((weak)) void __tsan_release(void* edge);
}

namespace jupiter::sim {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;
constexpr unsigned kOrdersNothing = 1;  // __tsan_switch_to_fiber_no_sync

// The stack belongs to the Fiber, whatever Boost does at the end of a body.
struct KeepStack {
  void deallocate(boost::context::stack_context&) {}
};

}  // namespace

Fiber::Fiber() {
  void* memory = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  JUPITER_CHECK(memory != MAP_FAILED);
  stack_ = static_cast<std::byte*>(memory);
}

Fiber::~Fiber() {
  if (race_ != nullptr) __tsan_destroy_fiber(race_);
  munmap(stack_, kStackBytes);
}

void Fiber::Prepare(Body body, const void* closure) {
  JUPITER_CHECK(ended_);
  body_ = body;
  closure_ = closure;
  ended_ = false;
  if (DetectsRaces()) {
    if (race_ != nullptr) __tsan_destroy_fiber(race_);
    race_ = __tsan_create_fiber(0);
  }
  boost::context::stack_context stack;
  stack.size = kStackBytes;
  stack.sp = stack_ + kStackBytes;
  self_ = boost::context::fiber(
      std::allocator_arg, boost::context::preallocated(stack.sp, stack.size, stack), KeepStack{},
      [this](boost::context::fiber&& resumer) { return Run(std::move(resumer)); });
}

// Tells the sanitizers that the next thing to run is on the other stack. A fiber that leaves for
// good has no place to keep its fake stack.
void Fiber::LeaveTo(void* race, void** fake, const void* stack, std::size_t bytes) {
  if (__sanitizer_start_switch_fiber != nullptr) __sanitizer_start_switch_fiber(fake, stack, bytes);
  if (__tsan_switch_to_fiber != nullptr) __tsan_switch_to_fiber(race, kOrdersNothing);
}

void Fiber::Resume() {
  if (DetectsRaces()) resumer_race_ = __tsan_get_current_fiber();
  LeaveTo(race_, &resumer_fake_, stack_, kStackBytes);
  self_ = std::move(self_).resume();
  if (__sanitizer_finish_switch_fiber != nullptr) {
    __sanitizer_finish_switch_fiber(resumer_fake_, nullptr, nullptr);
  }
}

void Fiber::Pause() {
  LeaveTo(resumer_race_, &fake_, resumer_stack_, resumer_bytes_);
  resumer_ = std::move(resumer_).resume();
  if (__sanitizer_finish_switch_fiber != nullptr) {
    __sanitizer_finish_switch_fiber(fake_, &resumer_stack_, &resumer_bytes_);
  }
}

boost::context::fiber Fiber::Run(boost::context::fiber&& resumer) {
  resumer_ = std::move(resumer);
  if (__sanitizer_finish_switch_fiber != nullptr) {
    __sanitizer_finish_switch_fiber(nullptr, &resumer_stack_, &resumer_bytes_);
  }
  body_(closure_);
  ended_ = true;
  LeaveTo(resumer_race_, nullptr, resumer_stack_, resumer_bytes_);
  return std::move(resumer_);
}

void Acquire(void* edge) {
  if (__tsan_acquire != nullptr) __tsan_acquire(edge);
}

void Release(void* edge) {
  if (__tsan_release != nullptr) __tsan_release(edge);
}

bool DetectsRaces() { return __tsan_create_fiber != nullptr; }

}  // namespace jupiter::sim
