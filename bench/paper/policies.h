// Decoding policies of the paper's comparison: what a system does with an answer, whatever its
// strategy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/emulate/shape_run.h"
#include "bench/paper/experiment.h"
#include "planning/replay/testbed_profile.h"

namespace jupiter {

// What a cell runs, whatever the system: the same tree, tokens and outline for all of them.
struct PolicyWork {
  StepShape step;    // of one request
  DraftHeads heads;  // none where nothing is drafted
  ShapeRun run;
  int skeleton_tokens = 0;
  // Tokens of prompts beyond the question's: templates, and question and outline again.
  int extra_prompt_tokens = 0;
  std::string note;  // what is derived; may be empty
};

// For draw `draw` of the experiment. `model` as published, `config_name` as in its checkpoint. As
// in the published end-to-end times every generated token is a decoding pass: a request has one
// token more than it counts, the one after its prompt.
PolicyWork PolicyWorkOf(const PaperExperiment& experiment, const DecodingPolicy& policy,
                        const TestbedProfile& profile, const std::string& model,
                        const std::string& config_name, int draw);
// Whether draws differ.
bool IsDrawn(const PaperExperiment& experiment, const DecodingPolicy& policy);

}  // namespace jupiter
