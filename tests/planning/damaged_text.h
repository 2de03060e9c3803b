// Files as a careless editor leaves them.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/base/rng.h"

namespace jupiter {

// The text with one to three places overwritten, doubled or cut out, the same for equal seeds.
inline std::string DamagedText(std::string text, std::uint64_t seed) {
  const CounterRng rng(seed);
  std::uint64_t next = 0;
  const auto below = [&](std::size_t most) { return rng.Bits(next++) % most; };
  const std::string kMarks = "0919-.,:e\"[]{}\n\\ \xff";
  for (std::size_t damages = 1 + below(3); damages > 0 && !text.empty(); --damages) {
    const std::size_t at = below(text.size());
    const std::string part = text.substr(at, 1 + below(12));
    switch (below(3)) {
      case 0: text[at] = kMarks[below(kMarks.size())]; break;
      case 1: text.insert(at, part); break;
      case 2: text.erase(at, part.size()); break;
    }
  }
  return text;
}

}  // namespace jupiter
