#include "parallel/decoding/request_state.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {

RequestState::RequestState(int index, std::int32_t sequence, const Request& request,
                           std::vector<std::int32_t> text, const DraftPolicy& policy)
    : index_(index),
      sequence_(sequence),
      request_(request),
      text_(std::move(text)),
      policy_(policy) {}

void RequestState::PromptIsOut() {
  in_flight_.emplace_back();
  if (policy_.drafter != nullptr) {
    policy_.drafter->Begin(sequence_, text_);
    drafts_ = true;
  }
  text_ = {};
}

std::optional<BatchItem> RequestState::NextItem() {
  if (ended_) return std::nullopt;
  const bool waits = std::any_of(in_flight_.begin(), in_flight_.end(),
                                 [](const InFlight& item) { return !item.stale; });
  if (waits) return SubmitFollowingTree();
  if (policy_.drafter == nullptr) return SubmitToken();
  return SubmitFreshTree();
}

BatchItem RequestState::SubmitToken() {
  BatchItem item;
  item.sequence = sequence_;
  item.tokens = {last_token_};
  item.head_rows = {0};
  SettleInto(item);
  unsettled_.clear();
  judged_ = 0;
  in_flight_.push_back({.kind = InFlight::Kind::kToken});
  return item;
}

std::optional<BatchItem> RequestState::SubmitFreshTree() {
  const TokenTree tree = policy_.drafter->Draft(sequence_, policy_.most_rows);
  JUPITER_CHECK(tree.rows() >= 1 && tree.rows() <= policy_.most_rows, "{} rows", tree.rows());
  // A root alone needs no verdict on rows, but others may go on from it.
  if (tree.rows() == 1 && policy_.most_in_flight == 1) return SubmitToken();
  return Submit(tree, -1);
}

std::optional<BatchItem> RequestState::SubmitFollowingTree() {
  const auto in_flight = static_cast<int>(in_flight_.size());
  if (in_flight >= policy_.most_in_flight || in_flight_.back().kind != InFlight::Kind::kTree)
    return std::nullopt;
  if (in_flight_.back().guess.empty()) return std::nullopt;
  std::vector<std::int32_t> guess;
  for (const InFlight& item : in_flight_) {
    if (!item.stale) guess.insert(guess.end(), item.guess.begin(), item.guess.end());
  }
  const std::int64_t left = request_.max_tokens - std::ssize(generation_.tokens);
  if (std::ssize(guess) >= left) return std::nullopt;
  // One row is there already.
  const TokenTree tree = policy_.drafter->DraftBehind(sequence_, guess, policy_.most_rows + 1);
  if (tree.rows() == 1) return std::nullopt;
  return Submit(tree, in_flight_.back().guess_row);
}

BatchItem RequestState::Submit(const TokenTree& tree, std::int32_t follows) {
  const bool fresh = follows < 0;
  BatchItem item = ToItem(sequence_, tree);
  if (!fresh) {
    item.tokens.erase(item.tokens.begin());
    item.parents.erase(item.parents.begin());
    for (std::int32_t& parent : item.parents) --parent;
    item.head_rows.pop_back();
  }
  item.follows = follows;
  SettleInto(item);
  if (fresh) {
    unsettled_.clear();
    judged_ = 0;
  }
  unsettled_.push_back(static_cast<std::int32_t>(item.tokens.size()));
  InFlight sent{.kind = InFlight::Kind::kTree, .tree = tree, .has_root = fresh};
  const std::vector<std::int32_t> path = LikeliestPath(tree);
  for (std::size_t i = 1; i < path.size(); ++i) {
    sent.guess.push_back(tree.tokens[static_cast<std::size_t>(path[i])]);
  }
  sent.guess_row = path.back() - (fresh ? 0 : 1);
  in_flight_.push_back(std::move(sent));
  return item;
}

void RequestState::SettleInto(BatchItem& item) {
  item.accept = std::move(accepted_);
  accepted_.clear();
  if (item.accept.empty()) return;
  for (std::int32_t rows = 0; rows <= item.accept.back();) {
    rows += unsettled_.front();
    unsettled_.pop_front();
    --judged_;
  }
}

void RequestState::Take(const StepResult& result, double now, const RequestObserver& observer) {
  JUPITER_CHECK(!in_flight_.empty());
  const InFlight judged = std::move(in_flight_.front());
  in_flight_.pop_front();
  if (ended_) return;
  if (judged.stale) {
    ++generation_.stale_steps;
    return;
  }
  if (judged.kind == InFlight::Kind::kTree) TakeTree(judged, result);
  const std::int32_t fresh = Append(result, now, observer);
  if (policy_.drafter == nullptr || judged.kind == InFlight::Kind::kPrompt) return;
  generation_.steps.push_back(StepWith(judged, result, fresh));
}

void RequestState::TakeTree(const InFlight& judged, const StepResult& result) {
  const std::int32_t before = std::accumulate(
      unsettled_.begin(), unsettled_.begin() + static_cast<std::ptrdiff_t>(judged_), 0);
  for (std::int32_t row : result.rows) accepted_.push_back(before + row);
  ++judged_;
  const bool right = !result.rows.empty() && result.rows.back() == judged.guess_row;
  if (right) return;
  for (InFlight& later : in_flight_) later.stale = true;
}

DraftStep RequestState::StepWith(const InFlight& judged, const StepResult& result,
                                 std::int32_t fresh) const {
  DraftStep step;  // without a draft, where others have one
  if (judged.kind == InFlight::Kind::kTree) {
    // The root of an item that goes on from another was accepted with that one, and so was what the
    // target has after it: the first drafted token stands for a token that the answer had before.
    const std::int32_t before = judged.has_root ? 0 : 1;
    const auto rows = static_cast<std::int32_t>(result.rows.size());
    const std::int32_t room =
        ended_ ? fresh + before : static_cast<std::int32_t>(judged.tree.rows());
    step = DraftStepOf(judged.tree, rows - 1 + before, room);
  }
  step.tokens = fresh;
  return step;
}

std::int32_t RequestState::Append(const StepResult& result, double now,
                                  const RequestObserver& observer) {
  const std::vector<std::int32_t> fresh = TakeTokens(result, now, observer);
  if (ended_ && observer.on_end) observer.on_end(index_);
  const auto count = static_cast<std::int32_t>(fresh.size());
  if (policy_.drafter == nullptr) return count;
  if (ended_) {
    EndDrafts();
  } else {
    policy_.drafter->Extend(sequence_, fresh, result.candidates);
  }
  return count;
}

void RequestState::Abandon() {
  ended_ = true;
  EndDrafts();
}

void RequestState::EndDrafts() {
  if (std::exchange(drafts_, false)) policy_.drafter->End(sequence_);
}

std::vector<std::int32_t> RequestState::TakeTokens(const StepResult& result, double now,
                                                   const RequestObserver& observer) {
  std::vector<std::int32_t> fresh;
  for (std::size_t i = 0; i < result.tokens.size() && !ended_; ++i) {
    const std::int32_t token = result.tokens[i];
    const auto& ends = request_.end_ids;
    if (std::find(ends.begin(), ends.end(), token) != ends.end()) {
      ended_ = true;
      break;
    }
    generation_.tokens.push_back(token);
    generation_.logits_hashes.push_back(result.logits_hashes[i]);
    generation_.times.push_back(now);
    fresh.push_back(token);
    last_token_ = token;
    const bool goes_on = !observer.on_token || observer.on_token(index_, token);
    ended_ = !goes_on || std::ssize(generation_.tokens) >= request_.max_tokens;
  }
  return fresh;
}

}  // namespace jupiter
