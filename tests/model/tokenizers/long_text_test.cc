// A megabyte must not take quadratic time, whatever it consists of.
#include <gtest/gtest.h>

#include <ctime>

#include "model/tokenizers/open_tokenizer.h"
#include "model/tokenizers/tokenizer.h"
#include "tests/model/tokenizers/random_text.h"
#include "tests/model/tokenizers/test_files.h"

namespace jupiter {
namespace {

constexpr double kLimit = 30;  // seconds of processor time; quadratic would be hours
constexpr std::size_t kMegabyte = 1 << 20;

std::string Repeat(const std::string& part) {
  std::string text;
  while (text.size() < kMegabyte) text += part;
  return text;
}

class LongTextTest : public testing::TestWithParam<std::string> {};

TEST_P(LongTextTest, EncodesAMegabyteInTime) {
  const std::string path = ModelFile(GetParam());
  JUPITER_SKIP_WITHOUT(path, GetParam());
  const auto tokenizer = OpenTokenizer(path);
  std::mt19937 random(7);
  std::string letters;
  while (letters.size() < kMegabyte) letters.push_back(static_cast<char>('a' + random() % 26));
  for (const std::string& text :
       {Repeat("Once upon a time, there was a little girl named Lily. "), Repeat("a"), Repeat(" "),
        Repeat("\n"), Repeat(" \n\t"), Repeat("\xff"), Repeat("12"), Repeat("'"), letters,
        RandomUtf8(random, kMegabyte / 3)}) {
    const std::clock_t start = std::clock();
    const std::vector<std::int32_t> ids = tokenizer->Encode(text);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    EXPECT_LT(seconds, kLimit) << text.substr(0, 20);
    EXPECT_EQ(tokenizer->Decode(ids), text) << text.substr(0, 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Vocabularies, LongTextTest,
                         testing::Values("tokenizers/ggml-vocab-llama-spm.gguf",
                                         "tokenizers/ggml-vocab-gpt-2.gguf"),
                         [](const auto& info) {
                           return "Vocabulary" + std::to_string(info.index);
                         });

}  // namespace
}  // namespace jupiter
