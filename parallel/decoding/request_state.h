// The source's half of one request: what it submits next, and what it does with the verdicts.
//
// Plain decoding submits the last token and waits. With drafts it submits trees (provisional rows)
// and settles what was accepted with the next item. With continuous speculation (the idea of
// PipeInfer, Butler et al. 2024, arXiv 2407.11798, without ranks of its own for drafts), it submits
// trees that go on from the likeliest path of the one before while that is still in flight. When
// the guess turns out wrong, those trees are stale: the head knows it from the verdict before, and
// they add nothing to the answer.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "model/batch/batch.h"
#include "parallel/decoding/drafter.h"
#include "parallel/decoding/request.h"
#include "parallel/decoding/step_result.h"

namespace jupiter {

// How one decodes, the same for all requests of a set.
struct DraftPolicy {
  Drafter* drafter = nullptr;  // null: plain
  int most_rows = 1;           // of an item
  int most_in_flight = 1;      // trees of one request; above 1: continuously
};

class RequestState {
 public:
  // `text`: what comes before the answer, prefix included. References outlive it.
  RequestState(int index, std::int32_t sequence, const Request& request,
               std::vector<std::int32_t> text, const DraftPolicy& policy);

  std::int32_t sequence() const { return sequence_; }
  Generation& generation() { return generation_; }
  // Its prompt is submitted: the first verdict is in flight, and the drafter learns of the request.
  void PromptIsOut();
  // The next item, if there is one to submit now.
  std::optional<BatchItem> NextItem();
  // A verdict, in the order of items. Tells the observer of new tokens.
  void Take(const StepResult& result, double now, const RequestObserver& observer);
  // The run has failed: no verdict follows.
  void Abandon();
  // Nothing is left to submit; results may still be in flight.
  bool ended() const { return ended_; }
  bool drained() const { return ended_ && in_flight_.empty(); }

 private:
  // An item whose verdict is not known.
  struct InFlight {
    enum class Kind : std::uint8_t { kPrompt, kToken, kTree };
    Kind kind = Kind::kPrompt;
    bool stale = false;
    // Of a tree, its known root included.
    TokenTree tree = {};
    bool has_root = true;                  // row 0 of the tree is a row of the item
    std::vector<std::int32_t> guess = {};  // tokens of the likeliest path after the root
    std::int32_t guess_row = -1;           // of the item, the path's last
  };

  BatchItem SubmitToken();
  std::optional<BatchItem> SubmitFreshTree();
  std::optional<BatchItem> SubmitFollowingTree();
  BatchItem Submit(const TokenTree& tree, std::int32_t follows);
  // Moves what was accepted into the item.
  void SettleInto(BatchItem& item);
  void TakeTree(const InFlight& judged, const StepResult& result);
  // Returns how many tokens the answer has more.
  std::int32_t Append(const StepResult& result, double now, const RequestObserver& observer);
  void EndDrafts();
  // What came of a step: `fresh` tokens of the answer.
  DraftStep StepWith(const InFlight& judged, const StepResult& result, std::int32_t fresh) const;
  // Tokens of the result up to the answer's end.
  std::vector<std::int32_t> TakeTokens(const StepResult& result, double now,
                                       const RequestObserver& observer);

  int index_;
  std::int32_t sequence_;
  const Request& request_;
  std::vector<std::int32_t> text_;  // until the prompt is out
  DraftPolicy policy_;
  Generation generation_;
  std::int32_t last_token_ = 0;
  bool ended_ = false;
  bool drafts_ = false;             // the drafter knows the sequence
  std::deque<InFlight> in_flight_;  // in the order of submission
  std::deque<std::int32_t>
      unsettled_;           // rows of provisional items that stages hold, the oldest first
  std::size_t judged_ = 0;  // of them, whose verdict is known
  std::vector<std::int32_t> accepted_;  // rows to settle, counted over the unsettled items
};

}  // namespace jupiter
