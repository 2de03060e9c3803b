#include "tests/planning/replay/tick_reference.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "kernels/base/check.h"
#include "planning/replay/testbed.h"

namespace jupiter {
namespace {

constexpr int kMostTicks = 1 << 20;

double RateAt(const RateTrace& trace, int tick) {
  double rate = trace.steps().empty() ? 1 : trace.steps().front().rate;
  for (const RateStep& step : trace.steps()) {
    if (step.start <= tick) rate = step.rate;
  }
  return rate;
}

// Where a message is on its way.
enum class Stage {
  kEgressQueue,  // or waiting for the shared medium
  kInFlight,     // leaving, travelling, waiting for ingress, entering
  kArrived,
  kReceived,
};

struct Letter {
  int source = 0;
  int destination = 0;
  int channel = 0;
  int event = 0;  // of the source
  double bytes = 0;
  int asked = 0;            // when it joined the first queue
  double overhead = 0;      // left, seconds
  double bits_seconds = 0;  // left, at rate 1
  bool left = false;        // egress is done
  int egress_ticks = 0;     // spent
  int head_time = 0;        // at the receiver
  bool entering = false;
  int ingress_ticks = 0;  // spent
  int arrival = -1;       // shared medium
  Stage stage = Stage::kEgressQueue;
};

class Ticks {
 public:
  Ticks(const RunRecord& record, const Testbed& testbed) : record_(record), testbed_(testbed) {
    ranks_.resize(record.ranks.size());
    replay_.ranks.resize(record.ranks.size());
  }

  Replay Run() {
    for (tick_ = 0; !Done(); ++tick_) {
      JUPITER_CHECK(tick_ < kMostTicks);
      Arrive();
      for (std::size_t rank = 0; rank < ranks_.size(); ++rank) RunRank(rank);
      StartSending();
      if (!testbed_.shared_medium) StartEntering();
      for (std::size_t rank = 0; rank < ranks_.size(); ++rank) TickRank(rank);
      TickNetwork();
    }
    for (const RankReplay& rank : replay_.ranks) replay_.end = std::max(replay_.end, rank.end);
    return replay_;
  }

 private:
  struct Rank {
    std::size_t next = 0;
    double work = 0;     // left of the op, at rate 1
    double host = 0;     // left of an overhead
    bool begun = false;  // the event at `next`
  };

  bool Ended(std::size_t rank) const {
    return ranks_[rank].next == record_.ranks[rank].events.size();
  }
  bool Done() const {
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
      if (!Ended(rank)) return false;
    }
    return true;
  }
  const Link& LinkOf(std::size_t from, std::size_t to) const { return testbed_.links[from][to]; }

  // Takes events until one lasts beyond this moment.
  void RunRank(std::size_t index) {
    Rank& rank = ranks_[index];
    while (!Ended(index)) {
      const Event& event = record_.ranks[index].events[rank.next];
      if (!rank.begun && !Begin(index, event)) return;
      rank.begun = true;
      if (rank.work > 0 || rank.host > 0) return;
      if (const auto* send = std::get_if<SendEvent>(&event)) Post(index, *send);
      rank.begun = false;
      ++rank.next;
      ++replay_.events;
      replay_.ranks[index].end = tick_;
    }
  }

  bool Begin(std::size_t index, const Event& event) {
    Rank& rank = ranks_[index];
    if (const auto* op = std::get_if<OpEvent>(&event)) rank.work = op->op.seconds;
    if (const auto* mark = std::get_if<MarkEvent>(&event)) {
      replay_.ranks[index].marks.push_back({mark->kind, mark->index, static_cast<double>(tick_)});
    }
    if (const auto* send = std::get_if<SendEvent>(&event)) {
      const Link& link = LinkOf(index, static_cast<std::size_t>(send->peer));
      const auto bytes = static_cast<double>(send->header_bytes + send->payload_bytes);
      rank.host = link.host_seconds + link.host_seconds_per_byte * bytes;
    }
    if (const auto* receive = std::get_if<ReceiveEvent>(&event)) {
      Letter* letter = FirstFor(static_cast<int>(index), *receive);
      if (letter == nullptr || letter->stage != Stage::kArrived) return false;
      letter->stage = Stage::kReceived;
      const Link& link = LinkOf(static_cast<std::size_t>(receive->peer), index);
      rank.host = link.host_seconds + link.host_seconds_per_byte * letter->bytes;
    }
    return true;
  }

  // The first message sent on this way that was not received, arrived or not.
  Letter* FirstFor(int destination, const ReceiveEvent& receive) {
    for (Letter& letter : letters_) {
      if (letter.source == receive.peer && letter.destination == destination &&
          letter.channel == receive.channel && letter.stage != Stage::kReceived) {
        return &letter;
      }
    }
    return nullptr;
  }

