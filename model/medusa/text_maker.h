// Text that a model writes itself, with the rows that draft heads would look at: their training
// data.
//
// A text is a prompt, some tokens drawn at random, which take it where no other text went, and then
// the model's likeliest tokens up to the end. Many texts are written at a time, one row of each per
// batch; a text does not depend on the others, nor on how many there are.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/sampling/sampler.h"
#include "model/stage/stage.h"

namespace jupiter {

struct TextOptions {
  int drawn = 64;                     // tokens drawn at random at most; how many is drawn, too
  int greedy = 64;                    // tokens after those at most
  SamplingOptions sampling;           // of those; its seed is that of all texts
  std::vector<std::int32_t> end_ids;  // a text ends with such a token
};

struct Text {
  std::vector<std::int32_t> tokens;
  int greedy =
      0;  // tokens[greedy] is the first of the model's likeliest tokens; all after it are, too
  std::vector<float> rows;  // [tokens - 1, hidden]: Stage::HeadInput at every token but the last

  // Positions whose next token is the model's likeliest: [first, tokens - 1).
  int first_position() const { return greedy - 1; }
  int positions() const;
};

// Called with the positions so far.
using TextProgress = std::function<void(std::int64_t positions)>;

// Writes texts of one prompt after the other, from the first again when they are used up, until
// they have `positions` in all. The stage is a whole model; as many texts are written at a time as
// its batches have rows. Throws UserError when the model ends its texts at once.
std::vector<Text> MakeTexts(Stage& stage, std::span<const std::vector<std::int32_t>> prompts,
                            const TextOptions& options, std::int64_t positions,
                            const TextProgress& progress);

}  // namespace jupiter
