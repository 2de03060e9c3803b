// From the logits of computed rows to the target's tokens, and to which drafts they accept.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "kernels/device.h"
#include "model/batch/batch.h"
#include "model/batch/token_tree.h"
#include "model/sampling/sampler.h"
#include "planning/drafts/drawn_acceptance.h"

namespace jupiter {

// An item's rows with logits.
struct JudgedItem {
  const BatchItem& item;
  std::span<const float> logits;  // [head rows, vocab]
  std::size_t vocab = 0;
};

class TargetJudge {
 public:
  TargetJudge() = default;
  TargetJudge(const TargetJudge&) = delete;
  TargetJudge& operator=(const TargetJudge&) = delete;
  virtual ~TargetJudge() = default;

  // The target's token after the one row of an item that is no draft, at `index` of the answer.
  virtual std::int32_t Token(const JudgedItem& item, std::int64_t index) = 0;
  // The accepted path of a drafted tree whose first new token is at `index` of the answer.
  virtual Acceptance Path(const JudgedItem& item, const TokenTree& tree, std::int64_t index) = 0;
  // The same for an item that goes on from a row of an earlier one (BatchItem::follows), which was
  // judged before: the target's token after that row is known, `next`. The item has no logits of
  // that row, so `tree` has a row more than the item: its root is the earlier row, and its row r +
  // 1 is the item's row r. `index`: place in the answer of the token after `next`.
  virtual Acceptance PathFrom(const JudgedItem& item, const TokenTree& tree, std::int32_t next,
                              std::int64_t index) = 0;
};

// By the logits: greedy, or sampled with a random number per token of the answer. Plain decoding of
// the same request takes the same tokens, so drafts change none of them. Throws UserError for
// logits that are not finite.
std::unique_ptr<TargetJudge> MakeJudge(const SamplingOptions& sampling);

// Where nothing is computed. `draft` null: every draft's root alone is accepted.
struct DrawnDrafts {
  DraftTree tree;  // of every draft
  DraftAcceptance acceptance;
  std::uint64_t seed = 0;
};
std::unique_ptr<TargetJudge> MakeDrawnJudge(const DrawnDrafts* drafts);

}  // namespace jupiter
