// References survive their file; files that were cut or edited are refused with one line.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "bench/report/reference.h"
#include "kernels/base/check.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/temp_directory.h"

namespace jupiter {
namespace {

Reference Example() {
  Reference reference;
  reference.model = "tiny f32 \"quoted\"";
  reference.prompt = {1, 403, 407};
  reference.tokens = {432, 0, 286};
  reference.logits_hashes = {0xffffffffffffffffull, 0, 0x0123456789abcdefull};
  return reference;
}

Generation GenerationOf(const Reference& reference) {
  Generation generation;
  generation.tokens = reference.tokens;
  generation.logits_hashes = reference.logits_hashes;
  return generation;
}

void ExpectSame(const Reference& a, const Reference& b) {
  EXPECT_EQ(a.model, b.model);
  EXPECT_EQ(a.prompt, b.prompt);
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.logits_hashes, b.logits_hashes);
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

class ReferenceFileTest : public testing::Test {
 protected:
  std::string SavedText() const {
    const std::string path = directory_.path() + "/saved.json";
    SaveReference(Example(), path);
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void ExpectRefused(const std::string& text, const std::vector<std::string>& parts = {}) const {
    const std::string path = directory_.Write("wrong.json", text);
    std::vector<std::string> all = {path};
    all.insert(all.end(), parts.begin(), parts.end());
    SCOPED_TRACE(text.substr(0, 80));
    ExpectRefusal([&] { LoadReference(path); }, all);
  }

  TempDirectory directory_;
};

TEST_F(ReferenceFileTest, RoundTrip) {
  const std::string path = directory_.path() + "/reference.json";
  SaveReference(Example(), path);
  ExpectSame(LoadReference(path), Example());
  Reference empty;
  empty.model = "nothing generated";
  SaveReference(empty, path);
  ExpectSame(LoadReference(path), empty);
}

TEST_F(ReferenceFileTest, RefusesEveryTruncation) {
  const std::string text = SavedText();
  for (std::size_t size = 0; size + 2 < text.size(); ++size) ExpectRefused(text.substr(0, size));
}

TEST_F(ReferenceFileTest, RefusesWhatIsNoReference) {
  const std::string text = SavedText();
  for (const char* other :
       {"", "[]", "3", "null", "{}", "not json", "{\"jupiter_reference\": 1}"}) {
    ExpectRefused(other);
  }
  ExpectRefused(std::string(100000, '['));
  ExpectRefused(Replaced(text, "\"jupiter_reference\": 1", "\"jupiter_reference\": 2"),
                {"version"});
  ExpectRefused(Replaced(text, "\"numerics\": 2", "\"numerics\": 3"),
                {"numerics version 3", "version 2", "--save-reference"});
  // Files of version 1 do not say so.
  ExpectRefused(Replaced(text, "\"numerics\": 2,", ""), {"numerics version 1"});
  ExpectRefused(Replaced(text, "\"tokens\"", "\"other\""));
  ExpectRefused(Replaced(text, "432", "\"432\""));
  ExpectRefused(Replaced(text, "432", "1.5"));
  ExpectRefused(Replaced(text, "432", "-1"));
  ExpectRefused(Replaced(text, "432", "4294967728"));  // 432 + 2^32
  ExpectRefused(Replaced(text, "403", "[]"));
  ExpectRefused(Replaced(text, "\"prompt\": [", "\"prompt\": 3, \"other\": ["), {"list"});
  ExpectRefused(Replaced(text, "432,", ""), {"2 tokens", "3 hashes"});
}

TEST_F(ReferenceFileTest, RefusesHashesThatAreNoHash) {
  const std::string text = SavedText();
  for (const char* hash : {"", "zz", "0123456789abcdeg", "0123456789abcdef0", "-123456789abcdef",
                           " 123456789abcdef", "0x23456789abcdef"}) {
    ExpectRefused(Replaced(text, "0123456789abcdef", hash), {"hash"});
  }
  ExpectRefused(Replaced(text, "\"0123456789abcdef\"", "17"));
}

TEST_F(ReferenceFileTest, PathsThatCannotBeUsed) {
  const std::string missing = directory_.path() + "/missing/reference.json";
  ExpectRefusal([&] { LoadReference(missing); }, {missing, "--save-reference"});
  ExpectRefusal([&] { SaveReference(Example(), missing); }, {missing, "written"});
  ExpectRefusal([&] { LoadReference(directory_.path()); }, {directory_.path()});
  ExpectRefusal([&] { SaveReference(Example(), directory_.path()); }, {directory_.path()});
  // Where every write fails.
  ExpectRefusal([&] { SaveReference(Example(), "/dev/full"); }, {"/dev/full"});
}

TEST_F(ReferenceFileTest, FitsOnlyItsModelAndPrompt) {
  const Reference reference = Example();
  EXPECT_NO_THROW(CheckReferenceFits(reference, "r", reference.model, reference.prompt));
  ExpectRefusal([&] { CheckReferenceFits(reference, "r.json", "other", reference.prompt); },
                {"r.json", "other", reference.model});
  ExpectRefusal(
      [&] {
        CheckReferenceFits(reference, "r.json", reference.model, {1, 403, 408});
      },
      {"r.json", "prompt"});
}

TEST(CompareTest, NamesTheFirstDifference) {
  const Reference reference = Example();
  Generation generation = GenerationOf(reference);
  EXPECT_EQ(Compare(reference, generation).verdict, Verdict::kValid);
  EXPECT_NE(Compare(reference, generation).detail.find("3 tokens"), std::string::npos);
  generation.logits_hashes[2] ^= 1;
  EXPECT_EQ(Compare(reference, generation).verdict, Verdict::kInvalid);
  EXPECT_NE(Compare(reference, generation).detail.find("logits of token 2"), std::string::npos);
  generation.tokens[1] = 7;
  EXPECT_NE(Compare(reference, generation).detail.find("token 1 is 7"), std::string::npos);
  generation.tokens.pop_back();
  generation.logits_hashes.pop_back();
  EXPECT_EQ(Compare(reference, generation).verdict, Verdict::kInvalid);
  EXPECT_NE(Compare(reference, generation).detail.find("2 tokens"), std::string::npos);
}

TEST(CompareTest, HashesOfAllSeeEveryEntryAndTheirOrder) {
  EXPECT_EQ(HashTokens({1, 2, 3}), HashTokens({1, 2, 3}));
  EXPECT_NE(HashTokens({1, 2, 3}), HashTokens({1, 3, 2}));
  EXPECT_NE(HashTokens({1, 2, 3}), HashTokens({1, 2}));
  EXPECT_NE(HashTokens({0}), HashTokens({}));
  EXPECT_NE(HashAllLogits({1, 2}), HashAllLogits({2, 1}));
  EXPECT_NE(HashAllLogits({0}), HashAllLogits({}));
}

}  // namespace
}  // namespace jupiter
