// The shares of a layer that ranks compute under tensor parallelism add up to the layer.
#include <gtest/gtest.h>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "kernels/make_device.h"
#include "model/loaders/gguf_checkpoint.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/rope_table.h"
#include "tests/model/loaders/test_model.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

constexpr int kShareRows = 6;

struct Blocks {
  std::vector<Floats> attention;
  std::vector<Floats> mlp;
};

class LayerShareTest {
 public:
  explicit LayerShareTest(std::unique_ptr<Checkpoint> checkpoint,
                          std::optional<DType> quantise = std::nullopt)
      : checkpoint_(std::move(checkpoint)),
        loader_(*device_, *checkpoint_, quantise),
        rope_table_(MakeRopeTable(*device_, config(), kShareRows)) {}

  const ModelConfig& config() const { return checkpoint_->config(); }

  // Partial sums of both blocks of layer 1 for some residual stream.
  Blocks Run(const LayerShare& share) {
    const LayerWidths widths = Layer::Widths(config(), share);
    Workspace workspace(*device_, widths, kShareRows);
    const Layer layer(config(), loader_.LoadLayer(1, share), share, 0);
    KvCaches caches;
    caches[0] = std::make_shared<KvCache>(*device_, KvShape{1, widths.kv, DType::kF32}, kShareRows,
                                          nullptr);
    const Ids tokens(kShareRows, 1);
    const BatchLayout layout = LayOut(*device_, CausalBatch(0, tokens, false), caches);
    FillResidual(workspace.residual.view());
    const Tensor out = device_->Allocate(DType::kF32, kShareRows, config().hidden);
    Blocks blocks;
    layer.AttentionBlock(*device_, workspace, layout, rope_table_, workspace.residual.view(),
                         out.view(), false);
    blocks.attention = ToHost(*device_, out.view());
    layer.MlpBlock(*device_, workspace, workspace.residual.view(), out.view(), false);
    blocks.mlp = ToHost(*device_, out.view());
    return blocks;
  }

 private:
  void FillResidual(TensorView x) {
    Floats values(static_cast<std::size_t>(x.rows * x.columns));
    const CounterRng rng(1);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = rng.Uniform(i) - 0.5f;
    device_->Import(HostView(values.data(), x.rows, x.columns), x);
  }

  std::unique_ptr<Device> device_ = MakeDevice("cpu", {});
  std::unique_ptr<Checkpoint> checkpoint_;
  WeightLoader loader_;
  Tensor rope_table_;
};

std::vector<Floats> operator+(std::vector<Floats> a, const std::vector<Floats>& b) {
  for (std::size_t row = 0; row < a.size(); ++row) {
    for (std::size_t i = 0; i < a[row].size(); ++i) a[row][i] += b[row][i];
  }
  return a;
}

// Both ways sum the same n <= 512 products (integer products of whole blocks when quantised) in
// f32, in another order. Errors of at most 2^-24 per addition of terms that mostly cancel: about
// sqrt(n) * 10 roundings of the result, 1.4e-5; the largest result of a row is above that of most.
constexpr double kBound = 2e-5;

void ExpectSum(LayerShareTest& test, const std::vector<LayerShare>& shares) {
  const Blocks whole = test.Run(LayerShare::Whole(test.config()));
  Blocks sum = test.Run(shares.front());
  EXPECT_GT(RelativeDifference(sum.attention, whole.attention), 0.1);
  EXPECT_GT(RelativeDifference(sum.mlp, whole.mlp), 0.1);
  for (std::size_t i = 1; i < shares.size(); ++i) {
    const Blocks part = test.Run(shares[i]);
    sum.attention = sum.attention + part.attention;
    sum.mlp = sum.mlp + part.mlp;
  }
  EXPECT_LT(RelativeDifference(sum.attention, whole.attention), kBound);
  EXPECT_LT(RelativeDifference(sum.mlp, whole.mlp), kBound);
}

TEST(LayerShareTests, HalvesAddUpToTheLayer) {
  for (const char* model :
       {"synthetic:tiny", "synthetic:tiny:f16", "synthetic:tiny:q8_0", "synthetic:tiny:q4_0"}) {
    SCOPED_TRACE(model);
    LayerShareTest test(OpenCheckpoint(model));
    ExpectSum(test, {{0, 2, 0, 256}, {2, 4, 256, 512}});
  }
}

TEST(LayerShareTests, UnevenSharesAddUpToTheLayer) {
  LayerShareTest test(OpenCheckpoint("synthetic:tiny"));
  ExpectSum(test, {{0, 1, 0, 96}, {1, 3, 96, 352}, {3, 4, 352, 512}});
}

TEST(LayerShareTests, SharesQuantisedAtLoadAddUpToTheLayer) {
  LayerShareTest test(OpenCheckpoint("synthetic:tiny"), DType::kQ8_0);
  ExpectSum(test, {{0, 3, 0, 160}, {3, 4, 160, 512}});
}

TEST(LayerShareTests, BiasesGoWithTheirRows) {
  ModelConfig config = SmallConfig();
  config.architecture = Architecture::kQwen2;
  config.qkv_bias = true;
  LayerShareTest test(
      LoadGguf(MappedFile::FromBytes("q.gguf", ToGguf(MakeTestModel(config)).Build())));
  ExpectSum(test, {{0, 1, 0, 11}, {1, 2, 11, 24}});
}

// wo's only block of 256 columns is cut, and those of w_down.
TEST(LayerShareTests, KTypesAreCutInsideTheirBlocks) {
  for (const char* model : {"synthetic:tiny:q4_K", "synthetic:tiny:q6_K"}) {
    SCOPED_TRACE(model);
    LayerShareTest test(OpenCheckpoint(model));
    ExpectSum(test, {{0, 1, 0, 96}, {1, 3, 96, 352}, {3, 4, 352, 512}});
  }
}

TEST(LayerShareTests, CutsBetweenColumnsOfOneScaleAreRefused) {
  for (const char* model : {"synthetic:tiny:q8_0", "synthetic:tiny:q4_K"}) {
    LayerShareTest test(OpenCheckpoint(model));
    EXPECT_THROW(test.Run({0, 4, 0, 100}), UserError);
  }
  LayerShareTest loaded(OpenCheckpoint("synthetic:tiny"), DType::kQ4_0);
  EXPECT_THROW(loaded.Run({0, 4, 0, 100}), UserError);
}

}  // namespace
}  // namespace jupiter
