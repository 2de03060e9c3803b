// Draft heads against their formula in double, and against themselves with more rows.
#include "model/stage/medusa_heads.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/loaders/gguf_checkpoint.h"
#include "model/loaders/open_checkpoint.h"
#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/decode.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

// A logit is a chain of two sums of at most 256 products; see reference_test.cc.
constexpr double kHeadBound = 1e-5;
// Activations and weights of 8 bits: half of 1/127 of the largest of 32, for each of the products,
// which mostly cancel.
constexpr double kInt8Bound = 0.03;

std::vector<double> ReadTensor(Checkpoint& checkpoint, const std::string& name) {
  const TensorInfo& info = checkpoint.Info(name);
  const HostTensor tensor = checkpoint.Read(name, Shard::Whole(info.rows, info.columns));
  const std::vector<float> values = Decode(tensor.view);
  return {values.begin(), values.end()};
}

// [matrix rows]
std::vector<double> Times(const std::vector<double>& matrix, const std::vector<double>& x) {
  std::vector<double> product(matrix.size() / x.size(), 0.0);
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    product[i / x.size()] += matrix[i] * x[i % x.size()];
  }
  return product;
}

// Logits of head `head`, see medusa_heads.h.
Floats ReferenceHead(const MedusaFile& file, Checkpoint& model, int head, const Floats& row) {
  std::vector<double> x(row.begin(), row.end());
  for (int block = 0; block < file.layout.blocks; ++block) {
    std::vector<double> z = Times(ReadTensor(*file.tensors, MedusaBlockWeight(head, block)), x);
    const std::vector<double> bias = ReadTensor(*file.tensors, MedusaBlockBias(head, block));
    for (std::size_t i = 0; i < x.size(); ++i) {
      z[i] += bias[i];
      x[i] += z[i] / (1 + std::exp(-z[i]));
    }
  }
  const std::vector<double> logits = Times(
      file.layout.own_output ? ReadTensor(*file.tensors, MedusaOutput(head, file.layout.blocks))
                             : ReadTensor(model, model.config().tied_head ? "embed" : "head"),
      x);
  return {logits.begin(), logits.end()};
}

// A stage, its heads, and what the stage gives them for some tokens: [8, hidden].
struct Fixture {
  Fixture(const std::string& heads, const std::string& model, const std::string& device,
          std::optional<DType> quantise = std::nullopt)
      : stage(model, device), file(OpenMedusa(heads, stage.config())) {
    MedusaOptions options;
    options.max_rows = 8;
    options.quantise = quantise;
    drafts = std::make_unique<MedusaHeads>(stage.device(), file, stage.stage().head(), options);
    stage.Open(0);
    logits = stage.Run(Item(0, SomeTokens(stage.config(), 8, 3)));
    rows = ToHost(stage.device(), stage.stage().HeadInput());
  }
  ConstTensorView Input(std::int64_t first, std::int64_t count) {
    return stage.stage().HeadInput().Rows(first, count);
  }

  TestStage stage;
  MedusaFile file;
  std::unique_ptr<MedusaHeads> drafts;
  std::vector<Floats> logits;  // of the stage
  std::vector<Floats> rows;    // what the heads look at
};

void ExpectFormula(Fixture& fixture, double bound) {
  const std::vector<Floats> logits =
      ToHost(fixture.stage.device(), fixture.drafts->ComputeLogits(fixture.Input(0, 8)));
  const int heads = fixture.file.layout.heads;
  ASSERT_EQ(fixture.drafts->count(), heads);
  std::vector<Floats> expected;
  for (int head = 0; head < heads; ++head) {
    for (const Floats& row : fixture.rows) {
      expected.push_back(ReferenceHead(fixture.file, fixture.stage.checkpoint(), head, row));
    }
  }
  ASSERT_EQ(logits.size(), expected.size());
  EXPECT_LT(RelativeDifference(logits, expected), bound);
}

TEST(MedusaHeadsTest, ComputeTheFormula) {
  for (const char* device : {"cpu", "eigen"}) {
    for (const char* heads : {"synthetic:1", "synthetic:3:f32", "synthetic:2:own:bf16"}) {
      SCOPED_TRACE(std::string(device) + " " + heads);
      Fixture fixture(heads, "synthetic:tiny", device);
      ExpectFormula(fixture, kHeadBound);
    }
    Fixture dense("synthetic:2:own:f32", "synthetic:tiny", device, DType::kQ8_0);
    ExpectFormula(dense, kInt8Bound);
    Fixture tied("synthetic:2:q8_0", "synthetic:tiny:q8_0", device);
    ExpectFormula(tied, kInt8Bound);
  }
}

// Several blocks in a row, and none at all.
TEST(MedusaHeadsTest, ComputeAnyNumberOfBlocks) {
  const ModelConfig config = SmallConfig();
  const std::vector<float> x(config.hidden, 0.25f);
  for (const MedusaLayout& layout : {MedusaLayout{2, 3, false}, {2, 2, true}, {3, 0, true}}) {
    TestModel model = MakeTestModel(config);
    TestModel heads = MakeTestHeads(layout, config);
    const MedusaFile file =
        LoadMedusa(MappedFile::FromBytes("heads", ToSafetensors(heads, "").Build()), config);
    for (const char* name : {"cpu", "eigen"}) {
      const std::unique_ptr<Device> device = MakeDevice(name, {});
      const auto checkpoint = LoadGguf(MappedFile::FromBytes("test.gguf", ToGguf(model).Build()));
      std::shared_ptr<const Weight> head = WeightLoader(*device, *checkpoint, {}).LoadHead();
      MedusaHeads drafts(*device, file, head, {});
      const Tensor row = device->LoadDense(HostView(x.data(), 1, config.hidden));
      const std::vector<Floats> logits = ToHost(*device, drafts.ComputeLogits(row.view()));
      std::vector<Floats> expected;
      for (int h = 0; h < layout.heads; ++h) {
        expected.push_back(ReferenceHead(file, *checkpoint, h, x));
      }
      EXPECT_LT(RelativeDifference(logits, expected), kHeadBound) << name << layout.blocks;
    }
  }
}

