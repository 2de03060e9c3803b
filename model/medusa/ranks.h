// Where draft heads place the token that the model wrote.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/medusa/text_maker.h"
#include "model/stage/medusa_heads.h"

namespace jupiter {

// Positions of a text from its first greedy one, as far as every head has a token to guess.
struct RankedText {
  int heads = 0;
  int ranks = 0;                   // choices per head that were looked at
  std::vector<std::uint8_t> rank;  // [positions, heads]: 0 is the first choice; `ranks`: not found
  std::vector<bool> counted;       // [positions]: measurements include it

  std::int64_t positions() const { return std::ssize(counted); }
  std::span<const std::uint8_t> At(std::int64_t position) const {
    const auto width = static_cast<std::size_t>(heads);
    return std::span(rank).subspan(static_cast<std::size_t>(position) * width, width);
  }
};

inline constexpr int kMostRanks = 100;

// Runs the heads on a device over a text. `novel` (see SeenText): which positions are counted.
RankedText RankText(MedusaHeads& heads, Device& device, const Text& text, int ranks,
                    const std::vector<bool>& novel);

}  // namespace jupiter
