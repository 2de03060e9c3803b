// Texts against plain decoding, one token at a time.
#include "model/medusa/text_maker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

const std::vector<std::vector<std::int32_t>> kPrompts = {{1}, {5, 6, 7}, {9, 8}};

std::unique_ptr<TestStage> MakeStage(int sequences) {
  std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny");
  StageOptions options = WholeModel(checkpoint->config(), sequences);
  options.max_positions = 64;
  return std::make_unique<TestStage>(MakeDevice("cpu", {}), std::move(checkpoint), options);
}

TextOptions SomeOptions() {
  TextOptions options;
  options.drawn = 6;
  options.greedy = 10;
  options.sampling.temperature = 1;
  options.sampling.seed = 3;
  return options;
}

std::vector<Text> Make(int sequences, const TextOptions& options, std::int64_t positions) {
  const std::unique_ptr<TestStage> stage = MakeStage(sequences);
  return MakeTexts(stage->stage(), kPrompts, options, positions, [](std::int64_t) {});
}

TEST(TextMakerTest, TextsEndWithWhatTheModelFindsLikeliest) {
  const std::vector<Text> texts = Make(4, SomeOptions(), 100);
  const std::unique_ptr<TestStage> stage = MakeStage(1);
  EXPECT_EQ(texts.size(), 10u);
  std::vector<int> drawn;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Text& text = texts[i];
    const auto& prompt = kPrompts[i % kPrompts.size()];
    EXPECT_TRUE(std::equal(prompt.begin(), prompt.end(), text.tokens.begin()));
    EXPECT_EQ(text.positions(), 10);
    drawn.push_back(text.greedy - static_cast<int>(prompt.size()));
    std::vector<float> rows;
    stage->Open(0);
    for (std::size_t p = 0; p + 1 < text.tokens.size(); ++p) {
      const Floats logits = stage->Run(Item(0, {text.tokens[p]}))[0];
      const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
      if (static_cast<int>(p) >= text.first_position()) {
        EXPECT_EQ(text.tokens[p + 1], best);
      }
      const Floats row = ToHost(stage->device(), stage->stage().HeadInput())[0];
      rows.insert(rows.end(), row.begin(), row.end());
    }
    stage->Close(0);
    EXPECT_EQ(text.rows, rows);
  }
  EXPECT_EQ(*std::min_element(drawn.begin(), drawn.end()), 0);
  EXPECT_EQ(*std::max_element(drawn.begin(), drawn.end()), 6);
}

TEST(TextMakerTest, TextsDoNotDependOnHowManyAreWrittenAtATime) {
  const std::vector<Text> alone = Make(1, SomeOptions(), 60);
  TextOptions other = SomeOptions();
  ++other.sampling.seed;
  for (const int sequences : {2, 7}) {
    const std::vector<Text> together = Make(sequences, SomeOptions(), 60);
    ASSERT_EQ(together.size(), alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
      EXPECT_EQ(together[i].tokens, alone[i].tokens);
      EXPECT_EQ(together[i].rows, alone[i].rows);
      EXPECT_EQ(together[i].greedy, alone[i].greedy);
    }
    EXPECT_NE(Make(sequences, other, 60).back().tokens, alone.back().tokens);
  }
}

TEST(TextMakerTest, AnEndTokenEndsAText) {
  TextOptions options = SomeOptions();
  const std::vector<Text> whole = Make(3, options, 40);
  const Text& first = whole.front();
  const auto cut = static_cast<std::size_t>(first.greedy) + 4;
  options.end_ids = {first.tokens[cut]};
  const Text ended = Make(3, options, 40).front();
  EXPECT_EQ(ended.tokens.back(), first.tokens[cut]);
  EXPECT_LE(ended.tokens.size(), cut + 1);
  EXPECT_TRUE(std::equal(ended.tokens.begin(), ended.tokens.end(), first.tokens.begin()));
}

TEST(TextMakerTest, RefusesAModelThatEndsAtOnce) {
  TextOptions options = SomeOptions();
  options.end_ids.resize(256 + 3);
  std::iota(options.end_ids.begin(), options.end_ids.end(), 0);
  ExpectRefusal([&] { Make(2, options, 50); }, {"ends its texts at once", "prompts"});
}

}  // namespace
}  // namespace jupiter
