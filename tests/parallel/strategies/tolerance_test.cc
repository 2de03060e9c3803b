// Strategies that add up over ranks give the logits of one process up to rounding, and its tokens.
//
// Where they differ. A product of K terms is one chain of fused multiply-adds (kernels/), started
// from the residual stream by one process; n ranks make n chains of K/n, add them in a ring and add
// the sum. Each of the K + K/n + n roundings changes its sum by at most u = 2^-24 of it, and as
// they are not correlated, an output of a block differs by about sqrt(K + K/n + n) u times a
// partial sum (Higham and Mary, SIAM J. Sci. Comput. 41, 2019). Assumption 1: partial sums are no
// larger than the residual stream in norm. So each block changes a row of it by sqrt(K + K/n + n) u
// relative to its norm. Later blocks pass a change on. Assumption 2: what rounding left grows on
// its way to the end as any small change in a random direction does, which GrowthOf measures (the
// largest G over all layers). The changes of 2L blocks are not correlated either, so the end has
//   rho = G sqrt(2L) sqrt(K + K/n + n) u   relative to its norm.
// RMSNorm scales rows to the norm sqrt(hidden) and makes a relative change no larger. Logit j is
// the product of w_j, its row of the head, with that: a vector of random direction and norm
// sqrt(hidden) max|g| rho (g the norm's weights) has a component of deviation max|g| rho along w_j.
//   bound_j = z |w_j| max|g| rho,
// z = 6 deviations, for a million of logits. Where the best logit is ahead by more than twice the
// largest bound, the token must be the same; other positions are exempt, counted and printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "kernels/make_device.h"
#include "model/loaders/gguf_checkpoint.h"
#include "model/loaders/open_checkpoint.h"
#include "parallel/session/session.h"
#include "parallel/session/session_plan.h"
#include "tests/model/loaders/decode.h"
#include "tests/model/loaders/test_model.h"
#include "tests/model/stage/reference_model.h"
#include "tests/model/stage/test_stage.h"
#include "tests/parallel/mpi_main.h"
#include "tests/parallel/strategies/share_cases.h"

namespace jupiter {
namespace {

constexpr double kRounding = 0x1p-24;
constexpr double kDeviations = 6;

std::string StoriesFolder() {
  const char* folder = std::getenv("JUPITER_TEST_MODELS");
  return std::string(folder == nullptr ? "" : folder) + "/stories260K";
}

// Also "biases": two layers as Qwen2 has them, with fewer KV heads than query heads.
std::unique_ptr<Checkpoint> Open(const std::string& model) {
  if (model == "stories260K") return OpenCheckpoint(StoriesFolder() + "/stories260K-f32.gguf");
  if (model != "biases") return OpenCheckpoint(model);
  ModelConfig config = SmallConfig();
  config.architecture = Architecture::kQwen2;
  config.qkv_bias = true;
  return LoadGguf(MappedFile::FromBytes("biases.gguf", ToGguf(MakeTestModel(config)).Build()));
}

Plan PlanFor(const std::string& strategy, const Checkpoint& checkpoint, const Shares& shares) {
  SessionOptions options;
  options.plan.strategy = strategy;
  options.plan.shares = shares;
  return CompletePlan(options, ShapeOf(checkpoint, std::nullopt, DType::kF32), TestContext().size(),
                      {});
}

// Logits of every token: all but two as a prompt, those as decode steps. At rank 0.
std::vector<Floats> LogitsOf(const Plan& plan, Checkpoint& checkpoint, const Ids& ids) {
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", {});
  const auto count = static_cast<int>(ids.size());
  const auto strategy = FindStrategy(plan.strategy)
                            .build({transport, *device, checkpoint, plan,
                                    Capacity{count, count, count}, std::nullopt, std::nullopt});
  if (transport.rank() != 0) {
    while (const auto batch = strategy->Receive()) strategy->Forward(*batch);
    return {};
  }
  std::vector<Floats> logits;
  for (const Ids& part :
       {Ids(ids.begin(), ids.end() - 2), Ids{ids[ids.size() - 2]}, Ids{ids.back()}}) {
    Batch batch;
    if (logits.empty()) batch.open = {{0, count, -1}};
    batch.items = {Item(0, part)};
    for (Floats& row : ToHost(*device, strategy->Forward(batch))) logits.push_back(std::move(row));
  }
  strategy->End();
  return logits;
}

std::vector<float> ReadAll(Checkpoint& checkpoint, const std::string& name) {
  const TensorInfo info = checkpoint.Info(name);
  return Decode(checkpoint.Read(name, Shard::Whole(info.rows, info.columns)).view);
}

double Norm(const float* begin, std::int64_t count) {
  double squares = 0;
  for (std::int64_t i = 0; i < count; ++i) squares += double{begin[i]} * begin[i];
  return std::sqrt(squares);
}

// Residual streams on the host, and forward passes that start at any layer.
class Passes {
 public:
  Passes(TestStage& stage, const Ids& ids) : stage_(stage), ids_(ids) {}

