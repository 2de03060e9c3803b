// What stages weigh: planners count as the memory model does, tied tables once, draft heads with
// their rows.
#include "planning/cost/memory_model.h"

#include <gtest/gtest.h>

#include <string>

#include "kernels/base/check.h"
#include "planning/cost/model_ops.h"
#include "planning/planners/common.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

constexpr int kPrompt = 40;
constexpr int kTokens = 7;
constexpr int kSlice = 16;

ModelShape Small(bool tied) {
  ModelShape shape;
  ModelConfig& config = shape.config;
  config.layers = 3;
  config.hidden = 64;
  config.heads = config.kv_heads = 2;
  config.head_dim = 32;
  config.ffn = 96;
  config.vocab = 160;
  config.context = 128;
  config.tied_head = tied;
  shape.layers.assign(3, LayerTypes{});
  shape.layers[1].w_up = DType::kF16;
  shape.embedding = shape.head = DType::kF16;
  return shape;
}

Cluster TwoDevices() {
  Cluster cluster = LoadCluster(std::string(JUPITER_CLUSTERS) + "/env-a.yaml");
  cluster.devices.resize(2);
  return cluster;
}

// Every split of the layers, with the source's embedding and the head where the last layer is.
TEST(MemoryModelTest, PlannersCountAsTheModelDoes) {
  const Cluster cluster = TwoDevices();
  for (bool tied : {false, true}) {
    for (const DraftHeads& drafts : {DraftHeads{}, DraftHeads{4, true, DType::kF16, 64}}) {
      const ModelShape shape = Small(tied);
      const PlanningTask task{.shape = shape,
                              .cluster = cluster,
                              .prompt_tokens = kPrompt,
                              .tokens = kTokens,
                              .drafts = drafts};
      StageProblem problem = StageMemoryOf(task, kSlice);
      problem.layer_seconds.assign(2, std::vector<double>(3, 1.0));
      problem.embed_seconds = problem.head_seconds = {0, 0};
      problem.send_seconds = {{0, 0}, {0, 0}};
      const StageTable stages(problem, 0);
      for (int first = 0; first <= 3; ++first) {
        const Plan plan = PipelinePlan(task, "jupiter", {first, 3 - first}, {});
        const RequestShape request{kPrompt, kTokens, kSlice, drafts};
        EXPECT_EQ(NeedOf(shape, plan, request, 0).total(), stages.Bytes(0, 0, first)) << first;
        if (first == 3) continue;
        EXPECT_EQ(NeedOf(shape, plan, request, 1).total(), stages.Bytes(1, first, 3)) << first;
      }
    }
  }
}

TEST(MemoryModelTest, ATiedTableIsStoredOncePerRank) {
  const RequestShape request{kPrompt, kTokens, kSlice};
  Plan plan;
  const auto weights = [&](bool tied, std::vector<int> layers, int rank) {
    plan.layers = std::move(layers);
    return NeedOf(Small(tied), plan, request, rank).weights;
  };
  constexpr std::int64_t kTable = 160 * 64 * 2;
  EXPECT_EQ(weights(false, {3, 0}, 0) - weights(true, {3, 0}, 0), kTable);
  EXPECT_EQ(weights(false, {2, 1}, 0), weights(true, {2, 1}, 0));
  EXPECT_EQ(weights(false, {2, 1}, 1), weights(true, {2, 1}, 1));
}

TEST(MemoryModelTest, DraftHeadsWeighWhatTheyAre) {
  const ModelShape shape = Small(false);
  const DraftHeads tied{5, false, DType::kF16, 64};
  const DraftHeads own{5, true, DType::kF16, 64};
  EXPECT_EQ(DraftWeightBytes(shape, tied), 5 * (64 * 64 * 2 + 64 * 4));
  EXPECT_EQ(DraftWeightBytes(shape, own), 5 * (64 * 64 * 2 + 64 * 4 + 160 * 64 * 2));
  EXPECT_EQ(DraftActivationBytes(shape, own), (63 + 5) * (160 + 64) * 4);
  EXPECT_EQ(DraftWeightBytes(shape, {}) + DraftActivationBytes(shape, {}), 0);
  Plan plan;
  plan.layers = {2, 1};
  const RequestShape with{kPrompt, kTokens, kSlice, own};
  EXPECT_EQ(NeedOf(shape, plan, with, 0).drafts, 0);
  EXPECT_EQ(NeedOf(shape, plan, with, 1).drafts,
            DraftWeightBytes(shape, own) + DraftActivationBytes(shape, own));
  // The tree's keys and values wait after those of prompt and answer.
  const RequestShape without{kPrompt, kTokens, kSlice};
  EXPECT_EQ(NeedOf(shape, plan, with, 0).kv - NeedOf(shape, plan, without, 0).kv,
            2 * 2 * 64 * 64 * 4);
}

