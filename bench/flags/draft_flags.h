// Speculative decoding as flags say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/flags/flag_set.h"
#include "bench/flags/strategy_flags.h"

namespace jupiter {

struct DraftFlags {
  std::string draft = "none";       // none, ngram, medusa:FILE or model:FILE
  std::string speculate = "once";   // or continuous
  std::optional<std::string> tree;  // of medusa: auto (as without), or a file
  std::optional<int> length;        // drafted tokens of ngram and model
};

void AddDraftFlags(FlagSet& set, DraftFlags& flags, const StrategyChoice& strategies);

enum class DraftSource : std::uint8_t { kNone, kNgram, kMedusa, kModel };

// Draft flags, checked.
struct DraftRequest {
  DraftSource source = DraftSource::kNone;
  std::string path;  // of medusa, model
  std::optional<std::string> tree;
  int length = 0;  // of ngram, model
  bool continuous = false;

  bool any() const { return source != DraftSource::kNone; }
  // "ngram" or "medusa-continuous", for names of cases.
  std::string name() const;
};

// Throws UserError for flags that are wrong.
DraftRequest ParseDraft(const DraftFlags& flags);

// Several at once, to be compared.
struct DraftChoices {
  std::vector<std::string> drafts;
  std::vector<std::string> speculate = {"once"};
  DraftFlags details;

  bool any() const { return !drafts.empty(); }
  // Every source with every way to speculate, and what concerns it of the details. Throws UserError
  // for what is wrong or stands twice.
  std::vector<DraftFlags> All() const;
};

// `emulates`: whether nothing is computed that could be drafted.
void AddDraftChoices(FlagSet& set, DraftChoices& choices, const StrategyChoice& strategies,
                     const std::function<bool()>& emulates);

}  // namespace jupiter
