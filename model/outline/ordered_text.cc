#include "model/outline/ordered_text.h"

#include <utility>

#include "kernels/base/check.h"

namespace jupiter {

OrderedText::OrderedText(const std::vector<std::string>& headings, const std::string& joiner,
                         Sink sink)
    : sink_(std::move(sink)) {
  for (std::size_t i = 0; i < headings.size(); ++i) {
    texts_.push_back({(i == 0 ? std::string() : joiner) + headings[i], false});
  }
  if (!texts_.empty()) Give(texts_.front().waiting);
}

void OrderedText::Append(std::size_t index, std::string_view text) {
  JUPITER_CHECK(index < texts_.size() && !texts_[index].ended, "text {}", index);
  texts_[index].waiting += text;
  if (index == current_) Give(texts_[index].waiting);
}

void OrderedText::End(std::size_t index) {
  JUPITER_CHECK(index < texts_.size() && !texts_[index].ended, "text {}", index);
  texts_[index].ended = true;
  while (!AllEnded() && texts_[current_].ended) {
    if (++current_ < texts_.size()) Give(texts_[current_].waiting);
  }
}

void OrderedText::Give(std::string& text) {
  if (!text.empty()) sink_(text);
  text.clear();
}

}  // namespace jupiter
