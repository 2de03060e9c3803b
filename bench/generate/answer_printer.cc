#include "bench/generate/answer_printer.h"

#include <cstdio>

#include "kernels/base/check.h"

namespace jupiter {

void AnswerPrinter::Print(std::int32_t token) {
  if (ids_) {
    PrintNow(fmt::format("{}{}", first_ ? "" : " ", token));
  } else {
    PrintNow(stream_.Push(tokenizer_->Piece(token, /*first=*/false)));
  }
  first_ = false;
}

void AnswerPrinter::Finish() {
  PrintNow(stream_.Finish() + "\n");
  CheckPrinted();
}

void PrintNow(std::string_view text) {
  fmt::print("{}", text);
  std::fflush(stdout);
}

void CheckPrinted() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  FailUser("the text could not be written to stdout; is the disk full?");
}

}  // namespace jupiter
