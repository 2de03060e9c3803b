#include "planning/replay/critical_path.h"

#include <algorithm>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

using Kind = PathPart::Kind;

// Goes back in time. A rank that computes goes back by that; a rank that waits, by the message it
// waited for, to the rank that sent it.
class Walk {
 public:
  Walk(const Replay& replay, double from) : replay_(replay), from_(from) {}

  std::vector<PathPart> Back(int rank, double until) {
    now_ = until;
    while (now_ > from_) {
      const Activity& activity = ActivityOf(rank);
      if (activity.kind == Activity::Kind::kWait) {
        JUPITER_CHECK(activity.end == now_, "a path begins in the middle of a wait");
        rank = BackToSender(activity.trip);
      } else {
        const bool computes = activity.kind == Activity::Kind::kCompute;
        Add({computes ? Kind::kCompute : Kind::kHost, activity.op, rank}, activity.begin);
      }
    }
    std::reverse(parts_.begin(), parts_.end());
    return std::move(parts_);
  }

 private:
  // What the rank did until now.
  const Activity& ActivityOf(int rank) const {
    const auto& activities = replay_.ranks[static_cast<std::size_t>(rank)].activities;
    const auto found =
        std::lower_bound(activities.begin(), activities.end(), now_,
                         [](const Activity& activity, double time) { return activity.end < time; });
    JUPITER_CHECK(found != activities.end() && found->begin < now_, "rank {} did nothing at {} s",
                  rank, now_);
    return *found;
  }

  const MessageTrip& TripAt(int trip) const {
    return replay_.trips[static_cast<std::size_t>(trip)];
  }

  // From the arrival of a message to when the rank that is returned was done with sending it, or
  // one that it waited for.
  int BackToSender(int trip) {
    Kind kind = Kind::kWire;
    if (!replay_.shared_medium) {
      for (; TripAt(trip).behind_entering >= 0; trip = TripAt(trip).behind_entering) {
        AddMessage(kind, trip, TripAt(trip).enter);
        kind = Kind::kQueue;
      }
      AddMessage(kind, trip, TripAt(trip).enter);
      AddMessage(Kind::kLatency, trip, TripAt(trip).leave);
    } else {
      AddMessage(Kind::kLatency, trip, TripAt(trip).left);
      AddMessage(kind, trip, TripAt(trip).leave);
    }
    return BackOutOfQueue(trip);
  }

  int BackOutOfQueue(int trip) {
    while (true) {
      AddMessage(Kind::kQueue, trip, TripAt(trip).leave);
      if (TripAt(trip).behind_leaving < 0) return TripAt(trip).source;
      trip = TripAt(trip).behind_leaving;
    }
  }

  void AddMessage(Kind kind, int trip, double begin) {
    Add({kind, OpKind::kCopy, TripAt(trip).source, TripAt(trip).destination}, begin);
  }

  void Add(PathPart part, double begin) {
    part.begin = std::max(begin, from_);
    part.end = now_;
    if (part.begin >= now_) return;
    parts_.push_back(part);
    now_ = part.begin;
  }

  const Replay& replay_;
  double from_;
  double now_ = 0;
  std::vector<PathPart> parts_;
};

}  // namespace

std::vector<PathPart> CriticalPath(const Replay& replay, int rank, double from, double until) {
  return Walk(replay, from).Back(rank, until);
}

std::vector<RankTimes> TimesOfRanks(const Replay& replay, double from, double until) {
  std::vector<RankTimes> all;
  for (const RankReplay& rank : replay.ranks) {
    RankTimes& times = all.emplace_back();
    times.waits.resize(replay.ranks.size());
    times.idle = until - std::clamp(rank.end, from, until);
    for (const Activity& activity : rank.activities) {
      const double seconds = std::min(activity.end, until) - std::max(activity.begin, from);
      if (seconds <= 0) continue;
      switch (activity.kind) {
        case Activity::Kind::kCompute: times.compute += seconds; break;
        case Activity::Kind::kHost: times.host += seconds; break;
        case Activity::Kind::kWait:
          const auto sender = replay.trips[static_cast<std::size_t>(activity.trip)].source;
          times.waits[static_cast<std::size_t>(sender)] += seconds;
          break;
      }
    }
  }
  return all;
}

}  // namespace jupiter
