// What the source counts of verification steps: tokens of the answer, and drafts within it.
#include "parallel/decoding/request_state.h"

#include <gtest/gtest.h>

#include <numeric>

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

// Row i of a draft has the token that stands i tokens after the last known one: its number.
class CountingDrafter : public Drafter {
 public:
  explicit CountingDrafter(std::int32_t drafted) : drafted_(drafted) {}

  void Begin(std::int32_t, std::span<const std::int32_t> text) override { last_ = text.back(); }
  void Extend(std::int32_t, std::span<const std::int32_t> tokens, const Candidates&) override {
    if (!tokens.empty()) last_ = tokens.back();
  }
  TokenTree Draft(std::int32_t, int) override { return From(last_); }
  TokenTree DraftBehind(std::int32_t, std::span<const std::int32_t> guess, int) override {
    return From(guess.back());
  }
  void End(std::int32_t) override {}

 private:
  TokenTree From(std::int32_t token) const {
    TokenTree tree;
    tree.tokens.resize(static_cast<std::size_t>(drafted_) + 1);
    tree.parents.resize(tree.tokens.size());
    std::iota(tree.tokens.begin(), tree.tokens.end(), token);
    std::iota(tree.parents.begin(), tree.parents.end(), -1);
    return tree;
  }

  std::int32_t drafted_;
  std::int32_t last_ = 0;
};

// The answer counts on from the prompt's last token: 1, 2, 3, ...
class Counted {
 public:
  Counted(int max_tokens, std::int32_t drafted, int in_flight = 1) : drafter_(drafted) {
    request_.prompt = {0};
    request_.max_tokens = max_tokens;
    policy_ = {&drafter_, drafted + 1, in_flight};
  }

  Request& request() { return request_; }
  RequestObserver& observer() { return observer_; }

  // From the prompt to the end: every verdict says that all drafted tokens are right.
  const Generation& Run() {
    state_.emplace(0, 0, request_, request_.prompt, policy_);
    state_->PromptIsOut();
    Take({}, {1});
    while (!state_->drained()) {
      while (std::optional<BatchItem> item = state_->NextItem()) sent_.push_back(*item);
      const BatchItem item = sent_.front();
      sent_.erase(sent_.begin());
      Ids rows(item.tokens.size());
      std::iota(rows.begin(), rows.end(), 0);
      Ids tokens = item.tokens;
      for (std::int32_t& token : tokens) ++token;
      Take(rows, tokens);
    }
    return state_->generation();
  }

 private:
  void Take(const Ids& rows, const Ids& tokens) {
    StepResult result;
    result.rows = rows;
    result.tokens = tokens;
    result.logits_hashes.resize(tokens.size());
    state_->Take(result, 0, observer_);
  }

  CountingDrafter drafter_;
  Request request_;
  RequestObserver observer_;
  DraftPolicy policy_;
  std::optional<RequestState> state_;
  std::vector<BatchItem> sent_;
};

void ExpectStep(const DraftStep& step, const DraftStep& expected) {
  EXPECT_EQ(step.nodes, expected.nodes);
  EXPECT_EQ(step.past_end, expected.past_end);
  EXPECT_EQ(step.depth, expected.depth);
  EXPECT_EQ(step.accepted, expected.accepted);
  EXPECT_EQ(step.tokens, expected.tokens);
}

TEST(RequestStateTest, DraftsPastTheLengthOfTheAnswerDoNotCount) {
  Counted counted(/*max_tokens=*/5, /*drafted=*/24);
  const Generation& generation = counted.Run();
  EXPECT_EQ(generation.tokens, (Ids{1, 2, 3, 4, 5}));
  ASSERT_EQ(generation.steps.size(), 1u);
  ExpectStep(generation.steps[0], {4, 20, 4, 4, 4});
}

TEST(RequestStateTest, DraftsWithinTheAnswerAllCount) {
  Counted counted(/*max_tokens=*/9, /*drafted=*/3);
  const Generation& generation = counted.Run();
  ASSERT_EQ(generation.steps.size(), 2u);
  for (const DraftStep& step : generation.steps) ExpectStep(step, {3, 0, 3, 3, 4});
}

TEST(RequestStateTest, DraftsPastTheEndTokenDoNotCount) {
  Counted counted(/*max_tokens=*/50, /*drafted=*/6);
  counted.request().end_ids = {11};
  const Generation& generation = counted.Run();
  EXPECT_EQ(generation.tokens.back(), 10);
  ASSERT_EQ(generation.steps.size(), 2u);
  ExpectStep(generation.steps[0], {6, 0, 6, 6, 7});
  ExpectStep(generation.steps[1], {2, 4, 2, 2, 2});
}

TEST(RequestStateTest, DraftsPastTheObserversEndDoNotCount) {
  Counted counted(/*max_tokens=*/50, /*drafted=*/6);
  counted.observer().on_token = [](int, std::int32_t token) { return token < 3; };
  const Generation& generation = counted.Run();
  EXPECT_EQ(generation.tokens, (Ids{1, 2, 3}));
  ASSERT_EQ(generation.steps.size(), 1u);
  ExpectStep(generation.steps[0], {2, 4, 2, 2, 2});
}

// A tree that goes on from another has no root of its own: what the target has after the guess is
// its first drafted token, and was counted with the tree before.
TEST(RequestStateTest, TreesBehindTreesCountEveryTokenOnce) {
  Counted counted(/*max_tokens=*/10, /*drafted=*/3, /*in_flight=*/3);
  const Generation& generation = counted.Run();
  std::int32_t tokens = 1;
  for (const DraftStep& step : generation.steps) tokens += step.tokens;
  EXPECT_EQ(tokens, 10);
  ASSERT_EQ(generation.steps.size(), 3u);
  ExpectStep(generation.steps[0], {3, 0, 3, 3, 4});
  ExpectStep(generation.steps[1], {3, 0, 3, 3, 3});
  ExpectStep(generation.steps[2], {3, 0, 3, 3, 2});
}

}  // namespace
}  // namespace jupiter
