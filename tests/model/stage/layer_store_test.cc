// Layers that are read again for every batch: the same bits as layers that stay, one of them in
// memory at a time, and no more bytes than planned.
#include "model/stage/layer_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>

#include "kernels/base/check.h"
#include "kernels/cpu/cpu_device.h"
#include "kernels/cpu/packed_weight.h"
#include "kernels/make_device.h"
#include "kernels/memory.h"
#include "model/loaders/gguf_checkpoint.h"
#include "model/loaders/open_checkpoint.h"
#include "tests/model/loaders/test_model.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

constexpr int kStoreRows = 16;

std::unique_ptr<Checkpoint> OpenModel(const TestModel& model) {
  return LoadGguf(MappedFile::FromBytes("test.gguf", ToGguf(model).Build()));
}

// Biases and a tied head, in a mapped file.
TestModel QwenModel() {
  ModelConfig config = SmallConfig();
  config.architecture = Architecture::kQwen2;
  config.qkv_bias = config.tied_head = true;
  config.layers = 4;
  return MakeTestModel(config);
}

// Layers of unequal size: those with an odd number are quantised.
TestModel MixedModel() {
  ModelConfig config = WideConfig();
  config.layers = 5;
  TestModel model = MakeTestModel(config);
  const TestModel quantised = MakeTestModel(config, DType::kQ8_0);
  for (TestTensor& tensor : model.tensors) {
    const std::string& name = tensor.info.name;
    const bool odd = name.find("layers.1.") == 0 || name.find("layers.3.") == 0;
    if (odd) tensor = quantised.Tensor(name);
  }
  return model;
}

struct Model {
  const char* name;
  std::unique_ptr<Checkpoint> (*open)();
  std::optional<DType> quantise;
};

// GoogleTest would print its bytes.
void PrintTo(const Model& model, std::ostream* out) { *out << model.name; }

const Model kModels[] = {
    {"F32", [] { return OpenCheckpoint("synthetic:tiny"); }, {}},
    {"Q8_0", [] { return OpenCheckpoint("synthetic:tiny:q8_0"); }, {}},
    {"Q4_K", [] { return OpenCheckpoint("synthetic:tiny:q4_K"); }, {}},
    {"QuantisedAtLoad", [] { return OpenCheckpoint("synthetic:tiny:f16"); }, DType::kQ4_0},
    {"BiasesTiedMapped", [] { return OpenModel(QwenModel()); }, {}},
    {"MixedTypesMapped", [] { return OpenModel(MixedModel()); }, {}},
};

StageOptions OptionsFor(const Model& model, const ModelConfig& config,
                        std::optional<int> resident) {
  StageOptions options = WholeModel(config, kStoreRows);
  options.quantise = model.quantise;
  options.resident_layers = resident;
  return options;
}

TestStage MakeStage(const Model& model, std::optional<int> resident) {
  std::unique_ptr<Checkpoint> checkpoint = model.open();
  const StageOptions options = OptionsFor(model, checkpoint->config(), resident);
  return TestStage(MakeDevice("cpu", {}), std::move(checkpoint), options);
}

// The cpu device, counting the bytes that live and the most that ever did.
class LiveDevice : public cpu::CpuDevice {
 public:
  LiveDevice() : CpuDevice({}) {}
  std::int64_t live = 0;
  std::int64_t most = 0;

 private:
  class CountedWeight : public cpu::PackedWeight {
   public:
    CountedWeight(LiveDevice& device, std::string_view name, const ConstTensorView& host,
                  std::int64_t begin, std::int64_t end)
        : PackedWeight(name, host, begin, end, device.pool_), device_(device) {
      device_.Add(bytes());
    }
    ~CountedWeight() override { device_.Add(-bytes()); }

   private:
    LiveDevice& device_;
  };

