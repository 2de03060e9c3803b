// Distributions of acceptance: files, names, and what a tree is expected to yield.
#include "planning/drafts/draft_acceptance.h"

#include <filesystem>
#include <fstream>

#include "planning/drafts/known_acceptance.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

constexpr const char* kFile =
    "{\"jupiter_acceptance\":1,\"heads\":2,\"ranks\":3,\"probability\":[[0.5,0.25,0.125],[0.4,0.0,"
    "0.1]],\"positions\":640}";

std::string AcceptanceRefusal(const std::string& from, const std::string& to) {
  return RefusalOf([&] { ParseAcceptance(Replaced(kFile, from, to), "a.json"); });
}

TEST(DraftAcceptanceTest, JsonAndYamlSayTheSame) {
  const DraftAcceptance json = ParseAcceptance(kFile, "a.json");
  EXPECT_EQ(json.heads(), 2);
  EXPECT_EQ(json.ranks(), 3);
  EXPECT_EQ(json.probability, (std::vector<std::vector<double>>{{.5, .25, .125}, {.4, 0, .1}}));
  EXPECT_EQ(json.positions, 640);
  const DraftAcceptance yaml = ParseAcceptance(
      "jupiter_acceptance: 1\nname: mine\nsource: measured\nheads: 2\nranks: 3\nprobability:\n"
      "  - [50 %, 0.25, 0.125]\n  - [0.4, 0, 0.1]\n",
      "a.yaml");
  EXPECT_EQ(yaml.probability, json.probability);
  EXPECT_EQ(yaml.name, "mine");
  EXPECT_EQ(yaml.source, "measured");
  EXPECT_EQ(yaml.positions, 0);
}

TEST(DraftAcceptanceTest, WhatIsWrittenComesBack) {
  EXPECT_EQ(ToJson(ParseAcceptance(kFile, "")), kFile);
  for (const DraftAcceptance& known : KnownAcceptances()) {
    const DraftAcceptance read = ParseAcceptance(ToJson(known), "");
    EXPECT_EQ(read.name, known.name);
    EXPECT_EQ(read.source, known.source);
    EXPECT_EQ(read.probability, known.probability);
  }
}

TEST(DraftAcceptanceTest, BeyondHeadsAndRanksNothingIsRight) {
  const DraftAcceptance acceptance = ParseAcceptance(kFile, "");
  EXPECT_EQ(acceptance.At(1, 1), 0.25);
  EXPECT_EQ(acceptance.At(2, 2), 0.1);
  EXPECT_EQ(acceptance.At(3, 0), 0);
  EXPECT_EQ(acceptance.At(1, 3), 0);
  EXPECT_EQ(acceptance.At(0, 0), 0);
  EXPECT_EQ(FirstHeads(acceptance, 1).heads(), 1);
  EXPECT_EQ(FirstHeads(acceptance, 7).heads(), 2);
}

