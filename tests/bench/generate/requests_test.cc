#include "bench/generate/requests.h"

#include <gtest/gtest.h>

#include "model/tokenizers/open_tokenizer.h"
#include "tests/bench/flags/small_model.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/temp_directory.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

using Ids = std::vector<std::int32_t>;

std::string RequestRefusal(const std::string& text) {
  return RefusalOf([&] { ParseRequests(text, "file"); });
}

TEST(RequestsTest, EveryField) {
  const std::vector<TextRequest> requests = ParseRequests(
      "{\"prompt\": \"Once upon\\na time\"}\r\n"
      "\n  \t\n"
      "{\"prompt_ids\": [1, 403], \"tokens\": 64, \"id\": \"b\"}\n"
      "{\"id\": 17, \"prompt\": \"\\u00e9\", \"tokens\": 1}",
      "file");
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].id, "1");
  EXPECT_EQ(requests[0].prompt, "Once upon\na time");
  EXPECT_EQ(requests[0].tokens, std::nullopt);
  EXPECT_EQ(requests[0].line, 1);
  EXPECT_EQ(requests[1].id, "b");
  EXPECT_EQ(requests[1].prompt, "");
  EXPECT_EQ(requests[1].prompt_ids, (Ids{1, 403}));
  EXPECT_EQ(requests[1].tokens, 64);
  EXPECT_EQ(requests[1].line, 4);
  EXPECT_EQ(requests[2].id, "17");
  EXPECT_EQ(requests[2].prompt, "\u00e9");
  EXPECT_EQ(requests[2].tokens, 1);
}

TEST(RequestsTest, MalformedLines) {
  const std::string first = "{\"prompt\": \"x\"}\n";
  const auto expect = [&](const std::string& line, const std::string& error) {
    EXPECT_EQ(RequestRefusal(first + line), "file: line 2: " + error);
  };
  const std::string no_json =
      "not JSON; expected one object, such as {\"prompt\": \"Once upon a time\"}";
  for (const char* line : {"x", "{", "{\"prompt\": \"x\"", "{\"prompt\": \"x\"} {}",
                           "{\"prompt\": \"\xff\"}", "{'prompt': 'x'}", "{\"prompt\": \"x\",}"}) {
    expect(line, no_json);
  }
  expect(std::string(100'000, '['), no_json);
  for (const std::string line : {"[]", "3", "null", "\"prompt\""}) {
    expect(line, "got " + line + ", expected a request as a JSON object");
  }
  expect("{}", "expected one of prompt and prompt_ids, got none");
  expect("{\"prompt\": \"x\", \"prompt_ids\": [1]}",
         "expected one of prompt and prompt_ids, got both");
  expect("{\"prompt\": \"\"}", "prompt is empty; give some text");
  expect("{\"prompt\": 3}", "prompt: got 3, expected a word");
  expect("{\"prompt_ids\": []}", "prompt_ids: got [], expected a list of numbers");
  expect("{\"prompt_ids\": 1}", "prompt_ids: got 1, expected a list of numbers");
  expect("{\"prompt_ids\": [1, \"x\"]}",
         "prompt_ids: got \"x\", expected a whole number from 0 to 16777216");
  expect("{\"prompt_ids\": [-1]}",
         "prompt_ids: got -1, expected a whole number from 0 to 16777216");
  for (const std::string tokens : {"0", "-1", "1.5", "\"4\"", "18446744073709551615", "null"}) {
    expect("{\"prompt\": \"x\", \"tokens\": " + tokens + "}",
           "tokens: got " + tokens + ", expected a whole number from 1 to 16777216");
  }
  expect("{\"prompt\": \"x\", \"token\": 4}",
         "unknown key token; a request has id, prompt, prompt_ids, tokens");
  for (const std::string id : {"\"\"", "null", "1.5", "[]", "\"\\n\""}) {
    expect("{\"prompt\": \"x\", \"id\": " + id + "}",
           "id: got " + id + ", expected a number, or 1 to 100 printable bytes");
  }
}

TEST(RequestsTest, IdsAreUnique) {
  EXPECT_EQ(
      RequestRefusal("{\"prompt\": \"x\", \"id\": \"a\"}\n\n{\"prompt\": \"y\", \"id\": \"a\"}"),
      "file: line 3: the id a is that of line 1, too; a request without an id has its "
      "position");
  EXPECT_EQ(RequestRefusal("{\"prompt\": \"x\", \"id\": 2}\n{\"prompt\": \"y\"}"),
            "file: line 2: the id 2 is that of line 1, too; a request without an id has its "
            "position");
}

TEST(RequestsTest, NoneAndTooMany) {
  for (const char* text : {"", "\n \r\n"}) {
    EXPECT_EQ(RequestRefusal(text),
              "file: no requests; expected lines such as {\"prompt\": \"Once upon a time\"}");
  }
  std::string many;
  for (int i = 0; i <= 10'000; ++i) many += "{\"prompt_ids\":[1]}\n";
  EXPECT_EQ(RequestRefusal(many), "file: line 10001: more than 10000 requests; split the file");
}

TEST(RequestsTest, Files) {
  const TempDirectory directory;
  const std::string path = directory.Write("requests.jsonl", "{\"prompt\": \"x\"}\n");
  EXPECT_EQ(ReadRequests(path).size(), 1u);
  ExpectRefusal([] { ReadRequests("/no/such/file"); },
                {"--requests /no/such/file: cannot be read"});
}

TEST(RequestsTest, PromptIds) {
  const auto requests = ParseRequests(
      "{\"prompt\": \"Hi\"}\n{\"prompt_ids\": [1, 9]}\n{\"prompt_ids\": [10]}", "file");
  const std::unique_ptr<Tokenizer> tokenizer = OpenTokenizer("synthetic:tiny");
  EXPECT_EQ(PromptIds(requests[0], "file", tokenizer.get(), ModelOfVocab(1024)),
            tokenizer->EncodePrompt("Hi"));
  EXPECT_EQ(PromptIds(requests[1], "file", nullptr, ModelOfVocab(10)), (Ids{1, 9}));
  ExpectRefusal([&] { PromptIds(requests[2], "file", nullptr, ModelOfVocab(10)); },
                {"file: line 3: token id 10 is outside the vocabulary of small (0 to 9)"});
  ExpectRefusal([&] { PromptIds(requests[0], "file", tokenizer.get(), ModelOfVocab(10)); },
                {"file: line 1: token id"});
  ExpectRefusal([&] { PromptIds(requests[0], "file", nullptr, ModelOfVocab(10)); },
                {"file: line 1: a text, but there is no tokenizer"});
}

}  // namespace
}  // namespace jupiter
