// Speculative decoding as flags say it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "parallel/session.h"
#include "planning/tree_planner.h"

namespace CLI {
class App;
}

namespace jupiter {

struct DraftFlags {
  std::string draft = "none";       // none, ngram, medusa:FILE or model:FILE
  std::string speculate = "once";   // or continuous
  std::optional<std::string> tree;  // of medusa: auto (as without), or a file
  std::optional<int> length;        // drafted tokens of ngram and model
};

void AddDraftFlags(CLI::App& app, DraftFlags& flags);

// Several at once, to be compared.
struct DraftChoices {
  std::vector<std::string> drafts;
  std::vector<std::string> speculate = {"once"};
  DraftFlags details;

  bool any() const { return !drafts.empty(); }
  // Every source with every way to speculate, and what concerns it of the details. Throws UserError
  // for what is wrong, stands twice or would change nothing.
  std::vector<DraftFlags> All() const;

 private:
  void CheckDetailsAreUsed() const;
};

void AddDraftChoices(CLI::App& app, DraftChoices& choices);

// What the flags ask for, the same on all ranks.
class Drafting {
 public:
  // Throws UserError for flags that are wrong.
  explicit Drafting(const DraftFlags& flags);
  // Rank 0 reads the tree's or the acceptance's file. Collective; throws UserError on all ranks.
  void ReadFiles(Transport& transport);

  bool any() const { return kind_ != Kind::kNone; }
  // Whether steps are measured before it drafts.
  bool measures() const { return acceptance_.has_value(); }
  // "ngram" or "medusa-continuous", for names of cases.
  std::string name() const;
  // Rows of a step, items under way, draft heads, draft model.
  void Apply(SessionOptions& options, int ranks) const;

  // Behind Session::Load: what drafts, at the source, as long as this and the session live.
  // Measures steps where the tree is planned. Collective.
  Drafter* Prepare(Transport& transport, Session& session, int prompt_tokens);
  // One line on what is drafted, for reports.
  std::string Describe() const;

 private:
  enum class Kind { kNone, kNgram, kMedusa, kModel };

  void CheckDetails() const;
  void PlanTree(Transport& transport, Session& session, int prompt_tokens);

  DraftFlags flags_;
  bool continuous_;
  int length_;
  Kind kind_ = Kind::kNone;
  std::string path_;                           // of medusa, model
  std::optional<DraftAcceptance> acceptance_;  // of medusa, where the tree is planned
  DraftTree tree_;
  std::optional<TreePlan> plan_;  // source only
  std::unique_ptr<Drafter> drafter_;
};

}  // namespace jupiter