  void Add(std::int64_t bytes) {
    live += bytes;
    most = std::max(most, live);
  }
  std::shared_ptr<std::byte> DoAllocate(std::int64_t bytes) override {
    Add(bytes);
    const std::shared_ptr<std::byte> memory = cpu::AllocateZeroed(bytes);
    return {memory.get(), [this, memory, bytes](std::byte*) { Add(-bytes); }};
  }
  std::unique_ptr<Weight> DoLoad(std::string_view name, const ConstTensorView& host,
                                 std::int64_t begin, std::int64_t end) override {
    return std::make_unique<CountedWeight>(*this, name, host, begin, end);
  }

  cpu::ThreadPool pool_{1};
};

class LayerStoreTest : public testing::TestWithParam<Model> {
 protected:
  const int layers_ = GetParam().open()->config().layers;
};

TEST_P(LayerStoreTest, EveryBudgetGivesTheSameBits) {
  TestStage whole = MakeStage(GetParam(), std::nullopt);
  const Ids tokens = SomeTokens(whole.config(), 12, 1);
  const std::vector<Floats> expected = whole.Flat(tokens, {7, 1});
  for (int resident = 0; resident <= layers_; ++resident) {
    TestStage stage = MakeStage(GetParam(), resident);
    EXPECT_EQ(stage.Flat(tokens, {7, 1}), expected) << resident << " layers stay";
    EXPECT_EQ(stage.Flat(tokens, {5, 4, 1}), expected) << resident << " layers stay";
  }
}

TEST_P(LayerStoreTest, TreesKeepTheBits) {
  TestStage whole = MakeStage(GetParam(), std::nullopt);
  TestStage streamed = MakeStage(GetParam(), 1);
  for (TestStage* stage : {&whole, &streamed}) stage->Open(0);
  const Ids tokens = SomeTokens(whole.config(), 6, 2);
  EXPECT_EQ(streamed.Run(Item(0, tokens)), whole.Run(Item(0, tokens)));
  const BatchItem tree = Item(0, {1, 2, 3, 4}, {-1, 0, 0, 2}, true);
  EXPECT_EQ(streamed.Run(tree), whole.Run(tree));
}

