// How a question is put to a model, in one piece and by way of an outline.
#pragma once

#include <string>
#include <vector>

#include "model/outline/prompt_template.h"

namespace jupiter {

// The prompts of one chat format. What is the same for all points belongs in `expansion`, so that
// its keys and values are computed once for all of them; only `point` differs.
struct OutlineTemplate {
  std::string format;          // its name: llama2, ...
  PromptTemplate answer;       // {question}: asked without an outline
  PromptTemplate skeleton;     // {question}: asks for the outline
  std::string skeleton_start;  // how the outline begins, after that prompt; may be empty
  PromptTemplate expansion;    // {question}, {skeleton}: the beginning of every point's prompt
  PromptTemplate point;        // {number}, {point}: its end
  PromptTemplate heading;  // {number}, {point}: comes before the point in the answer; may be empty
  std::vector<PromptTemplate> next_point;  // {next}: text that ends a point; may be empty
  std::string joiner;                      // between the points of the answer
};

}  // namespace jupiter
