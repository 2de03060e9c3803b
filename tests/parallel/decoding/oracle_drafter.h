// Knows answers and drafts them, for tests.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "kernels/base/rng.h"
#include "parallel/decoding/drafter.h"

namespace jupiter {

// Drafts with seeded mistakes, beside seeded nonsense: some drafts are right to the end, some in
// part, some not at all.
class OracleDrafter : public Drafter {
 public:
  using Ids = std::vector<std::int32_t>;

  // Whole texts by sequence, prompts included; tokens of drafts are below `vocab`.
  OracleDrafter(std::map<std::int32_t, Ids> texts, std::int32_t vocab)
      : texts_(std::move(texts)), vocab_(vocab) {}

  void Begin(std::int32_t sequence, std::span<const std::int32_t> text) override {
    known_[sequence] = text.size();
  }
  void Extend(std::int32_t sequence, std::span<const std::int32_t> tokens,
              const Candidates&) override {
    known_[sequence] += tokens.size();
  }
  TokenTree Draft(std::int32_t sequence, int most_rows) override {
    return From(sequence, known_[sequence], texts_.at(sequence)[known_[sequence] - 1], most_rows);
  }
  TokenTree DraftBehind(std::int32_t sequence, std::span<const std::int32_t> guess,
                        int most_rows) override {
    return From(sequence, known_[sequence] + guess.size(), guess.back(), most_rows);
  }
  void End(std::int32_t) override {}

 private:
  std::int32_t Noise(std::int64_t most) {
    return static_cast<std::int32_t>(rng_.Bits(draws_++) % static_cast<std::uint64_t>(most));
  }
  TokenTree From(std::int32_t sequence, std::size_t at, std::int32_t root, int most_rows) {
    const Ids& text = texts_.at(sequence);
    TokenTree tree{{root}, {-1}};
    std::int32_t last = 0;
    while (tree.rows() < most_rows) {
      const bool right = at < text.size() && Noise(5) > 0;
      const bool aside = Noise(3) == 0;
      tree.parents.push_back(aside ? Noise(tree.rows()) : last);
      tree.tokens.push_back(right && !aside ? text[at] : Noise(vocab_));
      if (!aside) {
        last = static_cast<std::int32_t>(tree.rows()) - 1;
        ++at;
      }
    }
    return tree;
  }

  std::map<std::int32_t, Ids> texts_;
  std::map<std::int32_t, std::size_t> known_;
  std::int32_t vocab_;
  CounterRng rng_{11};
  std::uint64_t draws_ = 0;
};

}  // namespace jupiter
