// UTF-8 that arrives in pieces.
#pragma once

#include <string>
#include <string_view>

namespace jupiter {

// Collects pieces and gives out whole UTF-8 characters only, for streaming.
class Utf8Stream {
 public:
  // Bytes that are now complete; an unfinished character at the end is kept back.
  std::string Push(std::string_view piece);
  // What is left; bytes that never became a character come out as U+FFFD.
  std::string Finish();

 private:
  std::string pending_;
};

}  // namespace jupiter
