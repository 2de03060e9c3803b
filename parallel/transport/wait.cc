#include "parallel/transport/wait.h"

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/last_words.h"
#include "parallel/transport/waiting_policy.h"

namespace jupiter {
namespace {

class PublishedWait {
 public:
  PublishedWait(const std::string& what, double start) { PublishWait(what, start); }
  PublishedWait(const PublishedWait&) = delete;
  PublishedWait& operator=(const PublishedWait&) = delete;
  ~PublishedWait() { ClearWait(); }
};

}  // namespace

std::string WaitSite::Text(const Context& context) const {
  const std::string who = peer == kEveryRank ? "every rank" : context.Describe(peer);
  return fmt::format("{} {} {} ({})", who, action, operation, place);
}

std::string BadBytes(const Context& context, int peer, std::string_view what, double waited,
                     std::string_view problem) {
  return fmt::format(
      "{}: {} from {}, waited {:.1f} s for it: {}; do all ranks run the same version?",
      context.Describe(context.rank()), what, context.Describe(peer), waited, problem);
}

void WaitUntil(const Context& context, const WaitSite& site, const std::function<bool()>& done) {
  if (done()) return;
  const double start = Now();
  const std::string what = site.Text(context);
  const PublishedWait published(what, start);
  WaitingPolicy policy;
  // The clock is read before `done` is called: a process that was itself stopped past its deadline
  // looks once more before it blames another.
  for (double now = Now();; now = Now()) {
    if (done()) return;
    if (now - start > context.deadline_seconds()) {
      throw PeerError(
          fmt::format("{}: waited {:.1f} s for {}; is that rank alive? Raise --deadline if "
                      "it is only slow",
                      context.Describe(context.rank()), now - start, what));
    }
    policy.Pause();
  }
}

}  // namespace jupiter
