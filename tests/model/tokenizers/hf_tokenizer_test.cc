#include "model/tokenizers/hf_tokenizer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/tokenizers/byte_alphabet.h"
#include "model/tokenizers/hf_json.h"
#include "tests/model/tokenizers/random_text.h"
#include "tests/model/tokenizers/test_files.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr char kHead[] = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)";
constexpr char kTail[] = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

std::unique_ptr<Tokenizer> OpenHf(const HfJson& root, const HfJson& config = HfJson()) {
  const std::string text = root.dump();
  const std::string config_text = config.dump();
  std::optional<NamedText> named_config;
  if (!config.is_null()) named_config = NamedText{"tokenizer_config.json", config_text};
  return OpenHfTokenizer({"tokenizer.json", text}, named_config);
}

// Bytes 0 to 255, "ab" 256, "abc" 257, "12" 258, <|begin_of_text|> 259, <|eot_id|> 260, <tool> 261.
HfJson ByteLevel() {
  HfJson vocab = HfJson::object();
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    vocab[ToAlphabet({&c, 1})] = byte;
  }
  vocab["ab"] = 256;
  vocab["abc"] = 257;
  vocab["12"] = 258;
  return {{"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", {"a b", "1 2"}}}},
          {"added_tokens",
           {{{"id", 259}, {"content", "<|begin_of_text|>"}, {"special", true}},
            {{"id", 260}, {"content", "<|eot_id|>"}, {"special", true}},
            {{"id", 261}, {"content", "<tool>"}, {"special", false}}}},
          {"normalizer", nullptr},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}}};
}