  // The stream at the end, when `change` (relative to each row) is added in front of layer `at`.
  std::vector<Floats> Run(int at, double change) {
    Stage& stage = stage_.stage();
    Device& device = stage_.device();
    Batch batch;
    batch.open = {{next_, static_cast<std::int32_t>(ids_.size()), -1}};
    batch.items = {Item(next_++, ids_)};
    const BatchLayout& layout = stage.Begin(batch);
    stage.Embed({0, layout.rows()});
    const TensorView x = stage.Input(layout.rows());
    for (int layer = 0; layer < stage.layers(); ++layer) {
      if (layer == at) Disturb(x, change);
      stage.FetchLayer(layer).AttentionBlock(device, stage.workspace(), layout, stage.rope_table(),
                                             x, x, true);
      stage.FetchLayer(layer).MlpBlock(device, stage.workspace(), x, x, true);
    }
    std::vector<Floats> end = ToHost(device, x);
    batch.close = {next_ - 1};
    stage.Finish(batch);
    return end;
  }

 private:
  void Disturb(TensorView x, double change) {
    const CounterRng rng(11);
    std::uint64_t place = 0;
    std::vector<Floats> rows = ToHost(stage_.device(), x);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      Floats noise;
      for (std::size_t i = 0; i < rows[row].size(); ++i) {
        noise.push_back(
            static_cast<float>(static_cast<double>(rng.Bits(place++) >> 40) / (1 << 23)) - 1.0F);
      }
      const auto width = static_cast<std::int64_t>(noise.size());
      const double scale = change * Norm(rows[row].data(), width) / Norm(noise.data(), width);
      for (std::size_t i = 0; i < noise.size(); ++i) {
        rows[row][i] += static_cast<float>(scale * noise[i]);
      }
      stage_.device().Import(HostView(rows[row].data(), 1, width),
                             x.Rows(static_cast<std::int64_t>(row), 1));
    }
  }

