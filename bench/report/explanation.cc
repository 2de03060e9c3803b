#include "bench/report/explanation.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

#include "kernels/base/check.h"
#include "planning/replay/critical_path.h"
#include "planning/replay/what_if.h"

namespace jupiter {
namespace {

constexpr double kTimesBetter = 2;

// Of the requests, at rank 0.
struct Moments {
  double start = 0;
  double first_token = 0;
  double end = 0;
};

double TimeOf(const std::vector<MarkTime>& marks, MarkKind kind, bool last) {
  const MarkTime* found = nullptr;
  for (const MarkTime& mark : marks) {
    if (mark.kind == kind && (found == nullptr || last)) found = &mark;
  }
  if (found == nullptr) FailUser("the record has no mark {} at rank 0", Name(kind));
  return found->time;
}

Moments MomentsOf(const std::vector<MarkTime>& marks) {
  return {TimeOf(marks, MarkKind::kStart, false), TimeOf(marks, MarkKind::kFirstToken, false),
          TimeOf(marks, MarkKind::kEnd, true)};
}

Moments MomentsOf(const Replay& replay) { return MomentsOf(replay.ranks.front().marks); }

// As the run itself had them; all 0 of a run that nothing computed.
Moments MeasuredMoments(const RunRecord& record) {
  std::vector<MarkTime> marks;
  for (const Event& event : record.ranks.front().events) {
    const auto* mark = std::get_if<MarkEvent>(&event);
    if (mark != nullptr) marks.push_back({mark->kind, mark->index, mark->start});
  }
  return MomentsOf(marks);
}

PhaseSeconds PhasesOf(const Moments& moments) {
  return {moments.first_token - moments.start, moments.end - moments.first_token};
}

double Seconds(const PathPart& part) { return part.end - part.begin; }

class PathTable {
 public:
  PathTable(const Replay& replay, const Moments& moments) : whole_(PhasesOf(moments)) {
    Take(0, CriticalPath(replay, 0, moments.start, moments.first_token));
    Take(1, CriticalPath(replay, 0, moments.first_token, moments.end));
  }

  std::string Show(const std::vector<std::string>& devices) const {
    std::string text = PhaseHeader("critical path");
    text += Line("  compute", SumOf(computes_));
    for (const auto& [op, seconds] : computes_) {
      text += Line(fmt::format("    {}", Name(op)), seconds);
    }
    text += Line("  host time of messages", host_);
    text += Line("  on the wire", SumOf(wire_));
    text += Line("  latency", latency_);
    text += Line("  queue behind other messages", SumOf(queue_));
    text += Line("  all", whole_) + "of that\n";
    for (const auto& [rank, seconds] : ranks_) {
      text += Line(fmt::format("  compute of {} {}", rank, devices[static_cast<std::size_t>(rank)]),
                   seconds);
    }
    text += ShowLinks("wire", wire_) + ShowLinks("queue behind", queue_);
    return text;
  }

 private:
  using Ends = std::pair<int, int>;  // of a message

  void Take(std::size_t phase, const std::vector<PathPart>& parts) {
    for (const PathPart& part : parts) {
      const double seconds = Seconds(part);
      switch (part.kind) {
        case PathPart::Kind::kCompute:
          computes_[part.op][phase] += seconds;
          ranks_[part.rank][phase] += seconds;
          break;
        case PathPart::Kind::kHost: host_[phase] += seconds; break;
        case PathPart::Kind::kWire: wire_[{part.rank, part.peer}][phase] += seconds; break;
        case PathPart::Kind::kLatency: latency_[phase] += seconds; break;
        case PathPart::Kind::kQueue: queue_[{part.rank, part.peer}][phase] += seconds; break;
      }
    }
  }

  template <typename Key>
  static PhaseSeconds SumOf(const std::map<Key, PhaseSeconds>& parts) {
    PhaseSeconds sum{};
    for (const auto& [key, seconds] : parts) {
      for (std::size_t phase = 0; phase < sum.size(); ++phase) sum[phase] += seconds[phase];
    }
    return sum;
  }

  std::string Line(std::string_view name, const PhaseSeconds& seconds) const {
    std::string text = fmt::format("{:<34}", name);
    for (std::size_t phase = 0; phase < seconds.size(); ++phase) {
      const double share = whole_[phase] > 0 ? 100 * seconds[phase] / whole_[phase] : 0;
      text += fmt::format(" {:>12.3f} {:>7.1f}", seconds[phase] * 1e3, share);
    }
    return text + "\n";
  }

