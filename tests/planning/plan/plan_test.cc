// Plans: what flags may say, and what a plan says of its pipeline.
#include "planning/plan/plan.h"

#include <gtest/gtest.h>

#include "kernels/base/check.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

using Kind = SlicePolicy::Kind;
using Lengths = std::vector<int>;

void ExpectSays(const std::string& message, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in: " << message;
  }
}

Plan PlanOf(Lengths layers) {
  Plan plan;
  plan.strategy = "jupiter";
  plan.layers = std::move(layers);
  return plan;
}

TEST(SlicesFlagTest, Forms) {
  EXPECT_EQ(ParseSlices("whole", 1).kind, Kind::kWhole);
  const SlicePolicy automatic = ParseSlices("auto", 48);
  EXPECT_EQ(automatic.kind, Kind::kAuto);
  EXPECT_EQ(automatic.least, 48);
  const SlicePolicy count = ParseSlices("7", 32);
  EXPECT_EQ(count.kind, Kind::kCount);
  EXPECT_EQ(count.count, 7);
  EXPECT_TRUE(count.lengths.empty());
  const SlicePolicy lengths = ParseSlices("64,48,16", 32);
  EXPECT_EQ(lengths.kind, Kind::kLengths);
  EXPECT_EQ(lengths.lengths, (Lengths{64, 48, 16}));
}

TEST(SlicesFlagTest, ShownAsTyped) {
  for (const char* text : {"whole", "auto", "7", "64,48,16", "1,1"}) {
    EXPECT_EQ(ToString(ParseSlices(text, 32)), text);
  }
  SlicePolicy chunks;
  chunks.kind = Kind::kChunks;
  chunks.count = 128;
  EXPECT_EQ(ToString(chunks), "chunks of 128");
}

TEST(SlicesFlagTest, RefusesEverythingElse) {
  for (const char* text :
       {"",        " ",  "0",    "-1",          "3.5",           "1e3",   "four", "Auto",
        "auto ",   "4,", ",4",   "4,,4",        "4, 4",          "4;4",   "4,0",  "4,-4",
        "64,48,x", "+4", "0x10", "99999999999", "4,99999999999", "auto,4"}) {
    ExpectSays(RefusalOf([&] { ParseSlices(text, 32); }),
               {"--slices '" + std::string(text) + "'", "auto, whole"});
  }
  for (int least : {0, -5}) {
    ExpectSays(RefusalOf([&] { ParseSlices("auto", least); }),
               {"--min-slice", std::to_string(least), "at least 1"});
  }
}

TEST(CheckLayersTest, AcceptsASplitOfTheModel) {
  EXPECT_NO_THROW(CheckLayers({3, 3}, 6, 2));
  EXPECT_NO_THROW(CheckLayers({0, 6, 0}, 6, 3));
  EXPECT_NO_THROW(CheckLayers({6}, 6, 1));
}

TEST(CheckLayersTest, SaysWhatIsWrong) {
  ExpectSays(RefusalOf([] {
               CheckLayers({3, 3}, 6, 3);
             }),
             {"--layers 3,3", "one number per rank", "2 numbers for 3 ranks"});
  ExpectSays(RefusalOf([] { CheckLayers({}, 6, 1); }), {"--layers", "one number per rank"});
  ExpectSays(RefusalOf([] { CheckLayers({7, -1}, 6, 2); }), {"--layers 7,-1", "negative"});
  ExpectSays(RefusalOf([] { CheckLayers({3, 4}, 6, 2); }), {"--layers 3,4", "7", "6 layers"});
  ExpectSays(RefusalOf([] { CheckLayers({2000000000, 2000000000}, 6, 2); }), {"4000000000"});
}

TEST(PlanTest, PipelineHasTheSourceAndEveryRankWithLayers) {
  EXPECT_EQ(PipelineRanks(PlanOf({6})), Lengths{0});
  EXPECT_EQ(PipelineRanks(PlanOf({2, 2, 2})), (Lengths{0, 1, 2}));
  EXPECT_EQ(PipelineRanks(PlanOf({0, 3, 0, 3, 0})), (Lengths{0, 1, 3}));
  EXPECT_EQ(PipelineRanks(PlanOf({6, 0, 0})), Lengths{0});
}

