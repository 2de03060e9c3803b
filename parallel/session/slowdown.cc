#include "parallel/session/slowdown.h"

#include <charconv>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/waiting_policy.h"

namespace jupiter {
namespace {

constexpr double kMostFactor = 1e4;
constexpr double kMostDebtSeconds = 500e-6;

}  // namespace

std::vector<double> ParseSlowdown(std::string_view text, int ranks) {
  std::vector<double> factors;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    double factor = 0;
    const auto [next, error] = std::from_chars(at, end, factor);
    if (error != std::errc() || (next != end && *next != ',')) {
      FailUser("--slowdown {}: expected a factor per rank, separated by commas, such as 1,2,2,4",
               text);
    }
    if (!(factor >= 1 && factor <= kMostFactor)) {
      FailUser("--slowdown {}: a factor is {}, expected 1 (as it is) to {}", text, factor,
               kMostFactor);
    }
    factors.push_back(factor);
    if (next == end) break;
    at = next + 1;
  }
  if (std::ssize(factors) != ranks) {
    FailUser("--slowdown {}: {} factors for {} ranks; give one per rank", text, factors.size(),
             ranks);
  }
  return factors;
}

void Slowdown::OnOp(const OpCall& record, double start) {
  OpCall stretched = record;
  stretched.seconds = record.seconds * factor_;
  debt_ += stretched.seconds - record.seconds;
  if (debt_ > kMostDebtSeconds) {
    const double begin = Now();
    WaitingPolicy::SleepUntil(begin + debt_);
    debt_ -= Now() - begin;
  }
  if (next_ != nullptr) next_->OnOp(stretched, start);
}

}  // namespace jupiter
