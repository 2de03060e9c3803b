// Texts that grow side by side, given out one after the other.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace jupiter {

// The joined text is heading 0, text 0, joiner, heading 1, text 1, ... It is given out in this
// order as soon as it is certain: the first text that has not ended streams as it grows, later ones
// wait.
class OrderedText {
 public:
  using Sink = std::function<void(std::string_view text)>;  // never called with nothing

  // A text per heading. Gives out the first heading at once.
  OrderedText(const std::vector<std::string>& headings, const std::string& joiner, Sink sink);

  // CHECKs that the text has not ended.
  void Append(std::size_t index, std::string_view text);
  void End(std::size_t index);
  bool AllEnded() const { return current_ == texts_.size(); }

 private:
  struct Text {
    std::string waiting;  // not given out yet
    bool ended = false;
  };

  void Give(std::string& text);

  std::vector<Text> texts_;
  Sink sink_;
  std::size_t current_ = 0;  // the one that streams
};

}  // namespace jupiter
