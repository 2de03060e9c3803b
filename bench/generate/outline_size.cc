#include "bench/generate/outline_size.h"

#include <algorithm>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

// Rows of points that run together.
struct PointRows {
  std::int64_t prompt = 0;  // of the longest, the prefix included
  std::int64_t kv = 0;      // of all at once
};

PointRows PointRowsOf(const Expansion& expansion, const OutlineNeed& need, int rows_in_flight) {
  const std::int64_t prefix = std::ssize(expansion.prefix);
  std::int64_t longest = 0;
  std::int64_t sum = 0;
  for (const PointExpansion& point : expansion.points) {
    longest = std::max(longest, std::ssize(point.suffix));
    sum += std::ssize(point.suffix);
  }
  // A sequence that ended leaves with the batch in which the next one comes.
  const std::int64_t held =
      std::min<std::int64_t>(std::ssize(expansion.points), std::int64_t{need.at_once} + 1);
  return {prefix + longest, prefix + sum + held * (need.point + rows_in_flight)};
}

// Grows with each sequence that needs room, and remembers the first one that finds none.
class Room {
 public:
  explicit Room(const JobInputs& inputs) : inputs_(inputs) {}

  void Add(std::string_view what, std::int64_t prompt, std::int64_t tokens) {
    const std::int64_t most = inputs_.config.context - inputs_.rows_in_flight;
    if (prompt + tokens > most && why_.empty()) {
      why_ = fmt::format(
          "{} takes {} tokens with its prompt and {} new ones, at most {} together have room "
          "in the context of {}",
          what, prompt, tokens, most, inputs_.config.name);
    }
    size_.prompt_tokens = std::max(size_.prompt_tokens, static_cast<int>(prompt));
    size_.positions = std::max(size_.positions, prompt + tokens);
    size_.kv_positions = std::max(size_.kv_positions, prompt + tokens + inputs_.rows_in_flight);
  }
  void AddAnswer(const OutlineNeed& need) {
    if (need.answer_prompt > 0) Add("the answer in one piece", need.answer_prompt, need.answer);
  }
  void AddOutline(const OutlineNeed& need) {
    if (need.skeleton_prompt > 0) Add("the outline", need.skeleton_prompt, need.skeleton);
    if (need.expansion.points.empty()) return;
    const PointRows rows = PointRowsOf(need.expansion, need, inputs_.rows_in_flight);
    Add("a point", rows.prompt, need.point);
    // The outline stands in the prefix, and each of its lines in one suffix. What exceeds the
    // context is not asked for.
    const std::int64_t most = inputs_.config.context - inputs_.rows_in_flight - need.point;
    Add("a point", std::min(rows.prompt + 2 * std::int64_t{need.skeleton}, most), need.point);
    size_.kv_positions = std::max(size_.kv_positions, rows.kv + 2 * std::int64_t{need.skeleton});
    size_.requests = std::min(static_cast<int>(need.expansion.points.size()), need.at_once);
    size_.shorter_prompts = true;
  }

  const std::string& why() const { return why_; }
  JobSize size() const {
    JobSize size = size_;
    // The longest may have a prompt that is not the longest; each takes one token at least.
    size.positions = std::max(size.positions, std::int64_t{size.prompt_tokens} + 1);
    return size;
  }

 private:
  const JobInputs& inputs_;
  JobSize size_;
  std::string why_;
};

}  // namespace

std::string WhyNoRoom(const OutlineNeed& need, const JobInputs& inputs) {
  Room room(inputs);
  room.AddOutline(need);
  return room.why();
}

JobSize SizeOf(const OutlineNeed& need, const JobInputs& inputs) {
  Room room(inputs);
  room.AddAnswer(need);
  room.AddOutline(need);
  if (!room.why().empty()) {
    FailUser("--outline: {}; shorten the question or the outline, or ask for fewer tokens",
             room.why());
  }
  return room.size();
}

std::string WhyTooLong(const Expansion& expansion, const OutlineNeed& need, const JobSize& size,
                       int rows_in_flight) {
  const PointRows rows = PointRowsOf(expansion, need, rows_in_flight);
  if (rows.prompt <= size.prompt_tokens && rows.prompt + need.point <= size.positions &&
      rows.kv <= size.kv_positions) {
    return {};
  }
  return fmt::format(
      "with the outline a point's prompt takes {} tokens, all points hold {} positions; there is "
      "room for {} and {}",
      rows.prompt, rows.kv, std::min<std::int64_t>(size.prompt_tokens, size.positions - need.point),
      size.kv_positions);
}

}  // namespace jupiter
