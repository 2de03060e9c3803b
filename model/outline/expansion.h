// From a question and its outline to the prompts of the points.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/outline/outline_template.h"
#include "model/outline/parse_outline.h"
#include "model/tokenizers/tokenizer.h"

namespace jupiter {

struct PointExpansion {
  std::vector<std::int32_t> suffix;  // at least one id
  std::string heading;               // stands before its text in the answer
  std::vector<std::string> markers;  // text that ends it
};

// The prompt of point i is, by definition, exactly prefix + points[i].suffix, also when the point
// is decoded alone. Prefix and suffix are tokenised apart: no token spans the border between them,
// as one of the joined text might.
struct Expansion {
  std::vector<std::int32_t> prefix;  // BOS (where the vocabulary wants it), question and outline
  std::vector<PointExpansion> points;
  std::string joiner;
};

// The ids that ask for the question's outline. What the model writes continues
// `outline_template.skeleton_start`: parse them joined.
std::vector<std::int32_t> SkeletonPrompt(const OutlineTemplate& outline_template,
                                         const Tokenizer& tokenizer, const std::string& question);

// The ids that ask for an answer in one piece.
std::vector<std::int32_t> AnswerPrompt(const OutlineTemplate& outline_template,
                                       const Tokenizer& tokenizer, const std::string& question);

// CHECKs that there are points. Throws UserError when the vocabulary lacks a control token, and
// when a point's suffix comes out empty.
Expansion ExpandOutline(const OutlineTemplate& outline_template, const Tokenizer& tokenizer,
                        const std::string& question, const std::vector<OutlinePoint>& points);

}  // namespace jupiter
