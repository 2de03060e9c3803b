// A question as the router sees it: words, beginnings of sentences, code and arithmetic.
#pragma once

#include <string>
#include <string_view>

namespace jupiter {

// Words in lower case, without punctuation. Sentences begin at the start of the text and after . !
// ? : ; and a line's end; polite words at their beginning ("can you", "please") are left out.
class QuestionWords {
 public:
  explicit QuestionWords(std::string_view question);
  // Whole words, in this order, side by side. A leading "^ " asks for the beginning of a sentence.
  bool Has(std::string_view phrase) const;

 private:
  std::string words_;  // " ^ what is this ^ why "
};

// A code fence, or the punctuation of programming languages.
bool HasCode(std::string_view text);

// Numbers, single letters or brackets around + * ^ < > (a number at least on one side) or '='.
bool HasArithmetic(std::string_view text);

}  // namespace jupiter
