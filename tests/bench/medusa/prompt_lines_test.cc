#include "bench/medusa/prompt_lines.h"

#include <gtest/gtest.h>

#include "model/tokenizers/open_tokenizer.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/temp_directory.h"

namespace jupiter {
namespace {

std::vector<PromptIds> Read(const std::string& text, int most = 100, int vocab = 259) {
  const TempDirectory directory;
  ModelConfig config;
  config.name = "small";
  config.vocab = vocab;
  // Bytes: byte b is id b + 3.
  return ReadPromptLines(directory.Write("prompts.txt", text), *OpenTokenizer("synthetic:tiny"),
                         config, most);
}

TEST(PromptLinesTest, APromptPerLine) {
  const std::unique_ptr<Tokenizer> tokenizer = OpenTokenizer("synthetic:tiny");
  const std::vector<PromptIds> expected = {tokenizer->EncodePrompt("one two"),
                                           tokenizer->EncodePrompt(" three")};
  EXPECT_EQ(Read("one two\n\n  \t\n three\n"), expected);
  EXPECT_EQ(Read("one two\r\n\r\n three"), expected);
}

TEST(PromptLinesTest, RefusesPromptsThatCannotBeUsed) {
  ExpectRefusal([] { Read(""); }, {"--prompts", "prompts.txt", "no prompts"});
  ExpectRefusal([] { Read("\n \n"); }, {"no prompts"});
  ExpectRefusal([] { Read("a\n\n" + std::string(200, 'b')); }, {"line 3", "100 at most"});
  ExpectRefusal([] { Read("a\nz", 100, 120); }, {"line 2", "125", "small (0 to 119)"});
  ModelConfig config;
  ExpectRefusal(
      [&] { ReadPromptLines("/nonexistent/p", *OpenTokenizer("synthetic:tiny"), config, 9); },
      {"--prompts /nonexistent/p", "cannot be read"});
}

TEST(PromptLinesTest, HoldsOutEveryTenth) {
  std::vector<PromptIds> prompts;
  for (int i = 0; i < 21; ++i) prompts.push_back({i});
  const PromptSets sets = SplitPrompts(prompts);
  EXPECT_EQ(sets.held_out, (std::vector<PromptIds>{{0}, {10}, {20}}));
  EXPECT_EQ(sets.training.size(), 18u);
  EXPECT_EQ(sets.training[9], PromptIds{11});
  EXPECT_EQ(SplitPrompts({{1}, {2}}).training, (std::vector<PromptIds>{{2}}));
  EXPECT_EQ(SplitPrompts({{5}}).training, (std::vector<PromptIds>{{5}}));
  EXPECT_EQ(SplitPrompts({{5}}).held_out, (std::vector<PromptIds>{{5}}));
}

}  // namespace
}  // namespace jupiter
