// Follows the tokens of one text (a point, or any answer) and says when it is over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/tokenizers/tokenizer.h"
#include "model/tokenizers/utf8_stream.h"

namespace jupiter {

enum class StopReason : std::uint8_t {
  kNone,    // not over yet
  kEnd,     // a token that ends texts; it is no part of it
  kLength,  // as many tokens as allowed
  kMarker,  // text that ends it; the text before it stays, tokens that wrote it count
};

std::string_view Name(StopReason reason);

struct StopRule {
  std::vector<std::int32_t> end_ids;
  int max_tokens = 1;                // at least 1
  std::vector<std::string> markers;  // not empty ones
};

// Deterministic in the tokens alone, however they arrive. A marker may begin and end inside of
// tokens. Text that could still become one is held back. A marker that is only white space (a
// line's end) counts only after visible text, as models like to begin with it.
class TextStop {
 public:
  // Without a tokenizer there is no text, and there must be no markers (CHECKed).
  TextStop(const Tokenizer* tokenizer, StopRule rule);

  // Takes the next token; CHECKs that the text is not over. Returns text that is now certain.
  std::string Push(std::int32_t token);

  // The text ends here (a token that ends texts was found): returns what was held back. CHECKs that
  // it is not over.
  std::string End();

  StopReason reason() const { return reason_; }
  bool over() const { return reason_ != StopReason::kNone; }
  // Tokens of the text: all that were pushed except an ending one.
  int tokens() const { return tokens_; }

 private:
  // Moves what is certain out of held_.
  std::string Release();
  std::string Flush();

  const Tokenizer* tokenizer_;
  StopRule rule_;
  StopReason reason_ = StopReason::kNone;
  int tokens_ = 0;
  Utf8Stream stream_;
  bool visible_ = false;  // released text has more than white space
  std::string held_;
};

}  // namespace jupiter
