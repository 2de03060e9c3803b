// Drafts copied from the text so far: what followed the newest tokens when they last appeared.
// Needs no training and no second model.
//
// Prompt lookup decoding (Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding) takes the
// continuation of one match; LLMA (Yang et al. 2023, arXiv 2304.04487) copies spans of reference
// texts likewise. Here the continuations of several matches share a tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "model/batch/token_tree.h"

namespace jupiter {

// The defaults are those of prompt lookup decoding, except for the number of matches.
struct NgramOptions {
  int longest = 3;   // newest tokens that a match has in common with the end of the text, at most
  int shortest = 1;  // and at least
  int nodes = 10;    // of a draft at most, root not counted
  int depth = 10;    // of a draft at most
  int matches = 64;  // looked at in one draft at most: bounds its time
};

// Throws UserError for numbers out of range.
void CheckNgram(const NgramOptions& options);

// The text of one request, and drafts of its next tokens. A token is added in a time that does not
// depend on the text's length, and a draft is made in O(matches * depth * nodes).
class NgramDraft {
 public:
  explicit NgramDraft(const NgramOptions& options);

  // Prompt first, then the answer as it becomes known.
  void Append(std::span<const std::int32_t> tokens);
  // Forgets all but the first `length` tokens: those appended on trial.
  void Truncate(std::size_t length);
  std::size_t size() const { return text_.size(); }

  // A tree after the text's last token, which is row 0. Takes the longest n-gram at the end of the
  // text that also appears earlier, then what followed it at its places, newest first, until the
  // nodes are used up. A continuation that reaches the end of the text goes on as if the text
  // repeated itself from the match on. The root alone when nothing matches. CHECKs that there is a
  // text. Depends on the text and options only.
  TokenTree Draft() const;

 private:
  // All n-grams of one length.
  struct Index {
    int length = 0;
    std::unordered_map<std::uint64_t, std::int32_t> newest;  // place of each, by hash
    std::vector<std::int32_t> earlier;  // [place]: the next older place with the same hash, or -1
  };
  // A place is the position of an n-gram's last token.
  std::uint64_t HashAt(std::int32_t place, int length) const;
  bool Same(std::int32_t a, std::int32_t b, int length) const;
  void Add(Index& index, std::int32_t place);
  void Remove(Index& index, std::int32_t place);
  // Places before the text's end with the same n-gram, newest first.
  std::vector<std::int32_t> Matches(const Index& index) const;
  std::vector<std::int32_t> Continuation(std::int32_t place) const;
  std::int32_t last() const { return static_cast<std::int32_t>(text_.size()) - 1; }

  NgramOptions options_;
  std::vector<std::int32_t> text_;
  std::vector<Index> indices_;  // the longest first
};

}  // namespace jupiter
