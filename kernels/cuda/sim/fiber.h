// A flow of control with a stack of its own, which runs until it gives way.
//
// The sanitizers are told of each switch: the address sanitizer which stack is in use, the race
// detector that every fiber is a thread. Switches order nothing for the latter: two fibers race
// unless Release and Acquire of one edge lie between them.
#pragma once

#include <boost/context/fiber.hpp>
#include <cstddef>

namespace jupiter::sim {

class Fiber {
 public:
  using Body = void (*)(const void* closure);

  Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  // The next Resume begins body(closure), as a new thread. The body before must have ended.
  void Prepare(Body body, const void* closure);
  // Runs it until it pauses or ends. Not to be called by a fiber.
  void Resume();
  // Back to Resume. Called by the fiber itself.
  void Pause();
  bool ended() const { return ended_; }

 private:
  boost::context::fiber Run(boost::context::fiber&& resumer);
  void LeaveTo(void* race, void** fake, const void* stack, std::size_t bytes);

  std::byte* stack_ = nullptr;
  Body body_ = nullptr;
  const void* closure_ = nullptr;
  bool ended_ = true;
  boost::context::fiber self_;
  boost::context::fiber resumer_;
  // What the sanitizers know of this fiber and of the stack that resumed it.
  void* race_ = nullptr;
  void* fake_ = nullptr;
  void* resumer_race_ = nullptr;
  void* resumer_fake_ = nullptr;
  const void* resumer_stack_ = nullptr;
  std::size_t resumer_bytes_ = 0;
};

// What happened before Release(edge) has happened after Acquire(edge).
void Acquire(void* edge);
void Release(void* edge);
// Whether threads are told apart: then each CUDA thread needs a fiber that no earlier one used.
bool DetectsRaces();

}  // namespace jupiter::sim
