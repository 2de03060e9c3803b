// The outline of an emulated run. Where nothing is computed no model writes one, so the workload
// says how many points there are, how many tokens outline and prompts have, and how long the points
// become.
//
// Defaults are from Skeleton-of-Thought (Ning et al., ICLR 2024, arXiv 2307.15337) where it has
// them; the shipped file says which of its numbers are assumptions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jupiter {

enum class LengthLaw : std::uint8_t {
  kEqual,    // all points alike
  kUniform,  // each drawn from a uniform distribution, then scaled to the answer
  kGiven,    // a list
};

struct OutlineWorkload {
  std::string name;
  std::string description;
  int points = 2;                     // at least 2
  int skeleton_tokens_per_point = 1;  // generated before the points: number, text, line's end
  // Tokens of the prompts beside question and outline.
  int skeleton_prompt_tokens = 0;
  int shared_prefix_tokens = 0;
  int point_suffix_tokens = 1;  // per point
  LengthLaw law = LengthLaw::kEqual;
  double shortest = 1;       // of kUniform: both ends of the distribution, in any unit
  double longest = 1;        //
  std::vector<int> lengths;  // of kGiven: tokens per point
  std::uint64_t seed = 1;    // of kUniform
};

// Tokens that are generated for the outline; they are not part of the answer.
int SkeletonTokens(const OutlineWorkload& workload);
// Rows of the two prompts for a question of that many tokens.
int SkeletonPromptRows(const OutlineWorkload& workload, int question_tokens);
int SharedPrefixRows(const OutlineWorkload& workload, int question_tokens);

// Tokens of each point, at least 1, together exactly `answer_tokens`. Under kUniform every `draw`
// gives other lengths, the same on every machine. Throws UserError that names the workload when the
// answer has fewer tokens than points, or given lengths have another sum.
std::vector<int> PointLengths(const OutlineWorkload& workload, int answer_tokens,
                              std::uint64_t draw = 0);

}  // namespace jupiter
