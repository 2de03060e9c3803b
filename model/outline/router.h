// Whether a question is worth an outline: the heuristic of --outline auto.
//
// An outline suits questions whose answer is several parts that do not need each other. Rules are
// tried in the order of the table in router.cc and the first that holds decides; where none holds
// the answer is no, which costs time but no quality. In words:
//
//   no   code: fences, snippets, a program or an algorithm to be written or mended
//   no   mathematics: arithmetic, equations, proofs, quantities to be found ("how many")
//   no   step by step: where each step needs the one before; how something works; puzzles
//   no   a given text: translate, correct, summarise, classify it
//   no   one piece of prose: letters, stories, poems, scripts, speeches, posts
//   no   a role to play
//   yes  several things asked for: differences, factors, ways, reasons, advantages, ...
//   no   yes or no, this or that
//   no   a single fact: who, when, where, which, what is
//   yes  open questions: how, why, what if, what are, describe, explain, compare, ...
//
// English only: other languages get no outline.
#pragma once

#include <string_view>

namespace jupiter {

struct RouterVerdict {
  bool outline = false;
  std::string_view reason;  // the rule, for the user: "mathematics"
};

RouterVerdict RouteQuestion(std::string_view question);

}  // namespace jupiter