TEST(DraftAcceptanceTest, MistakesAreNamed) {
  EXPECT_EQ(AcceptanceRefusal("\"heads\":2,", ""),
            "a.json: line 1: heads: missing; add \"heads: ...\"");
  EXPECT_EQ(AcceptanceRefusal("\"heads\":2", "\"heads\":3"),
            "a.json: line 1: probability: expected a list of 3 to 3, got 2");
  EXPECT_EQ(AcceptanceRefusal("\"ranks\":3", "\"ranks\":2"),
            "a.json: line 1: probability[0]: expected a list of 2 to 2, got 3");
  EXPECT_EQ(AcceptanceRefusal("\"heads\":2", "\"heads\":0"),
            "a.json: line 1: heads: expected a whole number from 1 to 64, got \"0\"");
  EXPECT_EQ(AcceptanceRefusal("\"ranks\":3", "\"ranks\":many"),
            "a.json: line 1: ranks: expected a whole number from 1 to 1023, got \"many\"");
  EXPECT_EQ(AcceptanceRefusal("0.25", "-0.25"),
            "a.json: line 1: probability[0][1]: expected a number from 0 to 1, got \"-0.25\"");
  EXPECT_EQ(AcceptanceRefusal("0.25", "1.5"),
            "a.json: line 1: probability[0][1]: expected a number from 0 to 1, got \"1.5\"");
  EXPECT_EQ(AcceptanceRefusal("0.25", "nan").substr(0, 34), "a.json: line 1: probability[0][1]:");
  EXPECT_EQ(AcceptanceRefusal("0.25", "0.75"),
            "a.json: line 1: probability[0]: the probabilities of a head add up to 1.375, expected "
            "1 at most, since one candidate is right; write those of each rank alone, not of the "
            "first ranks together");
  EXPECT_EQ(AcceptanceRefusal("640", "-1").substr(0, 26), "a.json: line 1: positions:");
  EXPECT_EQ(AcceptanceRefusal("acceptance\":1", "acceptance\":7"),
            "a.json: line 1: jupiter_acceptance: expected format version 1, got \"7\"");
  EXPECT_EQ(AcceptanceRefusal("positions", "position"),
            "a.json: line 1: \"position\": unknown key, expected one of jupiter_acceptance, name, "
            "source, heads, ranks, probability, positions; did you mean positions?");
  EXPECT_EQ(AcceptanceRefusal("\"positions\":640}", "\"positions\":640"),
            "a.json: line 1: a key that is no word; check brackets and colons");
  EXPECT_EQ(RefusalOf([] { ParseAcceptance("", "a.json"); }),
            "a.json: line 1: the file is empty, expected keys and values in YAML");
  EXPECT_EQ(RefusalOf([] { ParseAcceptance("[1]", "a.json"); }),
            "a.json: line 1: expected a map (key: value lines), got a list of 1");
}

TEST(DraftAcceptanceTest, NamesAndFilesAreLoaded) {
  EXPECT_EQ(LoadAcceptance("medusa1-vicuna-7b").heads(), 5);
  EXPECT_EQ(RefusalOf([] { LoadAcceptance("medusa1-vicuna-7"); }),
            "medusa1-vicuna-7: no such file, and no known distribution, expected one of "
            "medusa1-vicuna-7b, medusa1-vicuna-13b, medusa1-vicuna-33b; did you mean "
            "medusa1-vicuna-7b?");
  const std::string path = testing::TempDir() + "/acceptance.json";
  std::ofstream(path) << kFile;
  EXPECT_EQ(LoadAcceptance(path).positions, 640);
  std::filesystem::remove(path);
}

TEST(DraftAcceptanceTest, ExpectedTokensOfSmallTreesByHand) {
  const DraftAcceptance acceptance = ParseAcceptance(kFile, "");
  EXPECT_EQ(ExpectedTokens({}, acceptance), 1);
  EXPECT_DOUBLE_EQ(ExpectedTokens(StarTree(3), acceptance), 1 + .5 + .25 + .125);
  EXPECT_DOUBLE_EQ(ExpectedTokens(ChainTree(2), acceptance), 1 + .5 + .5 * .4);
  EXPECT_DOUBLE_EQ(ExpectedTokens(ChainTree(9), acceptance), 1 + .5 + .5 * .4);
  EXPECT_DOUBLE_EQ(ExpectedTokens(TreeOf({{0}, {1}, {0, 2}, {1, 0}, {1, 1}}), acceptance),
                   1 + .5 + .25 + .5 * .1 + .25 * .4);
}

// The numbers are shares of top-k accuracies: they fall with depth, and the first rank leads.
TEST(DraftAcceptanceTest, KnownDistributionsAreDistributions) {
  for (const DraftAcceptance& known : KnownAcceptances()) {
    SCOPED_TRACE(known.name);
    EXPECT_FALSE(known.source.empty());
    for (int depth = 1; depth <= known.heads(); ++depth) {
      double sum = 0;
      for (int rank = 0; rank < known.ranks(); ++rank) {
        EXPECT_GT(known.At(depth, rank), 0);
        if (rank > 0) {
          EXPECT_LT(known.At(depth, rank), known.At(depth, rank - 1));
        }
        sum += known.At(depth, rank);
      }
      if (depth > 1) {
        EXPECT_LT(known.At(depth, 0), known.At(depth - 1, 0));
      }
      EXPECT_LT(sum, 1);
    }
  }
}

}  // namespace
}  // namespace jupiter
