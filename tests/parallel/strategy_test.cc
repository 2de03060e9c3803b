// Every strategy, slicing, wire type, thread count and instruction set gives the tokens and the
// logits of one process that takes the prompt token by token.
#include "parallel/strategy.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "kernels/base/check.h"
#include "mpi_main.h"
#include "parallel/agreement.h"
#include "parallel/session.h"
#include "share_cases.h"

namespace jupiter {
namespace {

// Under a sanitizer portable code takes minutes, and every kernel is compared across instruction
// sets in tests/kernels anyway.
#ifdef JUPITER_SANITIZED
constexpr const char* kReferenceIsa = "";
const std::vector<std::string> kModels = {"synthetic:tiny:q8_0", "synthetic:tiny:q4_K"};
#else
constexpr const char* kReferenceIsa = "portable";
const std::vector<std::string> kModels = {"synthetic:tiny", "synthetic:tiny:q8_0",
                                          "synthetic:tiny:q4_K"};
#endif

constexpr int kPrompt = 11;
constexpr int kTokens = 8;

std::vector<std::int32_t> TestPrompt(int vocab) {
  std::vector<std::int32_t> prompt;
  for (int i = 0; i < kPrompt; ++i) prompt.push_back((37 * i + 5) % vocab);
  return prompt;
}

struct Settings {
  std::string model = "synthetic:tiny";
  SessionOptions session;
  DeviceOptions device;
};

// Runs one request on all ranks; every rank gets the source's result.
Generation RunRequest(const Settings& settings) {
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", settings.device);
  const auto checkpoint = OpenCheckpoint(settings.model);
  SessionOptions options = settings.session;
  options.prompt_tokens = kPrompt;
  options.max_tokens = kTokens;
  Session session(transport, *device, *checkpoint, options);
  session.Load();
  Request request;
  request.prompt = TestPrompt(checkpoint->config().vocab);
  request.max_tokens = kTokens;
  Generation generation = session.Run(request, {}, nullptr);
  // The other ranks learn tokens and hashes, so that all of them assert.
  std::string text;
  for (std::size_t i = 0; i < generation.tokens.size(); ++i) {
    text += fmt::format("{} {} ", generation.tokens[i], generation.logits_hashes[i]);
  }
  text = Broadcast(transport, text, 0);
  std::istringstream fields(text);
  Generation shared;
  std::int32_t token = 0;
  std::uint64_t hash = 0;
  while (fields >> token >> hash) {
    shared.tokens.push_back(token);
    shared.logits_hashes.push_back(hash);
  }
  return shared;
}

// One process, portable code; one row at a time where sums do not depend on it: as plain as it
// gets.
Generation Reference(const Settings& settings) {
  Settings plain = settings;
  const auto checkpoint = OpenCheckpoint(settings.model);
  const ModelShape shape = ShapeOf(*checkpoint, settings.session.quantise, settings.session.kv);
  ReferTo(MakePlan(settings.session, shape, TestContext().size(), {}), plain.session);
  plain.session.layers.clear();
  plain.device = {.threads = 1, .isa = kReferenceIsa};
  // Many settings have the same reference.
  static std::map<std::string, Generation> known;
  const SessionOptions& options = plain.session;
  const Plan plan = MakePlan(options, shape, TestContext().size(), {});
  const std::string key = fmt::format("{} {} {} {} {}", plain.model, ToJson(plan),
                                      plan.reference_of, fmt::join(plan.reference_boundaries, ","),
                                      options.quantise ? Name(*options.quantise) : "");
  const auto found = known.find(key);
  return found != known.end() ? found->second : known[key] = RunRequest(plain);
}

void ExpectSame(const Generation& got, const Generation& expected) {
  ASSERT_EQ(got.tokens.size(), static_cast<std::size_t>(kTokens));
  EXPECT_EQ(got.tokens, expected.tokens);
  EXPECT_EQ(got.logits_hashes, expected.logits_hashes);
}

SlicePolicy Slices(const std::string& text) { return ParseSlices(text, 2); }

class StrategyOnModel : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  Settings settings() const {
    Settings settings;
    settings.model = std::get<1>(GetParam());
    settings.session.strategy = std::get<0>(GetParam());
    return settings;
  }
};

TEST_P(StrategyOnModel, GivesTheBitsOfOneProcess) {
  Settings settings = this->settings();
  for (const char* slices : {"1", "2", "3", "auto", "5,4,2"}) {
    settings.session.slices = Slices(slices);
    ExpectSame(RunRequest(settings), Reference(settings));
  }
  settings.device.threads = 2;
  ExpectSame(RunRequest(settings), Reference(settings));
}

TEST_P(StrategyOnModel, GivesTheSameBitsOnEveryInstructionSet) {
  Settings settings = this->settings();
  settings.session.slices = Slices("3");
  const Generation expected = Reference(settings);
  for (const std::string isa : {"avx512", "avx2", "neon", "portable"}) {
    if (isa == "portable" && isa != kReferenceIsa) continue;
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
  settings.session.residual = DType::kF16;
  settings.session.slices = Slices("3");
  ExpectSame(RunRequest(settings), Reference(settings));
  settings.session.wire = DType::kF16;
  ExpectSame(RunRequest(settings), Reference(settings));
}

TEST_P(StrategyOnModel, EqualsAReferenceThatRoundsWhereALossyWireDoes) {
  for (DType wire : {DType::kF16, DType::kQ8_0}) {
    Settings settings = this->settings();
    settings.session.wire = wire;
    settings.session.slices = Slices("3");
    ExpectSame(RunRequest(settings), Reference(settings));
  }
}

TEST_P(StrategyOnModel, KeepsItsBitsWithKeysAndValuesInHalfPrecision) {
  Settings settings = this->settings();
  settings.session.kv = DType::kF16;
  settings.session.wire = DType::kF16;
  ExpectSame(RunRequest(settings), Reference(settings));
}

std::string NameOf(const testing::TestParamInfo<StrategyOnModel::ParamType>& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

std::vector<std::string> StrategyNames() {
  std::vector<std::string> names;
  for (const StrategyEntry& entry : Strategies()) names.emplace_back(entry.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, StrategyOnModel,
                         testing::Combine(testing::ValuesIn(StrategyNames()),
                                          testing::ValuesIn(kModels)),
                         NameOf);

class SharedStrategy : public testing::TestWithParam<std::string> {
 protected:
  Settings settings(const std::string& model) const {
    Settings settings;
    settings.model = model;
    settings.session.strategy = GetParam();
    settings.session.shares = UnevenShares(TestContext().size());
    return settings;
  }
};

// Heads, columns and rows that differ, some ranks without any; slices with fewer rows than ranks.
TEST_P(SharedStrategy, UnevenSharesGiveTheBitsOfTheirReference) {
  for (const char* model : {"synthetic:tiny", "synthetic:tiny:q8_0"}) {
    Settings settings = this->settings(model);
    ExpectSame(RunRequest(settings), Reference(settings));
    settings.session.slices = Slices("2,3,6");
    settings.session.wire = DType::kF16;
    ExpectSame(RunRequest(settings), Reference(settings));
    settings.session.slices = Slices("1,10");  // a row that cannot be cut comes first
    settings.session.wire = DType::kQ8_0;
    ExpectSame(RunRequest(settings), Reference(settings));
  }
}

TEST_P(SharedStrategy, OneRankCanHaveAllShares) {
  const auto ranks = static_cast<std::size_t>(TestContext().size());
  Settings settings = this->settings("synthetic:tiny");
  Shares& shares = settings.session.shares;
  shares.heads.assign(ranks, 0);
  shares.columns = shares.rows = shares.heads;
  shares.heads.back() = 4;
  shares.columns.front() = 512;
  shares.rows[ranks / 2] = 1;
  ExpectSame(RunRequest(settings), Reference(settings));
}

TEST_P(SharedStrategy, OverlapChangesNoBit) {
  Settings settings = this->settings("synthetic:tiny:q8_0");
  settings.session.wire = DType::kF16;
  const Generation overlapped = RunRequest(settings);
  settings.session.overlap = false;
  ExpectSame(RunRequest(settings), overlapped);
}

TEST_P(SharedStrategy, SharesThatCannotBeAreRefused) {
  const int ranks = TestContext().size();
  if (ranks == 1) GTEST_SKIP() << "one rank has everything";
  const auto message = [&](const std::string& model, const Shares& shares) -> std::string {
    Settings settings = this->settings(model);
    settings.session.shares = shares;
    try {
      RunRequest(settings);
    } catch (const UserError& error) {
      return error.what();
    }
    return {};
  };
  Shares rows;
  rows.rows.assign(static_cast<std::size_t>(ranks), 0);
  if (GetParam() == "sequence" || GetParam() == "galaxy") {
    EXPECT_NE(message("synthetic:tiny", rows).find(": expected a weight above 0"),
              std::string::npos);
  }
  if (GetParam() == "sequence") return;
  // The only block of 256 columns of wo holds all heads.
  EXPECT_NE(message("synthetic:tiny:q4_K", UnevenShares(ranks))
                .find("; the output projection is quantised in blocks of columns: cut at multiples "
                      "of 4"),
            std::string::npos);
  Shares heads;
  heads.heads.assign(static_cast<std::size_t>(ranks), 4);
  EXPECT_NE(message("synthetic:tiny", heads).find("the model has 4 KV heads"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, SharedStrategy,
                         testing::Values("sequence", "megatron", "detransformer", "galaxy"),
                         [](const auto& info) { return info.param; });

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
  settings.session.layers = layers;
  ExpectSame(RunRequest(settings), expected);
  layers.assign(static_cast<std::size_t>(ranks), 0);
  layers.front() = 6;  // all on the first: the others stay idle
  settings.session.layers = layers;
  ExpectSame(RunRequest(settings), expected);
  if (ranks < 3) return;
  layers = {1, 0, 5};  // an idle rank in between
  layers.resize(static_cast<std::size_t>(ranks), 0);
  settings.session.layers = layers;
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
    options.strategy = strategy;
    options.prompt_tokens = kPrompt;
    options.max_tokens = kTokens;
    Session session(transport, *device, *checkpoint, options);
    session.Load();
    Request request;
    request.prompt = TestPrompt(512);
    request.max_tokens = kTokens;
    request.sampling = {.temperature = 1.0f, .top_k = 50, .top_p = 0.9f, .seed = seed};
    return session.Run(request, {}, nullptr).tokens;
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
  options.slices = Slices("3");
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
  const auto message = [](const SessionOptions& options) -> std::string {
    Transport transport(TestContext());
    const auto device = MakeDevice("cpu", {});
    const auto checkpoint = OpenCheckpoint("synthetic:tiny");
    try {
      Session session(transport, *device, *checkpoint, options);
      session.Load();
    } catch (const UserError& error) {
      return error.what();
    }
    return {};
  };
  SessionOptions unknown;
  unknown.strategy = "warp";
  EXPECT_NE(message(unknown).find("unknown strategy 'warp'; known are: local"), std::string::npos);
  SessionOptions layers;
  layers.split = LayerSplit::kGiven;
  layers.layers.assign(static_cast<std::size_t>(TestContext().size()), 1);
  EXPECT_NE(message(layers).find("the model has 6 layers"), std::string::npos);
  SessionOptions longer;
  longer.prompt_tokens = 5000;
  EXPECT_NE(message(longer).find("the context of"), std::string::npos);
  SessionOptions tight;
  tight.memory_limit = 1 << 10;
  EXPECT_NE(message(tight).find("its limit is 0.0 MiB"), std::string::npos);
  SessionOptions slices;
  slices.prompt_tokens = 10;
  slices.slices = Slices("4,4");
  EXPECT_NE(message(slices).find("they add up to 8 tokens, the prompt has 10"), std::string::npos);
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
  options.slices = Slices("2");
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
