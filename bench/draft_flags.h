// Speculative decoding as flags say it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "model/loaders/checkpoint.h"
#include "parallel/session.h"
#include "planning/tree_planner.h"

namespace CLI {
class App;
}

namespace jupiter {

struct DraftFlags {
  std::string draft = "none";      // none, ngram, medusa:FILE or model:FILE
  std::string tree = "auto";       // of medusa: auto, or a file
  std::string speculate = "once";  // or continuous
  int length = 4;                  // drafted tokens of ngram and model
};

void AddDraftFlags(CLI::App& app, DraftFlags& flags);

// What the flags ask for, the same on all ranks.
class Drafting {
 public:
  // Throws UserError for flags that are wrong.
  explicit Drafting(const DraftFlags& flags);
  // Rank 0 reads the tree's or the acceptance's file. Collective; throws UserError on all ranks.
  void ReadFiles(Transport& transport);

  bool any() const { return kind_ != Kind::kNone; }
  // Rows of a step, items under way, draft heads.
  void Apply(SessionOptions& options, int ranks) const;

  // Behind Session::Load: what drafts, at the source; measures steps where the tree is planned.
  // Collective.
  std::unique_ptr<Drafter> Make(Session& session, Device& device, Checkpoint& checkpoint,
                                const SessionOptions& options);
  // One line on what is drafted, for reports.
  std::string Describe() const;

 private:
  enum class Kind { kNone, kNgram, kMedusa, kModel };

  void PlanTree(Session& session);

  DraftFlags flags_;
  Kind kind_ = Kind::kNone;
  std::string path_;  // of medusa, model
  bool continuous_ = false;
  std::optional<DraftAcceptance> acceptance_;  // of medusa, where the tree is planned
  DraftTree tree_;
  std::optional<TreePlan> plan_;  // source only
};

}  // namespace jupiter
