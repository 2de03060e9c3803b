// The two ways a vocabulary says which pair merges first.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/tokenizers/merge_pairs.h"
#include "model/tokenizers/vocabulary.h"

namespace jupiter {

// sentencepiece: a pair merges when its text is a token, the greatest score first.
class ScoreRule final : public MergeRule {
 public:
  // scores [vocabulary size]. Throws UserError naming `path` when their number differs or one is
  // not a number.
  ScoreRule(const std::string& path, std::shared_ptr<const Vocabulary> vocabulary,
            std::vector<double> scores);
  std::optional<Merge> Find(std::string_view text, const Symbol& left,
                            const Symbol& right) const override;

 private:
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<double> scores_;
  std::size_t longest_ = 0;  // bytes of the longest token
};

// BPE with a list of merges: the pair that stands first in the list merges first.
class RankRule final : public MergeRule {
 public:
  using TextPair = std::pair<std::string_view, std::string_view>;
  // Throws UserError naming `path` when a merge needs a token that the vocabulary lacks.
  RankRule(const std::string& path, const Vocabulary& vocabulary,
           const std::vector<TextPair>& merges);
  std::optional<Merge> Find(std::string_view text, const Symbol& left,
                            const Symbol& right) const override;

 private:
  std::unordered_map<std::uint64_t, Merge> merges_;  // by both ids
};

// "left right" as merges are written in files. Throws UserError naming `path` and the merge.
RankRule::TextPair SplitMerge(const std::string& path, std::size_t index, std::string_view line);

}  // namespace jupiter