  std::string ShowLinks(std::string_view what, const std::map<Ends, PhaseSeconds>& links) const {
    std::string text;
    for (const auto& [ends, seconds] : links) {
      text += Line(fmt::format("  {} {} -> {}", what, ends.first, ends.second), seconds);
    }
    return text;
  }

  PhaseSeconds whole_;
  std::map<OpKind, PhaseSeconds> computes_;
  std::map<int, PhaseSeconds> ranks_;
  PhaseSeconds host_{};
  std::map<Ends, PhaseSeconds> wire_;
  PhaseSeconds latency_{};
  std::map<Ends, PhaseSeconds> queue_;
};

std::string ShowRanks(const Replay& replay, const Moments& moments,
                      const std::vector<std::string>& devices) {
  std::string text = fmt::format("{:<34} {:>12} {:>10}", "each rank, ms", "compute", "host");
  for (std::size_t rank = 0; rank < devices.size(); ++rank) {
    text += fmt::format(" {:>12}", fmt::format("wait for {}", rank));
  }
  text += fmt::format(" {:>10}\n", "idle");
  const std::vector<RankTimes> all = TimesOfRanks(replay, moments.start, moments.end);
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    const RankTimes& times = all[rank];
    text += fmt::format("{:<34} {:>12.3f} {:>10.3f}", fmt::format("  {} {}", rank, devices[rank]),
                        times.compute * 1e3, times.host * 1e3);
    for (double wait : times.waits) text += fmt::format(" {:>12.3f}", wait * 1e3);
    text += fmt::format(" {:>10.3f}\n", times.idle * 1e3);
  }
  return text;
}

std::string ShowGains(const RunRecord& record, const Testbed& testbed, const Moments& now,
                      const std::vector<std::string>& devices) {
  std::string text = PhaseHeader("one change, replayed");
  for (const Change& change : OneThingBetter(testbed, devices, kTimesBetter)) {
    const Moments then = MomentsOf(Simulate(record, change.testbed));
    text += ShowChange(change.name, PhasesOf(now), PhasesOf(then));
  }
  return text;
}

std::string ShowMeasured(const RunRecord& record, const Moments& replayed) {
  const PhaseSeconds measured = PhasesOf(MeasuredMoments(record)), then = PhasesOf(replayed);
  if (measured[0] <= 0) return {};
  std::string text = fmt::format("{:<34} {:>12.3f} {:>7} {:>12.3f}\n", "measured",
                                 measured[0] * 1e3, "", measured[1] * 1e3);
  text += fmt::format("{:<34}", "unexplained: measured - replayed");
  for (std::size_t phase = 0; phase < measured.size(); ++phase) {
    const double seconds = measured[phase] - then[phase];
    text += fmt::format(" {:>12.3f} {:>7.1f}", seconds * 1e3,
                        measured[phase] > 0 ? 100 * seconds / measured[phase] : 0);
  }
  return text + "\n";
}

}  // namespace

std::string PhaseHeader(std::string_view title) {
  return fmt::format("{:<34} {:>12} {:>7} {:>12} {:>7}\n", title, "prompt ms", "%", "answer ms",
                     "%");
}

std::string ShowChange(std::string_view change, const PhaseSeconds& before,
                       const PhaseSeconds& after) {
  std::string text = fmt::format("  {:<32}", change);
  for (std::size_t phase = 0; phase < after.size(); ++phase) {
    const double gain = before[phase] > 0 ? 100 * (after[phase] / before[phase] - 1) : 0;
    text += fmt::format(" {:>12.3f} {:>+7.1f}", after[phase] * 1e3, gain);
  }
  return text + "\n";
}

std::string Explain(const RunRecord& record, const Testbed& testbed,
                    const std::vector<std::string>& devices) {
  const Replay replay = Simulate(record, testbed, {.activities = true, .details = true});
  const Moments moments = MomentsOf(replay);
  return PathTable(replay, moments).Show(devices) + ShowRanks(replay, moments, devices) +
         ShowGains(record, testbed, moments, devices) + ShowMeasured(record, moments);
}

}  // namespace jupiter
