// Drafts of a run: what the draft flags ask for, made ready on all ranks.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bench/flags/draft_flags.h"
#include "parallel/session/session.h"
#include "planning/drafts/tree_planner.h"

namespace jupiter {

// What the flags ask for, the same on all ranks.
class Drafting {
 public:
  // Throws UserError for flags that are wrong.
  explicit Drafting(const DraftFlags& flags);
  // Rank 0 reads the tree's or the acceptance's file. Collective; throws UserError on all ranks.
  void ReadFiles(Transport& transport);

  bool any() const { return request_.any(); }
  // Of its own, which --quantize rounds beside the model's.
  bool has_weights() const {
    return request_.source == DraftSource::kMedusa || request_.source == DraftSource::kModel;
  }
  // Whether steps are measured before it drafts.
  bool measures() const { return acceptance_.has_value(); }
  // Rows of a step, items in flight, draft heads, draft model.
  void Apply(SessionOptions& options, int ranks) const;

  // After Session::Load: what drafts, at the source, as long as this and the session live. Measures
  // steps where the tree is planned. Collective.
  Drafter* Prepare(Transport& transport, Session& session, int prompt_tokens);
  // What files say of drafts, apart from weights: the tree, or the acceptance that plans it.
  std::string Inputs() const;
  // One line on what is drafted, for reports.
  std::string Describe() const;

 private:
  void PlanTree(Transport& transport, Session& session, int prompt_tokens);

  DraftFlags flags_;
  DraftRequest request_;
  std::optional<DraftAcceptance> acceptance_;  // of medusa, where the tree is planned
  DraftTree tree_;
  std::optional<TreePlan> plan_;  // source only
  std::unique_ptr<Drafter> drafter_;
};

}  // namespace jupiter