TEST(PlanTest, SplitsAreShownByRankWithAnotherOrder) {
  Plan plan = PlanOf({13, 8, 8, 3});
  EXPECT_EQ(ShowSplit(plan), "layers 13,8,8,3");
  plan.order = {0, 2, 1, 3};
  EXPECT_EQ(ShowSplit(plan), "layers 13,8,8,3 in order 0,2,1,3");
  // Ranks without layers have no place in it.
  plan.layers = {13, 0, 16, 3};
  EXPECT_EQ(ShowSplit(plan), "layers 13,0,16,3");
}

TEST(PlanTest, BoundariesLieBetweenItsRanks) {
  EXPECT_EQ(BoundariesOf(PlanOf({6})), Lengths{});
  EXPECT_EQ(BoundariesOf(PlanOf({2, 3, 1})), (Lengths{2, 5}));
  EXPECT_EQ(BoundariesOf(PlanOf({0, 3, 0, 3, 0})), (Lengths{0, 3}));
  EXPECT_EQ(BoundariesOf(PlanOf({4, 0, 2})), Lengths{4});
  EXPECT_EQ(BoundariesOf(PlanOf({6, 0, 0})), Lengths{});
}

TEST(PlanTest, ExactWiresCarryTheStreamAsItIs) {
  const auto exact = [](DType wire, DType residual) {
    Plan plan = PlanOf({3, 3});
    plan.wire = wire;
    plan.residual = residual;
    return WireIsExact(plan);
  };
  EXPECT_TRUE(exact(DType::kF32, DType::kF32));
  EXPECT_TRUE(exact(DType::kF32, DType::kF16));
  EXPECT_TRUE(exact(DType::kF16, DType::kF16));
  EXPECT_FALSE(exact(DType::kF16, DType::kF32));
  EXPECT_FALSE(exact(DType::kQ8_0, DType::kF32));
  EXPECT_FALSE(exact(DType::kQ8_0, DType::kF16));
}

TEST(PlanTest, RoundingIsTheResidualTypeThenTheWire) {
  using Rounding = std::vector<std::vector<DType>>;
  Plan plan = PlanOf({0, 2, 1});
  plan.wire = DType::kQ8_0;
  EXPECT_EQ(RoundingOf(plan), Rounding{});  // messages round by themselves
  plan.reference_boundaries = BoundariesOf(plan);
  EXPECT_EQ(RoundingOf(plan), (Rounding{{DType::kQ8_0}, {}, {DType::kQ8_0}, {}}));
  plan.residual = DType::kF16;
  EXPECT_EQ(
      RoundingOf(plan),
      (Rounding{
          {DType::kF16, DType::kQ8_0}, {DType::kF16}, {DType::kF16, DType::kQ8_0}, {DType::kF16}}));
  plan.reference_boundaries.clear();
  EXPECT_EQ(RoundingOf(plan), Rounding(4, {DType::kF16}));
}

TEST(PlanTest, JsonIsOneStableLine) {
  Plan plan = PlanOf({4, 0, 2});
  plan.slices = ParseSlices("64,48,16", 16);
  plan.wire = DType::kQ8_0;
  plan.residual = DType::kF16;
  EXPECT_EQ(
      ToJson(plan),
      R"({"strategy":"jupiter","layers":[4,0,2],"slices":{"lengths":[64,48,16]},"min_slice":16,)"
      R"("wire":"q8_0","residual":"f16","kv":"f32"})");
  EXPECT_EQ(ToJson(plan), ToJson(Plan(plan)));
  Plan other = plan;
  other.kv = DType::kF16;
  EXPECT_NE(ToJson(other), ToJson(plan));
}

}  // namespace
}  // namespace jupiter
