#include "model/batch/ngram_draft.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"

namespace jupiter {
namespace {

constexpr int kMostDraftLength = 64;
constexpr int kMostDraftRows = 1023;
constexpr int kMostMatches = 1 << 16;

void CheckDraftRange(const char* what, int value, int least, int most) {
  if (value >= least && value <= most) return;
  FailUser("n-gram drafts: {} is {}, expected {} to {}", what, value, least, most);
}

// The row of this token below `row`, new if it is not there yet; -1 when there is no room for it.
std::int32_t Descend(TokenTree& tree, std::int32_t row, std::int32_t token, int most_rows) {
  for (std::int32_t child = row + 1; child < tree.rows(); ++child) {
    const auto index = static_cast<std::size_t>(child);
    if (tree.parents[index] == row && tree.tokens[index] == token) return child;
  }
  if (tree.rows() == most_rows) return -1;
  tree.tokens.push_back(token);
  tree.parents.push_back(row);
  return static_cast<std::int32_t>(tree.rows()) - 1;
}

void InsertPath(TokenTree& tree, std::span<const std::int32_t> tokens, int most_rows) {
  std::int32_t row = 0;
  for (const std::int32_t token : tokens) {
    row = Descend(tree, row, token, most_rows);
    if (row < 0) return;
  }
}

}  // namespace

void CheckNgram(const NgramOptions& options) {
  CheckDraftRange("the shortest match", options.shortest, 1, kMostDraftLength);
  CheckDraftRange("the longest match", options.longest, options.shortest, kMostDraftLength);
  CheckDraftRange("the number of nodes", options.nodes, 1, kMostDraftRows);
  CheckDraftRange("the depth", options.depth, 1, kMostDraftRows);
  CheckDraftRange("the number of matches", options.matches, 1, kMostMatches);
}

NgramDraft::NgramDraft(const NgramOptions& options) : options_(options) {
  CheckNgram(options);
  for (int n = options.longest; n >= options.shortest; --n) indices_.push_back({n, {}, {}});
}

void NgramDraft::Append(std::span<const std::int32_t> tokens) {
  for (const std::int32_t token : tokens) {
    text_.push_back(token);
    for (Index& index : indices_) Add(index, last());
  }
}

void NgramDraft::Truncate(std::size_t length) {
  JUPITER_CHECK(length <= text_.size(), "{} of {} tokens", length, text_.size());
  while (text_.size() > length) {
    for (Index& index : indices_) Remove(index, last());
    text_.pop_back();
  }
}

std::uint64_t NgramDraft::HashAt(std::int32_t place, int length) const {
  std::uint64_t hash = 0;
  for (std::int32_t at = place - length + 1; at <= place; ++at) {
    hash = Mix64(hash ^ static_cast<std::uint32_t>(text_[static_cast<std::size_t>(at)]));
  }
  return hash;
}

bool NgramDraft::Same(std::int32_t a, std::int32_t b, int length) const {
  return std::equal(text_.begin() + a - length + 1, text_.begin() + a + 1,
                    text_.begin() + b - length + 1);
}

void NgramDraft::Add(Index& index, std::int32_t place) {
  index.earlier.push_back(-1);
  if (place + 1 < index.length) return;
  const auto [entry, is_new] = index.newest.emplace(HashAt(place, index.length), place);
  if (is_new) return;
  index.earlier.back() = entry->second;
  entry->second = place;
}

void NgramDraft::Remove(Index& index, std::int32_t place) {
  const std::int32_t earlier = index.earlier.back();
  index.earlier.pop_back();
  if (place + 1 < index.length) return;
  const auto entry = index.newest.find(HashAt(place, index.length));
  if (earlier < 0) {
    index.newest.erase(entry);
  } else {
    entry->second = earlier;
  }
}

std::vector<std::int32_t> NgramDraft::Matches(const Index& index) const {
  std::vector<std::int32_t> places;
  std::int32_t place = last();
  for (int looked = 0; looked < options_.matches; ++looked) {
    place = index.earlier[static_cast<std::size_t>(place)];
    if (place < 0) break;
    if (Same(place, last(), index.length)) places.push_back(place);
  }
  return places;
}

std::vector<std::int32_t> NgramDraft::Continuation(std::int32_t place) const {
  const std::int32_t period = last() - place;
  std::vector<std::int32_t> tokens;
  for (int i = 0; i < options_.depth; ++i) {
    tokens.push_back(text_[static_cast<std::size_t>(place + 1 + i % period)]);
  }
  return tokens;
}

TokenTree NgramDraft::Draft() const {
  JUPITER_CHECK(!text_.empty(), "a draft of no text");
  TokenTree tree{{text_.back()}, {-1}};
  for (const Index& index : indices_) {
    const std::vector<std::int32_t> places = Matches(index);
    if (places.empty()) continue;
    for (const std::int32_t place : places)
      InsertPath(tree, Continuation(place), options_.nodes + 1);
    break;
  }
  return tree;
}

}  // namespace jupiter
