// A stage's logits depend on the tokens before a row and on nothing else: not on how the prompt was
// cut, on what else was in the batch, or on where the model was split.
#include "model/stage/stage.h"

#include <gtest/gtest.h>

#include "kernels/base/half.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

class StageTypeTest : public testing::TestWithParam<const char*> {
 protected:
  TestStage stage_{GetParam()};
};

TEST_P(StageTypeTest, AnySlicingGivesTheSameBits) {
  const Ids tokens = SomeTokens(stage_.config(), 19, 1);
  const std::vector<Floats> one_by_one = stage_.Flat(tokens);
  ASSERT_EQ(one_by_one.size(), tokens.size());
  EXPECT_NE(one_by_one[3], one_by_one[4]);
  for (const std::vector<int>& lengths : {std::vector<int>{19}, {7}, {1, 18}, {4, 8, 1}, {16, 2}}) {
    EXPECT_EQ(stage_.Flat(tokens, lengths), one_by_one) << "first slice " << lengths[0];
  }
}

TEST_P(StageTypeTest, SequencesInOneBatchDoNotTouchEachOther) {
  const Ids first = SomeTokens(stage_.config(), 9, 2);
  const Ids second = SomeTokens(stage_.config(), 5, 3);
  const std::vector<Floats> first_alone = stage_.Flat(first, {4});
  const std::vector<Floats> second_alone = stage_.Flat(second, {2});
  Batch batch;
  batch.open = {{0, 16, -1}, {1, 16, -1}};
  batch.items = {Item(0, Ids(first.begin(), first.begin() + 6)),
                 Item(1, Ids(second.begin(), second.begin() + 3))};
  std::vector<Floats> logits = stage_.Run(batch);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(logits[i], first_alone[i]) << i;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(logits[6 + i], second_alone[i]) << i;
  batch = {};
  batch.items = {Item(1, Ids(second.begin() + 3, second.end())),
                 Item(0, Ids(first.begin() + 6, first.end()))};
  logits = stage_.Run(batch);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(logits[i], second_alone[3 + i]) << i;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(logits[2 + i], first_alone[6 + i]) << i;
}

INSTANTIATE_TEST_SUITE_P(Types, StageTypeTest,
                         testing::Values("synthetic:tiny", "synthetic:tiny:bf16",
                                         "synthetic:tiny:q8_0", "synthetic:tiny:q4_0",
                                         "synthetic:tiny:q4_K", "synthetic:tiny:q6_K"));

// Runs tokens through stages that were cut at a layer, handing the residual stream over.
std::vector<Floats> Chained(const std::string& model, int cut, const Ids& tokens,
                            const std::vector<std::vector<DType>>& rounding, DType kv) {
  const std::unique_ptr<Device> device = MakeDevice("cpu", {});
  const std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint(model);
  StageOptions options = WholeModel(checkpoint->config(), 32);
  options.rounding = rounding;
  options.kv_dtype = kv;
  options.layer_end = cut;
  options.head = false;
  Stage front(*device, *checkpoint, options);
  options.layer_begin = cut;
  options.layer_end = checkpoint->config().layers;
  options.embedding = false;
  options.head = true;
  Stage back(*device, *checkpoint, options);
  std::vector<Floats> logits;
  for (std::size_t at = 0; at < tokens.size(); at += 4) {
    const std::size_t end = std::min(at + 4, tokens.size());
    Batch batch;
    if (at == 0) batch.open = {{0, 32, -1}};
    batch.items = {Item(0, Ids(tokens.begin() + static_cast<std::ptrdiff_t>(at),
                               tokens.begin() + static_cast<std::ptrdiff_t>(end)))};
    const TensorView out = front.Forward(batch);
    device->Copy(out, back.Input(out.rows));
    back.Forward(batch);
    for (Floats& row : ToHost(*device, back.ComputeLogits())) logits.push_back(std::move(row));
  }
  return logits;
}

std::vector<Floats> Whole(const std::string& model, const Ids& tokens,
                          const std::vector<std::vector<DType>>& rounding, DType kv) {
  std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint(model);
  StageOptions options = WholeModel(checkpoint->config(), 32);
  options.rounding = rounding;
  options.kv_dtype = kv;
  return TestStage(MakeDevice("cpu", {}), std::move(checkpoint), options).Flat(tokens, {3});
}

