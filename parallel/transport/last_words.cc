#include "parallel/transport/last_words.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"

namespace jupiter {
namespace {

constexpr std::size_t kTextBytes = 256;

// Text that one thread may rewrite while a handler on another reads it: at worst the reader sees a
// mixture.
class SignalText {
 public:
  void Set(std::string_view text) {
    const std::size_t length = std::min(text.size(), kTextBytes);
    for (std::size_t i = 0; i < length; ++i) bytes_[i].store(text[i], std::memory_order_relaxed);
    length_.store(length, std::memory_order_release);
  }
  std::size_t CopyTo(char* out) const {
    const std::size_t length = length_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < length; ++i) out[i] = bytes_[i].load(std::memory_order_relaxed);
    return length;
  }

 private:
  std::array<std::atomic<char>, kTextBytes> bytes_{};
  std::atomic<std::size_t> length_{0};
};

struct LastWords {
  SignalText who;
  SignalText wait;
  std::atomic<double> wait_start{0};
  std::atomic<bool> waiting{false};
  std::atomic<bool> quiet{false};
  std::atomic<bool> spoken{false};  // this rank has told its end
  std::atomic<bool> ending{false};  // a handler is about to end the process
  std::atomic<int> exit_code{kPeerErrorExitCode};
};
static_assert(std::atomic<double>::is_always_lock_free);
static_assert(std::atomic<std::size_t>::is_always_lock_free);

LastWords state;

// A line put together by the handler: nothing here allocates or takes a lock.
class HandlerLine {
 public:
  void Add(const char* text) {
    while (*text != '\0' && length_ < sizeof(bytes_)) bytes_[length_++] = *text++;
  }
  void Add(const SignalText& text) {
    if (length_ + kTextBytes <= sizeof(bytes_)) length_ += text.CopyTo(bytes_ + length_);
  }
  void AddNumber(std::int64_t value) {
    char digits[24];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value > 0);
    while (count > 0 && length_ < sizeof(bytes_)) bytes_[length_++] = digits[--count];
  }
  void Write() const {
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, bytes_, length_);
  }

 private:
  char bytes_[3 * kTextBytes];
  std::size_t length_ = 0;
};

double SignalSafeNow() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);  // the clock of Now(), called in the way POSIX allows here
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void Speak(int signal) {
  HandlerLine line;
  line.Add("jupiter: ");
  line.Add(state.who);
  line.Add(signal == SIGALRM ? ": gave up" : ": ended by signal ");
  if (signal != SIGALRM) line.AddNumber(signal);
  if (state.waiting.load(std::memory_order_acquire)) {
    const double tenths = 10 * (SignalSafeNow() - state.wait_start.load());
    const auto elapsed = static_cast<std::int64_t>(tenths > 0 ? tenths : 0);
    line.Add(" after waiting ");
    line.AddNumber(elapsed / 10);
    line.Add(".");
    line.AddNumber(elapsed % 10);
    line.Add(" s for ");
    line.Add(state.wait);
  } else {
    line.Add(" while computing");
  }
  line.Add("\n");
  line.Write();
}

void HandleSignal(int signal) {
  if (!state.quiet.load() && signal != SIGALRM) {
    if (state.ending.exchange(true)) return;  // the first signal's handler ends the process
    if (!state.spoken.exchange(true)) Speak(signal);
    Linger(kLingerSeconds);
  }
  if (!state.quiet.load() && !state.spoken.exchange(true)) Speak(signal);
  _exit(state.exit_code.load());
}

void SetTimer(double seconds) {
  double whole = 0;
  const double fraction = std::modf(seconds, &whole);
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(whole);
  timer.it_value.tv_usec = static_cast<suseconds_t>(fraction * 1e6);
  JUPITER_CHECK(setitimer(ITIMER_REAL, &timer, nullptr) == 0);
}

}  // namespace

void InstallLastWords(const std::string& who) {
  state.who.Set(who);
  struct sigaction action {};
  action.sa_handler = HandleSignal;
  sigemptyset(&action.sa_mask);
  for (int signal : {SIGTERM, SIGINT, SIGALRM}) {
    JUPITER_CHECK(sigaction(signal, &action, nullptr) == 0);
  }
}

void PublishWait(std::string_view what, double start) {
  state.wait.Set(what);
  state.wait_start.store(start);
  state.waiting.store(true, std::memory_order_release);
}

void ClearWait() { state.waiting.store(false, std::memory_order_release); }

void NoteSpoken(int exit_code) {
  state.exit_code.store(exit_code);
  state.spoken.store(true);
}

void Linger(double seconds) {
  timespec rest{static_cast<time_t>(seconds), 0};
  rest.tv_nsec = static_cast<long>(1e9 * (seconds - static_cast<double>(rest.tv_sec)));
  while (nanosleep(&rest, &rest) != 0) {
  }
}

void LeaveQuietly(int exit_code) {
  state.exit_code.store(exit_code);
  state.quiet.store(true);
}

ExitTimer::ExitTimer(double seconds) { SetTimer(std::max(seconds, 0.001)); }

ExitTimer::~ExitTimer() { SetTimer(0); }

void WriteLine(std::string_view line) {
  std::string text(line);
  text += '\n';
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace jupiter
