// What this rank says when a signal ends it: the launcher stops all ranks once one of them died,
// and its SIGTERM is the only chance to tell what this one was waiting for.
//
// The state belongs to the process, not to an object, because a signal handler can reach nothing
// else. It is written by the thread that waits, and read by the handler, which runs on any thread;
// every access is lock-free.
#pragma once

#include <string>
#include <string_view>

namespace jupiter {

inline constexpr int kPeerErrorExitCode = 3;

// Handles SIGTERM, SIGINT and SIGALRM from now on: one line that starts with `who`, then _exit with
// kPeerErrorExitCode.
void InstallLastWords(const std::string& who);

// This rank waits for `what` ("rank 0 on nano to send ...") since `start` (base/clock.h).
void PublishWait(std::string_view what, double start);
void ClearWait();

// This rank has already told in a line of its own why it ends, and leaves with this code: a signal
// adds nothing.
void NoteSpoken(int exit_code);

// Open MPI's launcher sends SIGTERM to all ranks and then waits before it sends SIGKILL, but its
// wait ends with the first rank that exits. A rank that has spoken stays this long, so that slower
// ones can speak.
inline constexpr double kLingerSeconds = 0.3;
// Sleeps on, even when signals come.
void Linger(double seconds);

// From now on a signal ends this process without a line and with this exit code.
void LeaveQuietly(int exit_code);

// Ends this process as a signal would unless it is disarmed within `seconds`: the way out of a call
// that may never return. One at a time.
class ExitTimer {
 public:
  explicit ExitTimer(double seconds);
  ExitTimer(const ExitTimer&) = delete;
  ExitTimer& operator=(const ExitTimer&) = delete;
  ~ExitTimer();
};

// Writes a whole line to stderr in one piece, so that lines of several ranks do not mix.
void WriteLine(std::string_view line);

}  // namespace jupiter