TEST(StageTest, TwoStagesAreTheWhole) {
  const Ids tokens = SomeTokens(OpenCheckpoint("synthetic:tiny")->config(), 10, 4);
  for (const char* model : {"synthetic:tiny", "synthetic:tiny:q8_0"}) {
    const std::vector<Floats> whole = Whole(model, tokens, {}, DType::kF32);
    for (int cut : {0, 1, 3, 6}) {
      EXPECT_EQ(Chained(model, cut, tokens, {}, DType::kF32), whole) << model << " cut at " << cut;
    }
  }
}

TEST(StageTest, RoundingGoesWithTheLayersWhereverTheyAre) {
  const Ids tokens = SomeTokens(OpenCheckpoint("synthetic:tiny")->config(), 10, 5);
  std::vector<std::vector<DType>> rounding(7, {DType::kF16});
  rounding[2].push_back(DType::kQ8_0);
  const std::vector<Floats> whole = Whole("synthetic:tiny", tokens, rounding, DType::kF16);
  EXPECT_NE(whole, Whole("synthetic:tiny", tokens, {}, DType::kF16));
  for (int cut : {0, 2, 3}) {
    EXPECT_EQ(Chained("synthetic:tiny", cut, tokens, rounding, DType::kF16), whole) << cut;
  }
}

TEST(StageTest, RoundedResidualsAreHalves) {
  std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny");
  StageOptions options = WholeModel(checkpoint->config(), 8);
  options.rounding.assign(7, {DType::kF16});
  TestStage stage(MakeDevice("cpu", {}), std::move(checkpoint), options);
  stage.Open(0);
  Batch batch;
  batch.items = {Item(0, SomeTokens(stage.config(), 4, 6))};
  for (const Floats& row : ToHost(stage.device(), stage.stage().Forward(batch))) {
    for (float value : row) EXPECT_EQ(ToFloat(ToHalf(value)), value);
  }
}

TEST(StageTest, LoadQuantisedWeightsAreNearTheDenseOnes) {
  const Ids tokens = SomeTokens(OpenCheckpoint("synthetic:tiny")->config(), 8, 7);
  const std::vector<Floats> dense = Whole("synthetic:tiny", tokens, {}, DType::kF32);
  double before = 0;
  // Half a step of 127 or 8 levels for each weight; sums average most of it away.
  for (const auto& [dtype, bound] : {std::pair(DType::kQ8_0, 0.05), std::pair(DType::kQ4_0, 0.6)}) {
    std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny");
    StageOptions options = WholeModel(checkpoint->config(), 8);
    options.quantise = dtype;
    TestStage stage(MakeDevice("cpu", {}), std::move(checkpoint), options);
    const std::vector<Floats> quantised = stage.Flat(tokens, {8});
    EXPECT_EQ(quantised, stage.Flat(tokens)) << Name(dtype);
    const double difference = RelativeDifference(quantised, dense);
    EXPECT_GT(difference, before) << Name(dtype);
    EXPECT_LT(difference, bound) << Name(dtype);
    before = difference;
  }
}

TEST(StageTest, ThreadsDoNotChangeABit) {
  const Ids tokens = SomeTokens(OpenCheckpoint("synthetic:tiny")->config(), 12, 8);
  const std::vector<Floats> one = Whole("synthetic:tiny", tokens, {}, DType::kF32);
  std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny");
  const StageOptions options = WholeModel(checkpoint->config(), 32);
  TestStage stage(MakeDevice("cpu", {.threads = 3, .isa = {}}), std::move(checkpoint), options);
  EXPECT_EQ(stage.Flat(tokens, {5}), one);
}

TEST(StageTest, OnlyTheHeadRowsThatWereAskedFor) {
  TestStage stage;
  const Ids tokens = SomeTokens(stage.config(), 6, 9);
  const std::vector<Floats> all = stage.Flat(tokens);
  stage.Open(0);
  BatchItem item = Item(0, tokens);
  item.head_rows = {1, 5};
  EXPECT_EQ(stage.Run(item), (std::vector<Floats>{all[1], all[5]}));
  stage.stage().CloseAll();
  stage.Open(0);
  item.head_rows = {};
  EXPECT_TRUE(stage.Run(item).empty());
}

TEST(StageTest, ReopenedSequencesStartEmpty) {
  TestStage stage;
  const Ids tokens = SomeTokens(stage.config(), 5, 10);
  const std::vector<Floats> fresh = stage.Flat(tokens);
  stage.Open(0);
  stage.Run(Item(0, SomeTokens(stage.config(), 7, 11)));
  stage.stage().CloseAll();
  stage.Open(0);
  EXPECT_EQ(stage.Run(Item(0, tokens)), fresh);
}

}  // namespace
}  // namespace jupiter
