// Where drafts come from.
//
// The source drafts what the target verifies next. Some drafts need what only the head sees: then
// the head proposes candidates with every verdict, and the source puts them into a tree.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/base/tensor.h"
#include "model/batch/token_tree.h"
#include "parallel/decoding/fill_tree.h"

namespace jupiter {

// At the source.
class Drafter {
 public:
  Drafter() = default;
  Drafter(const Drafter&) = delete;
  Drafter& operator=(const Drafter&) = delete;
  virtual ~Drafter() = default;

  // A sequence begins with this text.
  virtual void Begin(std::int32_t sequence, std::span<const std::int32_t> text) = 0;
  // These tokens are known now; `candidates` are the head's, for the tokens after them.
  virtual void Extend(std::int32_t sequence, std::span<const std::int32_t> tokens,
                      const Candidates& candidates) = 0;
  // What may follow: row 0 is the last known token. At most `most_rows` rows.
  virtual TokenTree Draft(std::int32_t sequence, int most_rows) = 0;
  // What may follow if the tokens `guess` come after the text: row 0 is the last of them. One row
  // alone where nothing can be said.
  virtual TokenTree DraftBehind(std::int32_t sequence, std::span<const std::int32_t> guess,
                                int most_rows) {
    static_cast<void>(sequence);
    static_cast<void>(most_rows);
    return {{guess.back()}, {-1}};
  }
  virtual void End(std::int32_t sequence) = 0;
};

// At the head.
class HeadDrafter {
 public:
  HeadDrafter() = default;
  HeadDrafter(const HeadDrafter&) = delete;
  HeadDrafter& operator=(const HeadDrafter&) = delete;
  virtual ~HeadDrafter() = default;

  // Candidates for the tokens after the next one, which the target itself gives from row x [1,
  // hidden], a row after the final norm.
  virtual Candidates Propose(ConstTensorView x) = 0;
};

}  // namespace jupiter
