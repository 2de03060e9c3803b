// Text on stdout, as it comes.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/tokenizers/tokenizer.h"
#include "model/tokenizers/utf8_stream.h"

namespace jupiter {

// One answer: its text, or with `ids` its ids on one line.
class AnswerPrinter {
 public:
  // `tokenizer` may be null with `ids`.
  AnswerPrinter(const Tokenizer* tokenizer, bool ids) : tokenizer_(tokenizer), ids_(ids) {}

  void Print(std::int32_t token);
  // Ends the line. Throws UserError when stdout did not take the text.
  void Finish();

 private:
  const Tokenizer* tokenizer_;
  bool ids_;
  bool first_ = true;
  Utf8Stream stream_;
};

// Text that is seen at once.
void PrintNow(std::string_view text);
// Throws UserError when stdout did not take what was printed.
void CheckPrinted();

}  // namespace jupiter
