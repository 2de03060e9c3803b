#include "model/tokenizers/utf8_stream.h"

#include "model/tokenizers/utf8.h"

namespace jupiter {

std::string Utf8Stream::Push(std::string_view piece) {
  pending_.append(piece);
  std::string out;
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const Utf8Char c = NextUtf8(rest);
    if (c.status == Utf8Status::kIncomplete) break;
    out.append(c.status == Utf8Status::kValid ? rest.substr(0, c.size) : kReplacement);
    rest.remove_prefix(c.size);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return out;
}

std::string Utf8Stream::Finish() {
  // Push leaves at most one unfinished character.
  const bool unfinished = !pending_.empty();
  pending_.clear();
  return std::string(unfinished ? kReplacement : std::string_view());
}

}  // namespace jupiter
