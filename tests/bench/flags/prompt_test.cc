// Prompts, lists and case names: what may be typed.
#include "bench/flags/prompt.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/flags/flags.h"
#include "bench/measure/cases.h"
#include "model/tokenizers/open_tokenizer.h"
#include "tests/bench/flags/small_model.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/temp_directory.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

PromptFlags WithIds(const std::string& ids) {
  PromptFlags flags;
  flags.ids = ids;
  return flags;
}

TEST(ListTest, Numbers) {
  EXPECT_EQ(ParseList("--layers", "8,8,7"), (Ids{8, 8, 7}));
  EXPECT_EQ(ParseList("--layers", "5"), Ids{5});
  EXPECT_EQ(ParseList("--layers", "-3,0"), (Ids{-3, 0}));  // the caller knows the range
}

TEST(ListTest, RefusesEverythingElse) {
  for (const char* text : {"", ",", "8,", ",8", "8,,8", "8 ", " 8", "8, 8", "8;8", "eight", "8.5",
                           "1e3", "0x8", "99999999999", "8,99999999999", "+8"}) {
    ExpectRefusal([&] { ParseList("--layers", text); }, {"--layers " + std::string(text)});
  }
}

TEST(ReadPromptTest, Ids) {
  EXPECT_EQ(ReadPrompt(WithIds("1,9,0"), nullptr, ModelOfVocab(10)), (Ids{1, 9, 0}));
  ExpectRefusal([] { ReadPrompt(WithIds("1,10"), nullptr, ModelOfVocab(10)); },
                {"10", "small", "0 to 9"});
  ExpectRefusal([] { ReadPrompt(WithIds("-1"), nullptr, ModelOfVocab(10)); }, {"-1"});
  ExpectRefusal([] { ReadPrompt(WithIds("1,x"), nullptr, ModelOfVocab(10)); },
                {"--prompt-ids", "1,x"});
}

TEST(ReadPromptTest, TextAndFile) {
  const std::unique_ptr<Tokenizer> tokenizer = OpenTokenizer("synthetic:tiny");
  const TempDirectory directory;
  PromptFlags text;
  text.text = "Hi";
  PromptFlags file;
  file.file = directory.Write("prompt.txt", "Hi");
  const Ids ids = ReadPrompt(text, tokenizer.get(), ModelOfVocab(1024));
  EXPECT_EQ(ids, tokenizer->EncodePrompt("Hi"));
  EXPECT_EQ(ReadPrompt(file, tokenizer.get(), ModelOfVocab(1024)), ids);
  // A tokenizer of another model.
  ExpectRefusal([&] { ReadPrompt(text, tokenizer.get(), ModelOfVocab(50)); },
                {"vocabulary", "small"});
}

TEST(ReadPromptTest, RefusesNoneSeveralAndNothing) {
  const std::unique_ptr<Tokenizer> tokenizer = OpenTokenizer("synthetic:tiny");
  const TempDirectory directory;
  const auto refuses = [&](const PromptFlags& flags, const std::string& part) {
    ExpectRefusal([&] { ReadPrompt(flags, tokenizer.get(), ModelOfVocab(1024)); }, {part});
  };
  PromptFlags flags;
  refuses(flags, "--prompt-ids");
  flags.text = "a";
  flags.ids = "1";
  refuses(flags, "only one");
  flags.file = "b";
  refuses(flags, "only one");
  flags = {};
  flags.file = directory.Write("empty.txt", "");
  refuses(flags, "empty");
  flags.file = directory.path() + "/missing.txt";
  refuses(flags, flags.file);
  flags.file = directory.path();
  refuses(flags, flags.file);
}

TEST(RandomPromptTest, SeededAndInsideTheVocabulary) {
  for (int vocab : {2, 64, 65, 32000}) {
    const Ids ids = RandomPrompt(ModelOfVocab(vocab), 500, 1);
    ASSERT_EQ(ids.size(), 500u);
    EXPECT_GE(*std::min_element(ids.begin(), ids.end()), vocab > 64 ? 16 : 0);
    EXPECT_LT(*std::max_element(ids.begin(), ids.end()), vocab);
    EXPECT_EQ(RandomPrompt(ModelOfVocab(vocab), 500, 1), ids);
    EXPECT_NE(RandomPrompt(ModelOfVocab(vocab), 500, 2), ids);
  }
  EXPECT_TRUE(RandomPrompt(ModelOfVocab(100), 0, 1).empty());
  // A longer prompt continues a shorter one.
  const Ids longer = RandomPrompt(ModelOfVocab(32000), 20, 1);
  EXPECT_EQ(RandomPrompt(ModelOfVocab(32000), 10, 1), Ids(longer.begin(), longer.begin() + 10));
}

TEST(CaseNameTest, SaysWhatItMeasures) {
  EXPECT_EQ(CaseName("dir/model.gguf", {"jupiter", 128, 32, false}),
            "real/model.gguf/jupiter/pp128/tg32");
  EXPECT_EQ(CaseName("synthetic:tiny:q8_0", {"local", 1, 0, true}),
            "real/synthetic:tiny:q8_0/local-all-cores/pp1/tg0");
  EXPECT_EQ(CaseName("synthetic:tiny", {"jupiter", 8, 4, false, 0}, "ngram-continuous"),
            "real/synthetic:tiny/jupiter/ngram-continuous/pp8/tg4");
  EXPECT_EQ(ShortModelName("/a/b/llama-hf//"), "llama-hf");
  EXPECT_EQ(ShortModelName("plain.bin"), "plain.bin");
}

}  // namespace
}  // namespace jupiter