HfJson SplitOn(const std::string& regex) {
  return {{"type", "Sequence"},
          {"pretokenizers",
           {{{"type", "Split"},
             {"pattern", {{"Regex", regex}}},
             {"behavior", "Isolated"},
             {"invert", false}},
            {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
}

// <unk>, <s>, </s>, bytes 3 to 258, then U+2581 259, a 260, b 261, "_a" 262, "ab" 263, "_ab" 264.
HfJson HfSpm() {
  HfJson vocab = {{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}};
  for (int byte = 0; byte < 256; ++byte) vocab[fmt::format("<0x{:02X}>", byte)] = byte + 3;
  int next = 259;
  for (const char* text : {"\u2581", "a", "b", "\u2581a", "ab", "\u2581ab"}) vocab[text] = next++;
  return {{"model",
           {{"type", "BPE"},
            {"unk_token", "<unk>"},
            {"byte_fallback", true},
            {"vocab", vocab},
            {"merges", {"\u2581 a", "a b", {"\u2581a", "b"}}}}},
          {"added_tokens",
           {{{"id", 0}, {"content", "<unk>"}, {"special", true}},
            {{"id", 1}, {"content", "<s>"}, {"special", true}},
            {{"id", 2}, {"content", "</s>"}, {"special", true}}}},
          {"normalizer",
           {{"type", "Sequence"},
            {"normalizers",
             {{{"type", "Prepend"}, {"prepend", "\u2581"}},
              {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}}}}}},
          {"pre_tokenizer", nullptr},
          {"post_processor",
           {{"type", "TemplateProcessing"},
            {"single",
             {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
              {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}}}}};
}

TEST(HfTokenizerTest, FindsSpecialTokensByName) {
  const auto bytes = OpenHf(ByteLevel());
  EXPECT_EQ(bytes->FindSpecial("<|eot_id|>"), 260);
  EXPECT_EQ(bytes->FindSpecial("<tool>"), 261);
  EXPECT_EQ(bytes->FindSpecial("ab"), std::nullopt);  // of the vocabulary, but plain text
  EXPECT_EQ(bytes->FindSpecial("<|im_start|>"), std::nullopt);
  const auto spm = OpenHf(HfSpm());
  EXPECT_EQ(spm->FindSpecial("</s>"), 2);
  EXPECT_EQ(spm->FindSpecial("a"), std::nullopt);
  EXPECT_EQ(spm->FindSpecial("<0x0A>"), std::nullopt);
}

TEST(HfByteLevelTest, Gpt2) {
  const auto tokenizer = OpenHf(ByteLevel());
  EXPECT_EQ(tokenizer->vocab_size(), 262);
  EXPECT_EQ(tokenizer->Encode("abc 12"), (Ids{256, 'c', ' ', 258}));
  EXPECT_EQ(tokenizer->Decode(Ids{259, 256, ' ', 261, 260}), "ab <tool>");
  EXPECT_EQ(tokenizer->end_ids(), Ids{260});
  EXPECT_FALSE(tokenizer->adds_bos());
  std::mt19937 random(4);
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string text = RandomUtf8(random, i) + RandomBytes(random, i % 7);
    ASSERT_EQ(tokenizer->Decode(tokenizer->Encode(text)), text);
  }
}

TEST(HfByteLevelTest, Llama3) {
  HfJson root = ByteLevel();
  root["pre_tokenizer"] = SplitOn(std::string(kHead) + R"(\p{N}{1,3})" + kTail);
  root["model"]["ignore_merges"] = true;
  root["post_processor"] = {
      {"type", "Sequence"},
      {"processors",
       {{{"type", "ByteLevel"}},
        {{"type", "TemplateProcessing"},
         {"single",
          {{{"SpecialToken", {{"id", "<|begin_of_text|>"}}}}, {{"Sequence", {{"id", "A"}}}}}}}}}};
  const auto tokenizer = OpenHf(root);
  EXPECT_EQ(tokenizer->EncodePrompt("abc1212"), (Ids{259, 257, 258, '1', '2'}));
}

TEST(HfByteLevelTest, Qwen2) {
  HfJson root = ByteLevel();
  root["pre_tokenizer"] = SplitOn(std::string(kHead) + R"(\p{N})" + kTail);
  root["normalizer"] = {{"type", "NFC"}};
  const auto tokenizer =
      OpenHf(root, {{"bos_token", nullptr}, {"eos_token", "<|eot_id|>"}, {"add_bos_token", false}});
  EXPECT_EQ(tokenizer->EncodePrompt("abc12"), (Ids{256, 'c', '1', '2'}));
  EXPECT_FALSE(tokenizer->bos());
  EXPECT_EQ(tokenizer->end_ids(), Ids{260});
}

TEST(HfSpmTest, PrependAndReplace) {
  const auto tokenizer = OpenHf(HfSpm());
  EXPECT_EQ(tokenizer->EncodePrompt("ab"), (Ids{1, 264}));
  EXPECT_EQ(tokenizer->Encode("bab b"), (Ids{259, 261, 263, 259, 261}));
  EXPECT_EQ(tokenizer->Encode(" a"), (Ids{259, 262}));
  EXPECT_EQ(tokenizer->Encode("\u00e9"), (Ids{259, 3 + 0xc3, 3 + 0xa9}));
  EXPECT_EQ(tokenizer->Encode("<s>"), (Ids{259, 3 + '<', 3 + 's', 3 + '>'})) << "text is data";
  EXPECT_EQ(tokenizer->Decode(Ids{1, 262, 3 + '!', 262, 2}), "a! a");
  EXPECT_EQ(tokenizer->end_ids(), Ids{2});
  std::mt19937 random(4);
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string text = RandomUtf8(random, i);
    ASSERT_EQ(tokenizer->Decode(tokenizer->Encode(text)), text);
  }
}

TEST(HfSpmTest, Metaspace) {
  HfJson root = HfSpm();
  root["normalizer"] = nullptr;
  root["pre_tokenizer"] = {{"type", "Metaspace"},
                           {"replacement", "\u2581"},
                           {"prepend_scheme", "first"},
                           {"split", false}};
  EXPECT_EQ(OpenHf(root)->Encode("ab"), Ids{264});
  EXPECT_EQ(OpenHf(root)->Encode(" ab"), Ids{264}) << "a space is there already";
  root["pre_tokenizer"]["prepend_scheme"] = "never";
  EXPECT_EQ(OpenHf(root)->Encode("ab"), Ids{263});
  EXPECT_EQ(OpenHf(root)->Decode(Ids{264}), " ab");
}

TEST(HfSpecialTest, ConfigNamesBosAndEos) {
  HfJson root = HfSpm();
  root.erase("post_processor");
  const HfJson config = {{"bos_token", {{"content", "<s>"}, {"lstrip", false}}},
                         {"eos_token", "b"},
                         {"add_bos_token", true}};
  const auto tokenizer = OpenHf(root, config);
  EXPECT_EQ(tokenizer->EncodePrompt("a"), (Ids{1, 262}));
  EXPECT_EQ(tokenizer->end_ids(), (Ids{261, 2}));
  EXPECT_EQ(tokenizer->Decode(Ids{262, 261}), "a");
  // A template without a token in front outweighs the flag.
  root["post_processor"] = {{"type", "TemplateProcessing"},
                            {"single", {{{"Sequence", {{"id", "A"}}}}}}};
  EXPECT_EQ(OpenHf(root, config)->EncodePrompt("a"), Ids{262});
}

TEST(HfVocabularyTest, IdsMayLeaveGaps) {
  HfJson root = ByteLevel();
  root["added_tokens"][2]["id"] = 300;
  const auto tokenizer = OpenHf(root);
  EXPECT_EQ(tokenizer->vocab_size(), 301);
  EXPECT_EQ(tokenizer->Decode(Ids{280, 300}), "<tool>");
}

// A change to a good file, as a JSON pointer with its new value, and a part of the message.
struct Damage {
  std::string pointer;
  HfJson value;
  std::string message;
};

void ExpectRefused(const HfJson& good, const std::vector<Damage>& damages) {
  for (const Damage& damage : damages) {
    HfJson root = good;
    root[HfJson::json_pointer(damage.pointer)] = damage.value;
    const std::string message = UserErrorOf([&] { OpenHf(root); });
    EXPECT_EQ(message.rfind("tokenizer.json: ", 0), 0u) << message;
    EXPECT_NE(message.find(damage.message), std::string::npos) << damage.pointer << ": " << message;
  }
}

TEST(HfMalformedTest, ModelAndVocabulary) {
  ExpectRefused(ByteLevel(), {
                                 {"/model", nullptr, "no \"model\""},
                                 {"/model/type", "Unigram", "'Unigram'"},
                                 {"/model/type", 3, "expected a string"},
                                 {"/model/vocab", HfJson::array(), "no \"vocab\""},
                                 {"/model/vocab", HfJson::object(), "no \"vocab\""},
                                 {"/model/vocab/ab", "x", "token 'ab' has id string"},
                                 {"/model/vocab/ab", -1, "has id -1"},
                                 {"/model/vocab/ab", 1.5, "has id 1.5"},
                                 {"/model/vocab/ab", 4000000000u, "has id 4000000000"},
                                 {"/model/vocab/ab", 257, "the same id 257"},
                                 {"/model/merges", nullptr, "no list \"merges\""},
                                 {"/model/merges/0", "ab", "merge 0 is 'ab'"},
                                 {"/model/merges/0", 7, "merge 0"},
                                 {"/model/merges/0", {"a", "b", "c"}, "merge 0"},
                                 {"/model/merges/1", "a c", "merge 1 needs the token 'ac'"},
                                 {"/model/end_of_word_suffix", "</w>", "end_of_word_suffix"},
                                 {"/model/ignore_merges", "yes", "expected true or false"},
                                 {"/added_tokens", 3, "not a list"},
                                 {"/added_tokens/0", 3, "without \"content\""},
                                 {"/added_tokens/0/id", 260, "the same id 260"},
                                 {"/added_tokens/0/id", nullptr, "has id null"},
                             });
}

TEST(HfMalformedTest, PipelineOfByteLevel) {
  ExpectRefused(
      ByteLevel(),
      {
          {"/normalizer", {{"type", "Lowercase"}}, "normalizer 'Lowercase'"},
          {"/normalizer", {{"type", "Sequence"}}, "without a list \"normalizers\""},
          {"/pre_tokenizer/type", "Whitespace", "pre_tokenizer 'Whitespace'"},
          {"/pre_tokenizer", nullptr, "neither a ByteLevel"},
          {"/pre_tokenizer/add_prefix_space", true, "add_prefix_space"},
          {"/pre_tokenizer/use_regex", false, "pre_tokenizer of 1 steps"},
          {"/pre_tokenizer", SplitOn(R"(\d+)"), "unsupported Split pattern"},
          {"/post_processor", {{"type", "TemplateProcessing"}}, "\"single\""},
          {"/post_processor",
           {{"type", "TemplateProcessing"}, {"single", {{{"SpecialToken", {{"id", "[CLS]"}}}}}}},
           "'[CLS]'"},
      });
  HfJson inverted = ByteLevel();
  inverted["pre_tokenizer"] = SplitOn(std::string(kHead) + R"(\p{N})" + kTail);
  ExpectRefused(inverted, {{"/pre_tokenizer/pretokenizers/0/invert", true, "Split behavior"},
                           {"/pre_tokenizer/pretokenizers/0/behavior", "Removed", "Isolated"},
                           {"/pre_tokenizer/pretokenizers/0/type", "Digits", "'Digits'"},
                           {"/pre_tokenizer/pretokenizers/1/use_regex", true, "of 2 steps"}});
}

TEST(HfMalformedTest, PipelineOfSpm) {
  const HfJson split = {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"split", true}};
  ExpectRefused(HfSpm(), {{"/model/byte_fallback", false, "without byte_fallback"},
                          {"/model/unk_token", "[UNK]", "unk_token is '[UNK]'"},
                          {"/normalizer", nullptr, "neither a ByteLevel"},
                          {"/normalizer/normalizers/0/prepend", "_", "normalizer 'Prepend'"},
                          {"/pre_tokenizer", split, "pre_tokenizer 'Metaspace'"}});
}

TEST(HfMalformedTest, TextThatIsNoJson) {
  const auto error = [](std::string_view text) {
    return UserErrorOf([&] { OpenHfTokenizer({"tokenizer.json", text}, {}); });
  };
  EXPECT_EQ(error("{\"model\": "), "tokenizer.json: not valid JSON at byte 11 of 10");
  EXPECT_NE(error("{\"a\": \"\xff\"}").find("not valid JSON"), std::string::npos);
  EXPECT_NE(error("[]").find("expected an object"), std::string::npos);
  EXPECT_NE(error("{}").find("no \"model\""), std::string::npos);
  EXPECT_NE(error(std::string(100000, '[')).find("JSON"), std::string::npos);
}

TEST(HfMalformedTest, Config) {
  const auto error = [](const HfJson& config) {
    return UserErrorOf([&] { OpenHf(HfSpm(), config); });
  };
  EXPECT_NE(error({{"bos_token", "<bos>"}}).find("tokenizer_config.json: bos_token is '<bos>'"),
            std::string::npos);
  EXPECT_NE(error({{"eos_token", 3}}).find("\"eos_token\" is a number"), std::string::npos);
  EXPECT_NE(error({{"bos_token", {{"content", 3}}}}).find("\"content\""), std::string::npos);
}

}  // namespace
}  // namespace jupiter