  TestStage& stage_;
  Ids ids_;
  std::int32_t next_ = 0;
};

// Root mean square over rows of |a - b| / |b|.
double Apart(const std::vector<Floats>& a, const std::vector<Floats>& b) {
  double sum = 0;
  for (std::size_t row = 0; row < b.size(); ++row) {
    Floats difference = a[row];
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= b[row][i];
    const auto width = static_cast<std::int64_t>(difference.size());
    sum += std::pow(Norm(difference.data(), width) / Norm(b[row].data(), width), 2);
  }
  return std::sqrt(sum / static_cast<double>(b.size()));
}

// By how much a relative change in front of any layer grows until the end, at most.
double GrowthOf(TestStage& stage, const Ids& ids) {
  constexpr double kChange = 1e-3;  // far above rounding
  Passes passes(stage, ids);
  const std::vector<Floats> plain = passes.Run(-1, 0);
  double growth = 0;
  for (int layer = 0; layer < stage.config().layers; ++layer) {
    growth = std::max(growth, Apart(passes.Run(layer, kChange), plain) / kChange);
  }
  return growth;
}

// Per logit, see above.
std::vector<double> Bounds(Checkpoint& checkpoint, int ranks, double growth) {
  const ModelConfig& config = checkpoint.config();
  const double terms = std::max<double>(static_cast<double>(config.q_width()), config.ffn);
  const double block = std::sqrt(terms + terms / ranks + ranks) * kRounding;
  const double rho = growth * std::sqrt(2.0 * config.layers) * block;
  double largest = 0;
  for (float weight : ReadAll(checkpoint, "final_norm")) {
    largest = std::max(largest, std::abs(double{weight}));
  }
  const std::vector<float> head = ReadAll(checkpoint, config.tied_head ? "embed" : "head");
  std::vector<double> bounds;
  for (int token = 0; token < config.vocab; ++token) {
    const float* row = head.data() + std::int64_t{token} * config.hidden;
    bounds.push_back(kDeviations * Norm(row, config.hidden) * largest * rho);
  }
  return bounds;
}

struct Difference {
  double share_of_bound = 0;  // the largest
  int exempt = 0;             // positions
  int changed = 0;            // tokens at other positions
};

int Best(const Floats& logits) {
  return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

// How far the best logit is ahead.
double Margin(Floats logits) {
  std::nth_element(logits.begin(), logits.begin() + 1, logits.end(), std::greater<>());
  return double{logits[0]} - logits[1];
}

Difference Compare(const std::vector<Floats>& logits, const std::vector<Floats>& expected,
                   const std::vector<double>& bounds) {
  Difference difference;
  const double largest = *std::max_element(bounds.begin(), bounds.end());
  for (std::size_t row = 0; row < expected.size(); ++row) {
    for (std::size_t j = 0; j < bounds.size(); ++j) {
      const double moved = std::abs(double{logits[row][j]} - expected[row][j]);
      difference.share_of_bound = std::max(difference.share_of_bound, moved / bounds[j]);
    }
    if (Margin(expected[row]) <= 2 * largest) {
      ++difference.exempt;
    } else if (Best(logits[row]) != Best(expected[row])) {
      ++difference.changed;
    }
  }
  return difference;
}

Ids StoriesIds() {
  std::ifstream file(StoriesFolder() + "/greedy.json");
  const auto golden = nlohmann::json::parse(file);
  return Joined(golden["prompt_ids"].get<Ids>(), golden["generated_ids"].get<Ids>());
}

class ToleranceTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "stories260K" && !std::filesystem::exists(StoriesFolder())) {
      GTEST_SKIP() << StoriesFolder() << " is missing; set JUPITER_TEST_MODELS";
    }
    checkpoint_ = Open(GetParam());
    ids_ = SomeTokens(checkpoint_->config(), 20, 5);
    if (GetParam() == "stories260K") {
      ids_ = StoriesIds();
      ids_.resize(std::min<std::size_t>(ids_.size(), 128));
    }
  }
  TestStage Whole() const {
    auto checkpoint = Open(GetParam());
    const StageOptions options = WholeModel(checkpoint->config(), static_cast<int>(ids_.size()));
    return {MakeDevice("cpu", {}), std::move(checkpoint), options};
  }

  std::unique_ptr<Checkpoint> checkpoint_;
  Ids ids_;
};

