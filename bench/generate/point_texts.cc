#include "bench/generate/point_texts.h"

#include <string>
#include <utility>

namespace jupiter {
namespace {

std::vector<std::string> HeadingsOf(const Expansion& expansion) {
  std::vector<std::string> headings;
  for (const PointExpansion& point : expansion.points) headings.push_back(point.heading);
  return headings;
}

}  // namespace

PointTexts::PointTexts(const Expansion& expansion, const Tokenizer& tokenizer, int max_tokens,
                       OrderedText::Sink sink)
    : joined_(HeadingsOf(expansion), expansion.joiner, std::move(sink)) {
  for (const PointExpansion& point : expansion.points) {
    stops_.emplace_back(&tokenizer, StopRule{{}, max_tokens, point.markers});
  }
}

bool PointTexts::Push(int point, std::int32_t token) {
  const auto index = static_cast<std::size_t>(point);
  joined_.Append(index, stops_[index].Push(token));
  return !stops_[index].over();
}

void PointTexts::End(int point) {
  const auto index = static_cast<std::size_t>(point);
  if (!stops_[index].over()) joined_.Append(index, stops_[index].End());
  joined_.End(index);
}

std::vector<StopReason> PointTexts::reasons() const {
  std::vector<StopReason> reasons;
  for (const TextStop& stop : stops_) reasons.push_back(stop.reason());
  return reasons;
}

}  // namespace jupiter
