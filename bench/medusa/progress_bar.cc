#include "bench/medusa/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace jupiter {
namespace {

constexpr std::int64_t kWidth = 30;

std::int64_t PartDone(std::int64_t done, std::int64_t total, std::int64_t parts) {
  return std::clamp<std::int64_t>(total == 0 ? parts : done * parts / total, 0, parts);
}

}  // namespace

std::string DrawBar(const std::string& name, std::int64_t done, std::int64_t total,
                    const std::string& note) {
  const auto filled = static_cast<std::size_t>(PartDone(done, total, kWidth));
  return fmt::format("{} [{}{}] {:3} % ({})", name, std::string(filled, '#'),
                     std::string(kWidth - filled, ' '), PartDone(done, total, 100), note);
}

ProgressBar::ProgressBar(std::string name, std::int64_t total)
    : name_(std::move(name)), total_(total), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (terminal_ && shown_ >= 0) std::fputc('\n', stderr);
}

void ProgressBar::Show(std::int64_t done, const std::string& note) {
  const std::int64_t part = PartDone(done, total_, terminal_ ? 100 : 10);
  if (part == shown_) return;
  shown_ = part;
  const std::string line =
      DrawBar(name_, done, total_, fmt::format("{}, {:.1f} s", note, Now() - start_));
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r" : "", line, terminal_ ? "\033[K" : "\n");
  std::fflush(stderr);
}

}  // namespace jupiter