TEST(MedusaHeadsTest, LookAtTheRowsThatTheModelsHeadMultiplies) {
  for (const char* model : {"synthetic:tiny", "synthetic:tiny:q8_0"}) {
    Fixture fixture("synthetic:1", model, "cpu");
    const std::vector<double> head = ReadTensor(fixture.stage.checkpoint(), "head");
    std::vector<Floats> expected;
    for (const Floats& row : fixture.rows) {
      const std::vector<double> logits = Times(head, {row.begin(), row.end()});
      expected.emplace_back(logits.begin(), logits.end());
    }
    EXPECT_LT(RelativeDifference(fixture.logits, expected), kInt8Bound) << model;
  }
}

TEST(MedusaHeadsTest, RowsDoNotTouchEachOther) {
  for (const char* heads : {"synthetic:3", "synthetic:3:own:q8_0", "synthetic:2:q4_0"}) {
    Fixture fixture(heads, "synthetic:tiny:q8_0", "cpu");
    const std::vector<Floats> together =
        ToHost(fixture.stage.device(), fixture.drafts->ComputeLogits(fixture.Input(0, 8)));
    const auto count = static_cast<std::size_t>(fixture.drafts->count());
    for (std::size_t row = 0; row < 8; ++row) {
      const std::vector<Floats> alone =
          ToHost(fixture.stage.device(),
                 fixture.drafts->ComputeLogits(fixture.Input(static_cast<std::int64_t>(row), 1)));
      ASSERT_EQ(alone.size(), count);
      for (std::size_t head = 0; head < count; ++head) {
        EXPECT_EQ(alone[head], together[head * 8 + row]) << heads << row;
      }
    }
  }
}

TEST(MedusaHeadsTest, TopKIsTheLargestLogits) {
  Fixture fixture("synthetic:3", "synthetic:tiny", "cpu");
  const std::vector<Floats> logits =
      ToHost(fixture.stage.device(), fixture.drafts->ComputeLogits(fixture.Input(2, 1)));
  std::vector<std::int32_t> ids(3 * 5);
  std::vector<float> values(3 * 5);
  fixture.drafts->TopK(fixture.Input(2, 1), 5, ids, values);
  for (std::size_t head = 0; head < 3; ++head) {
    Floats sorted = logits[head];
    std::sort(sorted.rbegin(), sorted.rend());
    for (std::size_t i = 0; i < 5; ++i) {
      const std::size_t at = head * 5 + i;
      EXPECT_EQ(values[at], sorted[i]);
      EXPECT_EQ(logits[head][static_cast<std::size_t>(ids[at])], values[at]);
    }
  }
}

TEST(MedusaHeadsTest, TheFirstHeadsOfAFileAreEnough) {
  Fixture fixture("synthetic:4", "synthetic:tiny", "cpu");
  const std::vector<Floats> all =
      ToHost(fixture.stage.device(), fixture.drafts->ComputeLogits(fixture.Input(0, 1)));
  MedusaOptions options;
  options.heads = 2;
  MedusaHeads few(fixture.stage.device(), fixture.file, fixture.stage.stage().head(), options);
  EXPECT_EQ(few.count(), 2);
  EXPECT_EQ(ToHost(fixture.stage.device(), few.ComputeLogits(fixture.Input(0, 1))),
            (std::vector<Floats>{all[0], all[1]}));
  options.heads = 5;
  ExpectRefusal(
      [&] {
        MedusaHeads(fixture.stage.device(), fixture.file, fixture.stage.stage().head(), options);
      },
      {"synthetic:4", "4 Medusa heads", "5"});
}

TEST(MedusaHeadsTest, RunOnADeviceThatComputesNothing) {
  const std::unique_ptr<Device> device = MakeDevice("recording", {});
  const auto checkpoint = OpenCheckpoint("synthetic:llama2-7b");
  const MedusaFile file = OpenMedusa("synthetic:5:own:q4_0", checkpoint->config());
  MedusaHeads heads(*device, file, nullptr, {});
  std::vector<std::int32_t> ids(50, -1);
  std::vector<float> values(50);
  const Tensor row = device->Allocate(DType::kF32, 1, checkpoint->config().hidden);
  heads.TopK(row.view(), 10, ids, values);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], static_cast<int>(i) % 10);
  EXPECT_EQ(file.tensors->bytes_read(), 0);
}

TEST(MedusaHeadsTest, RefuseWeightsThatAreNotFinite) {
  const ModelConfig config = SmallConfig();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const char* name : {"0.0.linear.weight", "1.0.linear.bias", "1.1.weight"}) {
    SafetensorsBuilder builder = ToSafetensors(MakeTestHeads({2, 1, true}, config), "");
    const auto begin = builder.header[name]["data_offsets"][0].get<std::size_t>();
    std::memcpy(builder.data.data() + begin + 8, &nan, sizeof nan);
    const MedusaFile file = LoadMedusa(MappedFile::FromBytes("heads", builder.Build()), config);
    for (const char* device_name : {"cpu", "eigen"}) {
      const std::unique_ptr<Device> device = MakeDevice(device_name, {});
      ExpectRefusal([&] { MedusaHeads(*device, file, nullptr, {}); }, {"heads", name, "finite"});
    }
  }
}

}  // namespace
}  // namespace jupiter
