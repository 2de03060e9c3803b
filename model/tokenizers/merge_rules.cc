#include "model/tokenizers/merge_rules.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"

namespace jupiter {
namespace {

std::uint64_t PairKey(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) |
         static_cast<std::uint32_t>(right);
}

}  // namespace

ScoreRule::ScoreRule(const std::string& path, std::shared_ptr<const Vocabulary> vocabulary,
                     std::vector<double> scores)
    : vocabulary_(std::move(vocabulary)), scores_(std::move(scores)) {
  if (scores_.size() != static_cast<std::size_t>(vocabulary_->size())) {
    FailUser("{}: {} tokens but {} scores", path, vocabulary_->size(), scores_.size());
  }
  for (std::int32_t id = 0; id < vocabulary_->size(); ++id) {
    if (std::isnan(scores_[static_cast<std::size_t>(id)])) {
      FailUser("{}: the score of token {} is not a number", path, id);
    }
    longest_ = std::max(longest_, vocabulary_->text(id).size());
  }
}

std::optional<Merge> ScoreRule::Find(std::string_view text, const Symbol& left,
                                     const Symbol& right) const {
  const std::size_t size = left.size + right.size;
  if (size > longest_) return std::nullopt;
  const std::optional<std::int32_t> id = vocabulary_->FindText(text.substr(left.begin, size));
  if (!id) return std::nullopt;
  return Merge{scores_[static_cast<std::size_t>(*id)], *id};
}

RankRule::RankRule(const std::string& path, const Vocabulary& vocabulary,
                   const std::vector<TextPair>& merges) {
  merges_.reserve(merges.size());
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const auto need = [&](std::string_view text) {
      const std::optional<std::int32_t> id = vocabulary.FindAny(text);
      if (!id) {
        FailUser("{}: merge {} needs the token {}, which the vocabulary lacks", path, rank,
                 Quote(text));
      }
      return *id;
    };
    const auto& [left, right] = merges[rank];
    const std::int32_t left_id = need(left);
    const std::int32_t right_id = need(right);
    const std::int32_t id = need(std::string(left) + std::string(right));
    // Text never becomes a control token: such a merge is as good as absent.
    if (!vocabulary.FindText(vocabulary.text(id))) continue;
    merges_.emplace(PairKey(left_id, right_id), Merge{-static_cast<double>(rank), id});
  }
}

std::optional<Merge> RankRule::Find(std::string_view /*text*/, const Symbol& left,
                                    const Symbol& right) const {
  if (left.id < 0 || right.id < 0) return std::nullopt;
  const auto found = merges_.find(PairKey(left.id, right.id));
  if (found == merges_.end()) return std::nullopt;
  return found->second;
}

RankRule::TextPair SplitMerge(const std::string& path, std::size_t index, std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0 || space + 1 == line.size() ||
      line.find(' ', space + 1) != std::string_view::npos) {
    FailUser("{}: merge {} is {}, expected two tokens with one space between", path, index,
             Quote(line));
  }
  return {line.substr(0, space), line.substr(space + 1)};
}

}  // namespace jupiter
