#include "planning/drafts/outline_workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "planning/drafts/outline_workload_file.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

constexpr char kGood[] = R"(jupiter_outline_workload: 1
name: small
points: {value: 3, source: chosen}
skeleton_tokens_per_point: 5
template_tokens: {skeleton_prompt: 40, shared_prefix: {value: 30, source: counted}, point_suffix: 8}
lengths: {law: uniform, shortest: 1, longest: 2, source: assumed}
seed: 4
)";

std::string ErrorOf(const std::string& from, const std::string& to) {
  return RefusalOf([&] { ParseOutlineWorkload(Replaced(kGood, from, to), "file"); });
}

int Sum(const std::vector<int>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0);
}

TEST(OutlineWorkloadTest, ReadsEveryField) {
  const OutlineWorkload workload = ParseOutlineWorkload(kGood, "file");
  EXPECT_EQ(workload.name, "small");
  EXPECT_EQ(workload.points, 3);
  EXPECT_EQ(workload.law, LengthLaw::kUniform);
  EXPECT_EQ(workload.shortest, 1);
  EXPECT_EQ(workload.longest, 2);
  EXPECT_EQ(workload.seed, 4u);
  EXPECT_EQ(workload.point_suffix_tokens, 8);
  EXPECT_EQ(SkeletonTokens(workload), 15);
  EXPECT_EQ(SkeletonPromptRows(workload, 100), 140);
  EXPECT_EQ(SharedPrefixRows(workload, 100), 100 + 15 + 30);
}

TEST(OutlineWorkloadTest, EqualLengths) {
  OutlineWorkload workload;
  workload.points = 4;
  EXPECT_EQ(PointLengths(workload, 40), (std::vector<int>{10, 10, 10, 10}));
  std::vector<int> lengths = PointLengths(workload, 42);
  std::sort(lengths.begin(), lengths.end());
  EXPECT_EQ(lengths, (std::vector<int>{10, 10, 11, 11}));
  EXPECT_EQ(PointLengths(workload, 4), (std::vector<int>{1, 1, 1, 1}));
}

TEST(OutlineWorkloadTest, GivenLengths) {
  const OutlineWorkload workload = ParseOutlineWorkload(
      Replaced(kGood, "{law: uniform, shortest: 1, longest: 2, source: assumed}",
               "{law: given, tokens: [9, 1, 4]}"),
      "file");
  EXPECT_EQ(PointLengths(workload, 14), (std::vector<int>{9, 1, 4}));
  const std::string error = RefusalOf([&] { PointLengths(workload, 15); });
  EXPECT_EQ(error,
            "outline workload small: the lengths of its points add up to 14, but the answer has 15 "
            "tokens; give lengths with this sum, or the law equal or uniform");
}

TEST(OutlineWorkloadTest, DrawnLengthsAddUpAndDiffer) {
  OutlineWorkload workload = ParseOutlineWorkload(kGood, "file");
  std::set<std::vector<int>> seen;
  for (int points = 2; points <= 12; ++points) {
    workload.points = points;
    for (std::uint64_t draw = 0; draw < 40; ++draw) {
      const std::vector<int> lengths = PointLengths(workload, 64, draw);
      ASSERT_EQ(std::ssize(lengths), points);
      ASSERT_EQ(Sum(lengths), 64);
      const auto [shortest, longest] = std::minmax_element(lengths.begin(), lengths.end());
      ASSERT_GE(*shortest, 1);
      // Between 1 and 2 in some unit; rounding moves each by less than one.
      ASSERT_LE(*longest - 1, 2 * (*shortest + 1)) << points << " " << draw;
      EXPECT_EQ(PointLengths(workload, 64, draw), lengths);
      seen.insert(lengths);
    }
  }
  EXPECT_GT(seen.size(), 300u);  // of 440
  workload.points = 8;
  const std::vector<int> lengths = PointLengths(workload, 640);
  ++workload.seed;
  EXPECT_NE(PointLengths(workload, 640), lengths);
}