TEST_P(ToleranceTest, LogitsStayWithinTheBound) {
  const int ranks = TestContext().size();
  std::vector<Floats> expected;
  std::vector<double> bounds;
  if (TestContext().rank() == 0) {
    TestStage whole = Whole();
    expected = whole.Flat(ids_, {static_cast<int>(ids_.size())});
    const double growth = GrowthOf(whole, ids_);
    fmt::print("{}: a relative change grows up to {:.2f} times\n", GetParam(), growth);
    bounds = Bounds(*checkpoint_, ranks, growth);
  }
  for (const char* strategy : {"megatron", "galaxy"}) {
    std::vector<Shares> shares = {{}};
    if (GetParam() == "synthetic:tiny") shares.push_back(UnevenShares(ranks));
    for (const Shares& given : shares) {
      const Plan plan = PlanFor(strategy, *checkpoint_, given);
      const std::vector<Floats> logits = LogitsOf(plan, *checkpoint_, ids_);
      if (TestContext().rank() != 0) continue;
      ASSERT_EQ(logits.size(), expected.size());
      const Difference difference = Compare(logits, expected, bounds);
      EXPECT_LE(difference.share_of_bound, 1) << ToJson(plan);
      EXPECT_EQ(difference.changed, 0) << ToJson(plan);
      if (GetParam() == "stories260K") {
        EXPECT_EQ(difference.exempt, 0);
      }
      fmt::print("{} {} {}: {} positions, {} exempt, differences up to {:.2g} of the bound\n",
                 GetParam(), strategy, Show(plan.shares), ids_.size(), difference.exempt,
                 difference.share_of_bound);
    }
  }
}

// Keys and values travel as they are: not a bit differs.
TEST_P(ToleranceTest, SequenceIsExact) {
  const Plan plan = PlanFor("sequence", *checkpoint_, {});
  const std::vector<Floats> logits = LogitsOf(plan, *checkpoint_, ids_);
  if (TestContext().rank() != 0) return;
  EXPECT_EQ(logits, Whole().Flat(ids_, {static_cast<int>(ids_.size())}));
}

INSTANTIATE_TEST_SUITE_P(Models, ToleranceTest,
                         testing::Values("synthetic:tiny", "biases", "stories260K"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

// The decoupled model by its formula, in double.
TEST(DeTransformerTest, ComputesTheFormula) {
  constexpr double kFloatBound =
      1e-4;  // of the largest logit, see tests/model/stage/reference_test.cc
  const auto checkpoint = OpenCheckpoint("synthetic:tiny");
  const Ids ids = SomeTokens(checkpoint->config(), 5, 6);
  const Plan plan = PlanFor("detransformer", *checkpoint, UnevenShares(TestContext().size()));
  const std::vector<Floats> logits = LogitsOf(plan, *checkpoint, ids);
  if (TestContext().rank() != 0) return;
  std::vector<ReferencePart> parts;
  for (int rank = 0; rank < TestContext().size(); ++rank) {
    parts.push_back({FirstOf(plan.shares.heads, rank), FirstOf(plan.shares.heads, rank + 1),
                     FirstOf(plan.shares.columns, rank), FirstOf(plan.shares.columns, rank + 1)});
  }
  EXPECT_LT(RelativeDifference(logits, DecoupledReferenceLogits(*checkpoint, ids, parts)),
            kFloatBound);
  // Another function than the model's.
  EXPECT_GT(RelativeDifference(logits, ReferenceLogits(*checkpoint, ids)), 100 * kFloatBound);
}

// What people read: the greedy text of a real model, by way of sessions.
TEST(StoriesTest, AllTokensAreTheGreedyOnes) {
  if (!std::filesystem::exists(StoriesFolder())) GTEST_SKIP() << StoriesFolder() << " is missing";
  const Ids all = StoriesIds();
  for (const char* strategy : {"sequence", "megatron", "galaxy"}) {
    Transport transport(TestContext());
    const auto device = MakeDevice("cpu", {});
    const auto checkpoint = Open("stories260K");
    SessionOptions options;
    options.plan.strategy = strategy;
    options.prompt_tokens = 30;
    options.max_tokens = 150;
    Session session(transport, *device, *checkpoint, options);
    session.Load();
    Request request;
    request.prompt.assign(all.begin(), all.begin() + options.prompt_tokens);
    request.max_tokens = options.max_tokens;
    const Ids tokens = session.Run(request, {}, nullptr).tokens;
    if (transport.rank() != 0) continue;
    const auto begin = all.begin() + options.prompt_tokens;
    EXPECT_EQ(tokens, Ids(begin, begin + options.max_tokens)) << strategy;
  }
}

}  // namespace
}  // namespace jupiter
