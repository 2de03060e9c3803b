// What ranks without work hear while a request runs on the others, so that no deadline of theirs
// passes.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "kernels/base/clock.h"
#include "kernels/base/op_call.h"
#include "parallel/strategies/strategy.h"
#include "parallel/transport/transport.h"

namespace jupiter {

// What the source tells idle ranks.
inline constexpr std::byte kRequestRuns{1};
inline constexpr std::byte kRequestDone{2};

// Messages from the source to ranks without work while a request runs on the others.
class News {
 public:
  News(Transport& transport, std::vector<int> idle)
      : transport_(transport), idle_(std::move(idle)), told_(Now()) {}

  // To be called often; sends seldom, as every message wakes a rank. It is bookkeeping, so it may
  // depend on the clock.
  void Runs() {
    if (Now() - told_ <= transport_.context().deadline_seconds() / 10) return;
    Tell(kRequestRuns);
    told_ = Now();
  }
  void Done() { Tell(kRequestDone); }

 private:
  void Tell(std::byte news) {
    if (transport_.rank() != Strategy::kSource) return;
    for (int rank : idle_) {
      Message message(1, 0);
      message.header()[0] = news;
      transport_.Send(rank, Channel::kControl, std::move(message));
    }
  }

  Transport& transport_;
  std::vector<int> idle_;
  double told_;
};

// Sends them between ops as well: a batch for which layers are read may take longer than any
// deadline.
class NewsBetweenOps : public OpObserver {
 public:
  explicit NewsBetweenOps(News& news) : news_(news) {}
  void OnOp(const OpCall&, double) override { news_.Runs(); }

 private:
  News& news_;
};

}  // namespace jupiter
