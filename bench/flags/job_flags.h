// What jupiter_run is asked to generate, as typed.
#pragma once

#include <string>

#include "bench/flags/flag_set.h"
#include "bench/flags/outline_flag.h"
#include "bench/flags/outline_templates.h"
#include "bench/flags/prompt.h"

namespace jupiter {

// Ten points of a number, five words and a line's end.
inline constexpr int kSkeletonTokens = 16 * kMostOutlinePoints;

struct JobFlags {
  PromptFlags prompt;
  int tokens = 64;  // of an answer at most
  bool ids = false;
  bool ignore_eos = false;
  std::string outline = "never";
  std::string outline_templates = kDefaultOutlineTemplates;
  std::string chat_format = "plain";
  int skeleton_tokens = kSkeletonTokens;
  int point_tokens = 0;  // 0: as `tokens`
  std::string requests;  // a file; empty: the prompt alone
  int at_once = 16;      // requests, or points, that run together at most

  // Throw UserError for an outline flag that is wrong.
  bool outlines() const { return ParseOutlineFlag(outline).mode != OutlineFlag::Mode::kNever; }
  bool has_outline_file() const {
    return ParseOutlineFlag(outline).mode == OutlineFlag::Mode::kFile;
  }
  int TokensOfPoint() const { return point_tokens > 0 ? point_tokens : tokens; }
};

void AddJobFlags(FlagSet& set, JobFlags& flags);
// For what is of one prompt with one answer: why it is idle with several, in words for
// Flag::ActsUnless.
Flag::WhyIdle UnlessOneAnswer(const JobFlags& flags);

}  // namespace jupiter
