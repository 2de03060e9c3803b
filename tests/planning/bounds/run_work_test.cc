// What has to be computed, from marks.
#include "planning/bounds/run_work.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

using Steps = std::vector<SequenceStep>;

class Source {
 public:
  Source& Mark(MarkKind kind, Steps steps = {}) {
    record_.ranks.front().events.push_back(MarkEvent{kind, 0, 0, std::move(steps)});
    return *this;
  }
  std::vector<SetWork> Work() const { return WorkOf(record_); }

 private:
  RunRecord record_{.description = "", .ranks = {{}}};
};

TEST(RunWorkTest, PromptsInSlicesAndDraftsInSteps) {
  const auto work = Source()
                        .Mark(MarkKind::kStart)
                        .Mark(MarkKind::kPromptBatch, {{0, 0, 5}})
                        .Mark(MarkKind::kPromptBatch, {{0, 0, 2}})
                        .Mark(MarkKind::kFirstToken, {{0, 0, 1}})
                        .Mark(MarkKind::kStepBatch, {{0, 1, 4}})
                        .Mark(MarkKind::kToken, {{0, 1, 3}})
                        .Mark(MarkKind::kStepBatch, {{0, 2, 4}})
                        .Mark(MarkKind::kToken, {{0, 2, 1}})
                        .Mark(MarkKind::kEnd)
                        .Work();
  ASSERT_EQ(work.size(), 1u);
  ASSERT_EQ(work[0].requests.size(), 1u);
  const RequestWork& request = work[0].requests[0];
  EXPECT_EQ(request.prompt, 7);
  EXPECT_FALSE(request.runs_ahead);
  ASSERT_EQ(request.steps.size(), 2u);
  EXPECT_EQ(request.steps[0].rows, 4);
  EXPECT_EQ(request.steps[0].before, 7);
  EXPECT_EQ(request.steps[1].before, 10);
  EXPECT_EQ(request.steps[1].tokens, 1);
}

TEST(RunWorkTest, SequencesWithoutTokensArePrefixes) {
  const auto work = Source()
                        .Mark(MarkKind::kStart)
                        .Mark(MarkKind::kPromptBatch, {{0, 0, 9}})
                        .Mark(MarkKind::kPromptBatch, {{1, 0, 2}, {2, 0, 3}})
                        .Mark(MarkKind::kFirstToken, {{1, 0, 1}})
                        .Mark(MarkKind::kToken, {{2, 0, 1}})
                        .Mark(MarkKind::kStepBatch, {{1, 1, 1}, {2, 1, 1}})
                        .Mark(MarkKind::kToken, {{1, 1, 1}})
                        .Mark(MarkKind::kToken, {{2, 1, 1}})
                        .Work();
  ASSERT_EQ(work.size(), 1u);
  EXPECT_EQ(work[0].prefix, 9);
  ASSERT_EQ(work[0].requests.size(), 2u);
  EXPECT_EQ(work[0].requests[1].before, 9);
  EXPECT_EQ(work[0].requests[1].prompt, 3);
  EXPECT_EQ(work[0].requests[1].steps.at(0).before, 12);
}

TEST(RunWorkTest, StepsAheadOfVerdictsAndWrongGuesses) {
  const auto work = Source()
                        .Mark(MarkKind::kStart)
                        .Mark(MarkKind::kPromptBatch, {{0, 0, 2}})
                        .Mark(MarkKind::kFirstToken, {{0, 0, 1}})
                        .Mark(MarkKind::kStepBatch, {{0, 1, 1}})
                        .Mark(MarkKind::kStepBatch, {{0, 2, 1}})
                        .Mark(MarkKind::kToken, {{0, 1, 1}})
                        .Mark(MarkKind::kStepBatch, {{0, 3, 1}})
                        .Mark(MarkKind::kToken, {{0, 3, 1}})
                        .Work();
  const RequestWork& request = work.at(0).requests.at(0);
  EXPECT_TRUE(request.runs_ahead);
  ASSERT_EQ(request.steps.size(), 3u);
  EXPECT_EQ(request.steps[1].tokens, 0);
  EXPECT_EQ(request.steps[2].before, 3);
}

}  // namespace
}  // namespace jupiter
