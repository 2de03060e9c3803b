// Every strategy, slicing, wire type, thread count and instruction set gives the tokens and the
// logits of one process that takes the prompt token by token.
#include "parallel/strategies/strategy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "parallel/session/session.h"
#include "tests/parallel/mpi_main.h"
#include "tests/parallel/strategies/request_runs.h"
#include "tests/sanitized.h"

namespace jupiter {
namespace {

const std::vector<std::string> kModels = {"synthetic:tiny",      "synthetic:tiny:f16",
                                          "synthetic:tiny:q8_0", "synthetic:tiny:q4_0",
                                          "synthetic:tiny:q4_K", "synthetic:tiny:q6_K"};
// Of dense weights, of small and of large blocks.
const std::vector<std::string> kFewModels = {"synthetic:tiny", "synthetic:tiny:q8_0",
                                             "synthetic:tiny:q4_K"};

// Portable code takes ten times as long, and tests/kernels compares every kernel across instruction
// sets: here once is enough, where there is a rank before and one behind.
bool RunsPortable() { return TestContext().size() == 3 && !Sanitized(); }

class StrategyOnModel : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  Settings settings() const {
    Settings settings;
    settings.model = std::get<1>(GetParam());
    settings.session.plan.strategy = std::get<0>(GetParam());
    return settings;
  }
};

TEST_P(StrategyOnModel, GivesTheBitsOfOneProcess) {
  Settings settings = this->settings();
  for (const char* slices : {"1", "2", "3", "auto", "5,4,2"}) {
    settings.session.plan.slices = Slices(slices);
    ExpectSame(RunRequest(settings), Reference(settings));
  }
  settings.device.threads = 2;
  ExpectSame(RunRequest(settings), Reference(settings));
}

TEST_P(StrategyOnModel, GivesTheSameBitsOnEveryInstructionSet) {
  Settings settings = this->settings();
  settings.session.plan.slices = Slices("3");
  const Generation expected = Reference(settings);
  for (const std::string isa : {"avx512", "avx2", "neon", "portable"}) {
    if (isa == "portable" && !RunsPortable()) continue;
    settings.device.isa = isa;
    try {
      MakeDevice("cpu", settings.device);
    } catch (const UserError&) {
      continue;  // not on this processor
    }
    ExpectSame(RunRequest(settings), expected);
  }
}

TEST_P(StrategyOnModel, KeepsItsBitsWithARoundedResidualStreamAndTheSameWire) {
  Settings settings = this->settings();
  settings.session.plan.residual = DType::kF16;
  settings.session.plan.slices = Slices("3");
  ExpectSame(RunRequest(settings), Reference(settings));
  settings.session.plan.wire = DType::kF16;
  ExpectSame(RunRequest(settings), Reference(settings));
}

TEST_P(StrategyOnModel, EqualsAReferenceThatRoundsWhereALossyWireDoes) {
  for (DType wire : {DType::kF16, DType::kQ8_0}) {
    Settings settings = this->settings();
    settings.session.plan.wire = wire;
    settings.session.plan.slices = Slices("3");
    ExpectSame(RunRequest(settings), Reference(settings));
  }
}

TEST_P(StrategyOnModel, KeepsItsBitsWithKeysAndValuesInHalfPrecision) {
  Settings settings = this->settings();
  settings.session.plan.kv = DType::kF16;
  settings.session.plan.wire = DType::kF16;
  ExpectSame(RunRequest(settings), Reference(settings));
}

std::string NameOf(const testing::TestParamInfo<StrategyOnModel::ParamType>& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

// Strategies whose ranks have shares of all layers, or the others.
std::vector<std::string> NamesOf(bool shares) {
  std::vector<std::string> names;
  for (const StrategyEntry& entry : Strategies()) {
    if (entry.traits.shares() == shares) names.push_back(entry.traits.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Pipelines, StrategyOnModel,
                         testing::Combine(testing::ValuesIn(NamesOf(false)),
                                          testing::ValuesIn(kModels)),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Shared, StrategyOnModel,
                         testing::Combine(testing::ValuesIn(NamesOf(true)),
                                          testing::ValuesIn(kFewModels)),
                         NameOf);

TEST(StrategyTest, QuantisingAtLoadGivesTheSameBitsEverywhere) {
  for (DType dtype : {DType::kQ8_0, DType::kQ4_0}) {
    Settings settings;
    settings.session.quantise = dtype;
    ExpectSame(RunRequest(settings), Reference(settings));
  }
}

TEST(StrategyTest, UnevenAndEmptyStagesGiveTheSameBits) {
  const int ranks = TestContext().size();
  Settings settings;
  const Generation expected = Reference(settings);
  settings.session.split = LayerSplit::kGiven;
  std::vector<int> layers(static_cast<std::size_t>(ranks), 0);
  layers.back() = 6;  // all on the last: the source only embeds
  settings.session.plan.layers = layers;
  ExpectSame(RunRequest(settings), expected);
  layers.assign(static_cast<std::size_t>(ranks), 0);
  layers.front() = 6;  // all on the first: the others stay idle
  settings.session.plan.layers = layers;
  ExpectSame(RunRequest(settings), expected);
  if (ranks < 3) return;
  layers = {1, 0, 5};  // an idle rank in between
  layers.resize(static_cast<std::size_t>(ranks), 0);
  settings.session.plan.layers = layers;
  ExpectSame(RunRequest(settings), expected);
}

TEST(StrategyTest, SplitBySpeedGivesTheSameBits) {
  Settings settings;
  const Generation expected = Reference(settings);
  settings.session.split = LayerSplit::kSpeed;
  ExpectSame(RunRequest(settings), expected);
}

TEST(StrategyTest, SampledTokensDependOnTheSeedOnly) {
  const auto sample = [](const std::string& strategy, std::uint64_t seed) {
    Transport transport(TestContext());
    const auto device = MakeDevice("cpu", {});
    const auto checkpoint = OpenCheckpoint("synthetic:tiny");
    SessionOptions options;
    options.plan.strategy = strategy;
    options.prompt_tokens = kPrompt;
    options.max_tokens = kTokens;
    Session session(transport, *device, *checkpoint, options);
    session.Load();
    Request request;
    request.prompt = TestPrompt(512);
    request.max_tokens = kTokens;
    RunOptions sampled;
    sampled.sampling = {.temperature = 1.0f, .top_k = 50, .top_p = 0.9f, .seed = seed};
    const auto generations = session.Run({{}, {request}}, sampled, {}, nullptr);
    return generations.empty() ? std::vector<std::int32_t>{} : generations.front().tokens;
  };
  const std::vector<std::int32_t> expected = sample("local", 7);
  EXPECT_EQ(sample("jupiter", 7), expected);
  if (TestContext().rank() == 0)
    EXPECT_NE(sample("local", 8), expected);
  else
    sample("local", 8);
}

// Bytes of one request, by formula: the source's n-1 boundaries carry each row once.
TEST(StrategyTest, SendsTheBytesOfTheFormula) {
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", {});
  const auto checkpoint = OpenCheckpoint("synthetic:tiny");
  SessionOptions options;
  options.plan.slices = Slices("3");
  options.prompt_tokens = kPrompt;
  options.max_tokens = kTokens;
  Session session(transport, *device, *checkpoint, options);
  session.Load();
  transport.ResetCounters();
  Request request;
  request.prompt = TestPrompt(512);
  request.max_tokens = kTokens;
  session.Run(request, {}, nullptr);
  const int last = transport.size() - 1;
  const std::int64_t rows = kPrompt + kTokens - 1;
  const TrafficCounters& counters = transport.counters();
  const bool sends_on = transport.rank() < last;
  EXPECT_EQ(counters.payload_sent, sends_on ? rows * 256 * 4 : 0);
  // Three slices, a batch per further token, the end; or a token each.
  const std::int64_t messages = sends_on ? 3 + (kTokens - 1) + 1 : last > 0 ? kTokens : 0;
  EXPECT_EQ(counters.messages_sent, messages);
}

TEST(StrategyTest, RefusesWhatCannotBeDone) {
  SessionOptions unknown;
  unknown.plan.strategy = "warp";
  EXPECT_NE(LoadError(unknown).find("unknown strategy 'warp'; known are: local"),
            std::string::npos);
  SessionOptions layers;
  layers.split = LayerSplit::kGiven;
  layers.plan.layers.assign(static_cast<std::size_t>(TestContext().size()), 1);
  EXPECT_NE(LoadError(layers).find("the model has 6 layers"), std::string::npos);
  SessionOptions longer;
  longer.prompt_tokens = 5000;
  EXPECT_NE(LoadError(longer).find("the context of"), std::string::npos);
  SessionOptions tight;
  tight.memory_limit = 1 << 10;
  EXPECT_NE(LoadError(tight).find("its limit is 0.0 MiB"), std::string::npos);
  SessionOptions slices;
  slices.prompt_tokens = 10;
  slices.plan.slices = Slices("4,4");
  EXPECT_NE(LoadError(slices).find("they add up to 8 tokens, the prompt has 10"),
            std::string::npos);
}

TEST(StrategyTest, RanksThatDifferAreNamed) {
  if (TestContext().size() == 1) GTEST_SKIP() << "needs two ranks to differ";
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", {});
  const bool other = transport.rank() == 1;
  const auto checkpoint = OpenCheckpoint(other ? "synthetic:tiny:seed=2" : "synthetic:tiny");
  try {
    Session session(transport, *device, *checkpoint, {});
    FAIL() << "the model differs";
  } catch (const UserError& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.find("model fingerprint differs: rank 1"), 0u) << text;
  }
}

TEST(StrategyTest, GreedyTokensOfARealModel) {
  const char* folder = std::getenv("JUPITER_TEST_MODELS");
  const std::string path =
      std::string(folder == nullptr ? "" : folder) + "/stories260K/stories260K-f32.gguf";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << path << " is missing; set JUPITER_TEST_MODELS to the folder of test models";
  }
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", {});
  const auto checkpoint = OpenCheckpoint(path);
  SessionOptions options;
  options.plan.slices = Slices("2");
  options.prompt_tokens = 5;
  options.max_tokens = 12;
  Session session(transport, *device, *checkpoint, options);
  session.Load();
  Request request;
  request.prompt = {1, 403, 407, 261, 378};  // "Once upon a time"
  request.max_tokens = options.max_tokens;
  const Generation generation = session.Run(request, {}, nullptr);
  if (transport.rank() != 0) return;
  const std::vector<std::int32_t> expected = {432, 383, 286, 261, 376, 298,
                                              315, 421, 395, 317, 426, 338};
  EXPECT_EQ(generation.tokens, expected);
}

}  // namespace
}  // namespace jupiter
