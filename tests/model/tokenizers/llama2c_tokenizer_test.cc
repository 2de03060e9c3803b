#include "model/tokenizers/llama2c_tokenizer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "tests/model/tokenizers/test_files.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

template <typename T>
std::string Raw(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

std::string Token(float score, const std::string& text) {
  return Raw(score) + Raw(static_cast<std::int32_t>(text.size())) + text;
}

// Controls and bytes, then " " 259, "a" 260, "b" 261, " a" 262, "ab" 263.
std::string TokBin() {
  std::string file =
      Raw<std::int32_t>(6) + Token(0, "<unk>") + Token(0, "\n<s>\n") + Token(0, "</s>");
  for (int byte = 0; byte < 256; ++byte) file += Token(0, fmt::format("<0x{:02X}>", byte));
  return file + Token(-9, " ") + Token(-9, "a") + Token(-9, "b") + Token(-1, " a") +
         Token(-2, "ab");
}

std::string Llama2cRefusal(const std::string& bytes) {
  return UserErrorOf([&] { OpenLlama2cTokenizer("tok.bin", bytes); });
}

TEST(Llama2cTokenizerTest, EncodesWithItsConventions) {
  const auto tokenizer = OpenLlama2cTokenizer("tok.bin", TokBin());
  EXPECT_EQ(tokenizer->vocab_size(), 264);
  EXPECT_EQ(tokenizer->EncodePrompt("ab"), (Ids{1, 262, 261}));
  EXPECT_EQ(tokenizer->Encode("bab"), (Ids{259, 261, 263}));
  EXPECT_EQ(tokenizer->Encode("\u00e9"), (Ids{259, 3 + 0xc3, 3 + 0xa9}));
  EXPECT_EQ(tokenizer->Encode("\xff"), (Ids{259, 3 + 0xff}));
  EXPECT_EQ(tokenizer->EncodePrompt(""), Ids{1});
  EXPECT_EQ(tokenizer->Decode(Ids{1, 262, 3 + '!', 262, 2}), "a! a");
  for (const std::string text : {"a b", " a", "  ", "x\ny", "<s>", "\u2581"}) {
    EXPECT_EQ(tokenizer->Decode(tokenizer->Encode(text)), text);
  }
}

TEST(Llama2cTokenizerTest, ContinuesWithoutASpace) {
  const auto tokenizer = OpenLlama2cTokenizer("tok.bin", TokBin());
  EXPECT_EQ(tokenizer->EncodeContinuation("ab"), Ids{263});
  EXPECT_EQ(tokenizer->EncodeContinuation(" ab"), (Ids{262, 261}));
  EXPECT_EQ(tokenizer->EncodeContinuation(""), Ids{});
}

TEST(Llama2cTokenizerTest, MalformedFilesAreRefused) {
  const auto expect = [](const std::string& message, const std::string& part) {
    EXPECT_EQ(message.rfind("tok.bin: ", 0), 0u) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  const std::string good = TokBin();
  expect(Llama2cRefusal(""), "truncated");
  expect(Llama2cRefusal("abc"), "ends after 3 more");
  expect(Llama2cRefusal(Raw<std::int32_t>(6)), "0 tokens, expected at least 259");
  expect(Llama2cRefusal(Raw<std::int32_t>(0)), "longest token of 0 bytes");
  expect(Llama2cRefusal(Raw<std::int32_t>(-1)), "longest token of 4294967295 bytes");
  expect(Llama2cRefusal(good.substr(0, good.size() - 1)), "the text of a token");
  expect(Llama2cRefusal(good + Raw(1.0f)), "the length of a token");
  expect(Llama2cRefusal(good + Raw(1.0f) + Raw<std::int32_t>(-5)),
         "token 264 has 4294967291 bytes");
  expect(Llama2cRefusal(good + Token(1, "1234567")),
         "token 264 has 7 bytes, but the longest has 6");
  expect(Llama2cRefusal(good + Token(std::numeric_limits<float>::quiet_NaN(), "x")),
         "not a number");
  std::string wrong_byte = good;
  wrong_byte[wrong_byte.find("<0x41>") + 4] = '2';
  expect(Llama2cRefusal(wrong_byte), "token 68 is '<0x42>', expected '<0x41>'");
}

TEST(Llama2cTokenizerTest, EveryTruncationIsRefusedOrSmaller) {
  const std::string good = TokBin();
  int opened = 0;
  for (std::size_t size = 0; size < good.size(); ++size) {
    try {
      const auto tokenizer =
          OpenLlama2cTokenizer("tok.bin", std::string_view(good).substr(0, size));
      EXPECT_GE(tokenizer->vocab_size(), 259);
      ++opened;
    } catch (const std::runtime_error&) {
      continue;
    }
  }
  EXPECT_EQ(opened, 5) << "after tokens 258 to 262, where a file may well end";
}

}  // namespace
}  // namespace jupiter
