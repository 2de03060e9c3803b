// Which places of a text appeared before. A model repeats itself, and a head may know a phrase by
// heart.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

namespace jupiter {

class SeenText {
 public:
  // Tokens that decide whether a place was seen: those up to and with it.
  explicit SeenText(int ngram) : ngram_(static_cast<std::size_t>(ngram)) {}

  // Adds a text. Tells for each of its positions whether the n-gram that ends there is new: in no
  // earlier text, and not earlier in this one. Positions without a whole n-gram are never new.
  std::vector<bool> Add(std::span<const std::int32_t> tokens);

 private:
  std::size_t ngram_;
  std::unordered_set<std::uint64_t> seen_;  // hashes; two of a million meet once in 30 million runs
};

}  // namespace jupiter
