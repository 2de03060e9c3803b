// The texts of points that are written side by side, joined and given out in order.
#pragma once

#include <cstdint>
#include <vector>

#include "model/outline/expansion.h"
#include "model/outline/ordered_text.h"
#include "model/outline/text_stop.h"
#include "model/tokenizers/tokenizer.h"

namespace jupiter {

class PointTexts {
 public:
  // Points of at most `max_tokens` each. `tokenizer` outlives it.
  PointTexts(const Expansion& expansion, const Tokenizer& tokenizer, int max_tokens,
             OrderedText::Sink sink);

  // The next token of a point; false when its text is over.
  bool Push(int point, std::int32_t token);
  // The point has no further tokens.
  void End(int point);
  // Of each point, how it ended.
  std::vector<StopReason> reasons() const;

 private:
  std::vector<TextStop> stops_;
  OrderedText joined_;
};

}  // namespace jupiter