std::int64_t Operations(const std::vector<OpCall>& ops, OpKind kind) {
  std::int64_t operations = 0;
  for (const OpCall& op : ops) operations += op.kind == kind ? op.operations : 0;
  return operations;
}

TEST(DraftOpsTest, ProductsOfBlocksAndOutputs) {
  const ModelShape shape = Small(false);
  EXPECT_TRUE(DraftOps(shape, {}).empty());
  for (bool own : {false, true}) {
    const DraftHeads drafts{3, own, DType::kF16, 64};
    EXPECT_EQ(Operations(DraftOps(shape, drafts), OpKind::kLinear), 3 * 2 * (64 * 64 + 160 * 64));
  }
  // With the model's matrix, the heads read it once together.
  const auto bytes = [&](bool own) {
    std::int64_t sum = 0;
    for (const OpCall& op : DraftOps(shape, {3, own, DType::kF16, 64})) sum += op.bytes;
    return sum;
  };
  EXPECT_EQ(bytes(true) - bytes(false), 2 * 160 * 64 * 2);
}

TEST(DraftHeadsTest, Parses) {
  EXPECT_FALSE(ParseDraftHeads("0", DType::kQ8_0).any());
  const DraftHeads drafts = ParseDraftHeads("5:own", DType::kQ8_0);
  EXPECT_EQ(drafts.heads, 5);
  EXPECT_TRUE(drafts.own_output);
  EXPECT_EQ(drafts.weight, DType::kQ8_0);
  EXPECT_EQ(StepRows(drafts), 64);
  EXPECT_FALSE(ParseDraftHeads("4", DType::kF16).own_output);
  for (const char* text : {"", "own", ":own", "-1", "65", "4:", "4:mine", "4 ", "99999999999"}) {
    EXPECT_NE(RefusalOf([&] { ParseDraftHeads(text, DType::kF16); }).find("--draft-heads"),
              std::string::npos)
        << text;
  }
}

// Nobody is told to make smaller what is as small as it gets.
TEST(MemoryModelTest, SmallerWeightsHelpWhereThereAreSmallerOnes) {
  const auto help = [](DType first, DType second) {
    ModelShape shape;
    shape.layers = {LayerTypes{first, first, first, first, first, first, first},
                    LayerTypes{first, first, first, first, first, first, second}};
    return MemoryHelp(shape);
  };
  const std::string rest = "a shorter prompt or answer, or another device would help";
  EXPECT_EQ(help(DType::kQ4_0, DType::kQ4_0), rest);
  EXPECT_EQ(help(DType::kQ4_K, DType::kQ4_0), rest);
  EXPECT_EQ(help(DType::kQ4_K, DType::kQ6_K), "smaller weights (q4_0), " + rest);
  EXPECT_EQ(help(DType::kQ8_0, DType::kQ8_0), "smaller weights (q4_0), " + rest);
  EXPECT_EQ(help(DType::kF32, DType::kQ4_0), "smaller weights (--quantize q4_0), " + rest);
  EXPECT_EQ(help(DType::kBF16, DType::kBF16), "smaller weights (--quantize q4_0), " + rest);
}

TEST(MemoryModelTest, TheVerdictHasAnErrorBar) {
  EXPECT_EQ(FitOf(98, 100), Fit::kFits);
  EXPECT_EQ(FitOf(1000, 1019), Fit::kUncertain);
  EXPECT_EQ(FitOf(1000, 981), Fit::kUncertain);
  EXPECT_EQ(FitOf(1000, 979), Fit::kOutOfMemory);
}

}  // namespace
}  // namespace jupiter