  void Post(std::size_t source, const SendEvent& send) {
    const Link& link = LinkOf(source, static_cast<std::size_t>(send.peer));
    Letter letter;
    letter.source = static_cast<int>(source);
    letter.destination = send.peer;
    letter.channel = send.channel;
    letter.event = static_cast<int>(ranks_[source].next);
    letter.bytes = static_cast<double>(send.header_bytes + send.payload_bytes);
    letter.asked = tick_;
    letter.overhead = link.wire_seconds;
    letter.bits_seconds = letter.bytes * 8 / link.bandwidth / link.efficiency;
    JUPITER_CHECK(letter.overhead + letter.bits_seconds >= 1);
    letters_.push_back(letter);
    replay_.ranks[source].bytes_sent += static_cast<std::int64_t>(letter.bytes);
    ++replay_.ranks[source].messages_sent;
  }

  // Whether a wire is taken: any one of a shared medium, else the egress of `source`.
  bool Sending(int source) const {
    return std::any_of(letters_.begin(), letters_.end(), [&](const Letter& letter) {
      return letter.stage == Stage::kInFlight && !letter.left &&
             (testbed_.shared_medium || letter.source == source);
    });
  }

  void StartSending() {
    std::vector<Letter*> waiting;
    for (Letter& letter : letters_) {
      if (letter.stage == Stage::kEgressQueue) waiting.push_back(&letter);
    }
    std::sort(waiting.begin(), waiting.end(), [](const Letter* a, const Letter* b) {
      return std::tie(a->asked, a->source, a->event) < std::tie(b->asked, b->source, b->event);
    });
    for (Letter* letter : waiting) {
      if (Sending(letter->source)) continue;
      letter->stage = Stage::kInFlight;
      letter->head_time = tick_ + static_cast<int>(LinkOfLetter(*letter).latency);
    }
  }

  void StartEntering() {
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
      Letter* first = nullptr;
      bool busy = false;
      for (Letter& letter : letters_) {
        if (letter.destination != static_cast<int>(rank) || letter.stage != Stage::kInFlight) {
          continue;
        }
        busy = busy || letter.entering;
        if (letter.head_time <= tick_ && (first == nullptr || Key(letter) < Key(*first))) {
          first = &letter;
        }
      }
      if (!busy && first != nullptr) first->entering = true;
    }
  }
  static std::tuple<int, int, int> Key(const Letter& letter) {
    return {letter.head_time, letter.source, letter.event};
  }

  const Link& LinkOfLetter(const Letter& letter) const {
    return LinkOf(static_cast<std::size_t>(letter.source),
                  static_cast<std::size_t>(letter.destination));
  }

  void TickRank(std::size_t index) {
    if (Ended(index)) return;
    Rank& rank = ranks_[index];
    RankReplay& replay = replay_.ranks[index];
    if (rank.host > 0) {
      rank.host -= 1;
      replay.host_seconds += 1;
    } else if (rank.work > 0) {
      rank.work -= testbed_.speed.empty() ? 1 : RateAt(testbed_.speed[index], tick_);
      replay.compute_seconds += 1;
    } else {
      replay.wait_seconds += 1;
    }
    JUPITER_CHECK(rank.host >= 0 && rank.work >= 0);
  }

  void TickNetwork() {
    for (Letter& letter : letters_) {
      if (letter.stage != Stage::kInFlight) continue;
      if (!letter.left) TickEgress(letter);
      if (letter.entering) {
        ++letter.ingress_ticks;
        replay_.ranks[static_cast<std::size_t>(letter.destination)].ingress_seconds += 1;
        if (letter.left && letter.ingress_ticks == letter.egress_ticks) {
          letter.stage = Stage::kArrived;
        }
      }
    }
  }

  void TickEgress(Letter& letter) {
    const Link& link = LinkOfLetter(letter);
    if (letter.overhead > 0) {
      letter.overhead -= 1;
    } else {
      letter.bits_seconds -= RateAt(link.trace, tick_);
    }
    JUPITER_CHECK(letter.overhead >= 0 && letter.bits_seconds >= 0);
    ++letter.egress_ticks;
    replay_.ranks[static_cast<std::size_t>(letter.source)].egress_seconds += 1;
    letter.left = letter.overhead == 0 && letter.bits_seconds == 0;
    if (!testbed_.shared_medium) return;
    replay_.ranks[static_cast<std::size_t>(letter.destination)].ingress_seconds += 1;
    if (letter.left) letter.arrival = tick_ + 1 + static_cast<int>(link.latency);
  }

  // Messages of a shared medium that are there now.
  void Arrive() {
    for (Letter& letter : letters_) {
      if (letter.stage == Stage::kInFlight && letter.arrival == tick_) {
        letter.stage = Stage::kArrived;
      }
    }
  }

  const RunRecord& record_;
  const Testbed& testbed_;
  int tick_ = 0;
  std::vector<Rank> ranks_;
  std::vector<Letter> letters_;  // in order of posting, so in program order per source
  Replay replay_;
};

}  // namespace

Replay SimulateByTicks(const RunRecord& record, const Testbed& testbed) {
  return Ticks(record, testbed).Run();
}

}  // namespace jupiter
