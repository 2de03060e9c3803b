#include "model/medusa/novel_text.h"

#include "kernels/base/rng.h"

namespace jupiter {

std::vector<bool> SeenText::Add(std::span<const std::int32_t> tokens) {
  std::vector<bool> novel(tokens.size(), false);
  for (std::size_t end = ngram_; end <= tokens.size(); ++end) {
    std::uint64_t hash = 0;
    for (const std::int32_t token : tokens.subspan(end - ngram_, ngram_)) {
      hash = Mix64(hash ^ static_cast<std::uint64_t>(token));
    }
    novel[end - 1] = seen_.insert(hash).second;
  }
  return novel;
}

}  // namespace jupiter