TEST_P(LayerStoreTest, TakesWhatWasPlannedAndOneLayerAtATime) {
  for (int resident = 0; resident <= layers_; ++resident) {
    SCOPED_TRACE(fmt::format("{} layers stay", resident));
    const std::unique_ptr<Checkpoint> checkpoint = GetParam().open();
    const StageOptions options = OptionsFor(GetParam(), checkpoint->config(), resident);
    LiveDevice device;
    const StageMemory plan = PlanStageMemory(device, *checkpoint, options);
    EXPECT_EQ(checkpoint->bytes_read(), 0);
    Stage stage(device, *checkpoint, options);
    std::int64_t read = checkpoint->bytes_read();
    Batch batch;
    batch.open = {{0, kStoreRows, -1}};
    stage.Forward(batch);
    EXPECT_EQ(checkpoint->bytes_read(), read) << "a batch without rows needs no layers";
    for (const Ids& tokens : {Ids{1, 2, 3, 4, 5}, Ids{6}, Ids{7}}) {
      batch = {};
      batch.items = {Item(0, tokens)};
      stage.Forward(batch);
      stage.ComputeLogits();
      EXPECT_EQ(checkpoint->bytes_read() - read, plan.pass_bytes);
      read = checkpoint->bytes_read();
    }
    EXPECT_EQ(device.most, plan.weights + plan.activations + plan.kv);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, LayerStoreTest, testing::ValuesIn(kModels),
                         [](const auto& info) { return std::string(info.param.name); });

StageMemory PlanOf(const Model& model, std::optional<int> resident) {
  const std::unique_ptr<Device> device = MakeDevice("cpu", {});
  const std::unique_ptr<Checkpoint> checkpoint = model.open();
  return PlanStageMemory(*device, *checkpoint, OptionsFor(model, checkpoint->config(), resident));
}

// synthetic:tiny in f32: hidden 256, 4 of 8 KV heads of 32, feed-forward 512; widths are whole
// groups of 16, so packing adds nothing.
TEST(LayerStorePlanTest, NumbersOfTheTinyModel) {
  const std::int64_t matrices = 2 * 256 * 256 + 2 * 128 * 256 + 3 * 512 * 256;
  const std::int64_t layer = 4 * (matrices + 2 * 256);
  const StageMemory all = PlanOf(kModels[0], std::nullopt);
  EXPECT_EQ(all.streamed_layers, 0);
  EXPECT_EQ(all.pass_bytes, 0);
  for (int resident = 0; resident <= 4; ++resident) {
    const StageMemory plan = PlanOf(kModels[0], resident);
    EXPECT_EQ(plan.streamed_layers, 6 - resident);
    EXPECT_EQ(plan.pass_bytes, (6 - resident) * layer);
    EXPECT_EQ(all.weights - plan.weights, (6 - resident - 1) * layer);
    EXPECT_EQ(plan.loading, all.loading) << "generated tensors lie in memory anyway";
    EXPECT_EQ(plan.kv, all.kv);
    EXPECT_EQ(plan.activations, all.activations);
  }
  // The sixth layer would stay in the place through which it passes.
  for (int resident : {5, 6, 7}) {
    const StageMemory plan = PlanOf(kModels[0], resident);
    EXPECT_EQ(plan.total(), all.total()) << resident;
    EXPECT_EQ(plan.streamed_layers, 0) << resident;
    EXPECT_EQ(plan.pass_bytes, 0) << resident;
  }
}

TEST(LayerStorePlanTest, PagesOfAFileCountWhereLayersAreStreamed) {
  const Model& mapped = kModels[4];
  const std::int64_t largest = 4 * 24 * 16;  // the feed-forward matrices; the table has 32 x 16
  EXPECT_EQ(PlanOf(mapped, std::nullopt).loading, 0);
  EXPECT_EQ(PlanOf(mapped, 4).loading, 0);
  EXPECT_EQ(PlanOf(mapped, 1).loading, std::max<std::int64_t>(largest, 4 * 32 * 16));
}

TEST(LayerStoreDamageTest, WhatIsWrongIsSaidBeforeTheFirstBatch) {
  TestModel model = QwenModel();
  for (TestTensor& tensor : model.tensors) {
    if (tensor.info.name != "layers.2.w_up") continue;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(tensor.bytes.data() + 40, &nan, sizeof nan);
  }
  const std::unique_ptr<Device> device = MakeDevice("cpu", {});
  const std::unique_ptr<Checkpoint> checkpoint = OpenModel(model);
  for (std::optional<int> resident : {std::optional<int>(), std::optional<int>(1)}) {
    StageOptions options = WholeModel(checkpoint->config(), kStoreRows);
    options.resident_layers = resident;
    try {
      Stage stage(*device, *checkpoint, options);
      ADD_FAILURE() << "a weight is not finite";
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find("layers.2.w_up"), std::string::npos) << error.what();
    }
  }
}

TEST(LayerStoreStoriesTest, ARealModelFromItsFile) {
  const char* const models = std::getenv("JUPITER_TEST_MODELS");
  const std::string folder = std::string(models != nullptr ? models : "") + "/stories260K/";
  if (!std::filesystem::exists(folder + "stories260K.bin")) {
    GTEST_SKIP() << "set JUPITER_TEST_MODELS to the folder that holds stories260K/";
  }
  const Ids tokens = {1, 403, 407, 261, 378, 432, 383, 286, 261, 376};
  for (const char* file : {"stories260K.bin", "stories260K-f32.gguf", "safetensors"}) {
    TestStage whole(folder + file, "cpu", kStoreRows);
    const std::vector<Floats> expected = whole.Flat(tokens, {6, 1});
    for (int resident : {0, 2}) {
      std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint(folder + file);
      StageOptions options = WholeModel(checkpoint->config(), kStoreRows);
      options.resident_layers = resident;
      TestStage stage(MakeDevice("cpu", {}), std::move(checkpoint), options);
      EXPECT_EQ(stage.Flat(tokens, {6, 1}), expected) << file << ", " << resident << " stay";
    }
  }
}

}  // namespace
}  // namespace jupiter