TEST(OutlineWorkloadTest, DrawsFollowTheUniformLaw) {
  OutlineWorkload workload = ParseOutlineWorkload(kGood, "file");
  workload.points = 2;
  // The first point's share is U / (U + V), of mean 1/2; where U and V are uniform in [1, 2] its
  // second moment is the integral below.
  double expected = 0;
  constexpr int kSteps = 400;
  for (int i = 0; i < kSteps; ++i) {
    for (int j = 0; j < kSteps; ++j) {
      const double u = 1 + (i + 0.5) / kSteps;
      const double v = 1 + (j + 0.5) / kSteps;
      expected += u / (u + v) * u / (u + v) / kSteps / kSteps;
    }
  }
  double mean = 0;
  double square = 0;
  constexpr int kDraws = 20'000;
  constexpr int kTokens = 100'000;
  for (int draw = 0; draw < kDraws; ++draw) {
    const double share =
        PointLengths(workload, kTokens, static_cast<std::uint64_t>(draw))[0] / double{kTokens};
    mean += share / kDraws;
    square += share * share / kDraws;
  }
  EXPECT_NEAR(mean, 0.5, 0.003);  // standard error 0.0007
  EXPECT_NEAR(square, expected, 0.003);
}

TEST(OutlineWorkloadTest, EveryPointHasAToken) {
  OutlineWorkload workload = ParseOutlineWorkload(kGood, "file");
  workload.shortest = 0.001;
  workload.longest = 1e6;
  workload.points = 10;
  for (std::uint64_t draw = 0; draw < 100; ++draw) {
    for (int tokens : {10, 11, 25}) {
      const std::vector<int> lengths = PointLengths(workload, tokens, draw);
      EXPECT_EQ(Sum(lengths), tokens);
      EXPECT_GE(*std::min_element(lengths.begin(), lengths.end()), 1);
    }
  }
  EXPECT_EQ(RefusalOf([&] { PointLengths(workload, 9); }),
            "outline workload small: 10 points, but the answer has 9 tokens, expected at least one "
            "for each; generate more, or take fewer points");
}

TEST(OutlineWorkloadTest, Refusals) {
  EXPECT_EQ(ErrorOf("{value: 3, source: chosen}", "1"),
            "file: line 3: points: expected a whole number from 2 to 1024, got \"1\"");
  EXPECT_EQ(ErrorOf("{value: 3, source: chosen}", "{value: 3}"),
            "file: line 3: points.source: missing; add \"source: ...\"");
  EXPECT_EQ(
      ErrorOf("point_suffix: 8", "point_suffix: 0"),
      "file: line 5: template_tokens.point_suffix: expected a whole number from 1 to 1048576, "
      "got \"0\"");
  EXPECT_EQ(ErrorOf("{value: 30, source: counted}", "{value: x, source: counted}"),
            "file: line 5: template_tokens.shared_prefix.value: expected a whole number from 0 to "
            "1048576, got \"x\"");
  EXPECT_EQ(ErrorOf("longest: 2", "longest: 0.5"),
            "file: line 6: lengths.longest: expected at least the shortest length, 1, got \"0.5\"");
  EXPECT_EQ(ErrorOf("law: uniform", "law: unform"),
            "file: line 6: lengths.law: unknown law \"unform\", expected one of equal, uniform, "
            "given; did you mean uniform?");
  EXPECT_NE(ErrorOf("law: uniform", "law: equal").find("line 6: lengths"), std::string::npos);
  EXPECT_EQ(ErrorOf("{law: uniform, shortest: 1, longest: 2, source: assumed}",
                    "{law: given, tokens: [3, 4]}"),
            "file: line 6: lengths.tokens: 2 lengths, expected one for each of the 3 points");
  EXPECT_NE(ErrorOf("seed: 4", "seed: -1").find("line 7: seed"), std::string::npos);
  EXPECT_NE(ErrorOf("seed: 4", "sed: 4").find("line 7: "), std::string::npos);
  EXPECT_NE(ErrorOf("name: small\n", "").find("name: missing"), std::string::npos);
  EXPECT_NE(ErrorOf("workload: 1", "workload: 2").find("line 1: jupiter_outline_workload"),
            std::string::npos);
}

TEST(OutlineWorkloadTest, ShippedWorkload) {
  const OutlineWorkload workload = LoadOutlineWorkload(FindOutlineWorkload("skeleton-of-thought"));
  EXPECT_EQ(workload.name, "skeleton-of-thought");
  EXPECT_EQ(workload.points, 7);
  EXPECT_EQ(SkeletonTokens(workload), 49);
  EXPECT_EQ(Sum(PointLengths(workload, 64)), 64);
  const std::string error = RefusalOf([] { FindOutlineWorkload("skeleton-of-though"); });
  EXPECT_NE(error.find("did you mean skeleton-of-thought?"), std::string::npos) << error;
}

}  // namespace
}  // namespace jupiter
