// Drafts change no bit: whatever is drafted, by whom, once or continuously, over any strategy, the
// tokens and logits are those of plain decoding. Several requests at once, too.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "parallel/decoding/cancels.h"
#include "parallel/decoding/model_drafter.h"
#include "parallel/decoding/ngram_drafter.h"
#include "parallel/decoding/tree_drafter.h"
#include "parallel/session/session.h"
#include "parallel/strategies/batch_message.h"
#include "parallel/transport/agreement.h"
#include "tests/parallel/decoding/oracle_drafter.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

constexpr int kPromptTokens = 12;
constexpr int kAnswer = 24;
constexpr int kRows = 8;

using Ids = std::vector<std::int32_t>;

Ids PromptOf(int request) {
  Ids prompt;
  for (int i = 0; i < kPromptTokens - request % 3; ++i) {
    prompt.push_back((31 * (i % 4) + 7 * request + 5) % 512);
  }
  return prompt;
}

struct Setting {
  std::string strategy = "local";
  std::string drafter = {};  // empty: plain
  int in_flight = 1;
  int requests = 1;  // of the set
  int at_once = 1;
  int group = 0;
  double middle_slowdown = 1;  // of the stages between the first and the last
  bool prefix = false;
  float temperature = 0;
  std::string model = "synthetic:tiny:q8_0";

  std::string Key() const {
    return fmt::format("{} {} {} {} {}", strategy, requests, prefix, temperature, model);
  }
};

RequestSet SetOf(const Setting& setting) {
  RequestSet set;
  if (setting.prefix) set.prefixes = {PromptOf(9)};
  for (int i = 0; i < setting.requests; ++i) {
    Request request;
    request.prompt = PromptOf(i);
    request.max_tokens = kAnswer - 5 * (i % 3);
    request.prefix = setting.prefix ? 0 : -1;
    set.requests.push_back(std::move(request));
  }
  return set;
}

struct Answer {
  Ids tokens;
  std::vector<std::uint64_t> hashes;
  bool operator==(const Answer&) const = default;
};

// Of every request, on all ranks.
std::vector<Answer> ShareAnswers(Transport& transport, const std::vector<Generation>& generations) {
  std::string text;
  for (const Generation& generation : generations) {
    for (std::size_t i = 0; i < generation.tokens.size(); ++i) {
      text += fmt::format("{} {} ", generation.tokens[i], generation.logits_hashes[i]);
    }
    text += "-1 0 ";
  }
  std::istringstream fields(Broadcast(transport, text, 0));
  std::vector<Answer> answers(1);
  std::int32_t token = 0;
  std::uint64_t hash = 0;
  while (fields >> token >> hash) {
    if (token < 0) {
      answers.emplace_back();
    } else {
      answers.back().tokens.push_back(token);
      answers.back().hashes.push_back(hash);
    }
  }
  answers.pop_back();
  return answers;
}

struct Outcome {
  std::vector<Answer> answers;
  std::vector<Generation> generations;  // rank 0
  TrafficCounters traffic;              // of this rank
};

std::unique_ptr<Drafter> DrafterFor(const Setting& setting, Device& device, Checkpoint& checkpoint,
                                    const std::vector<Answer>& plain) {
  if (setting.drafter == "ngram") return MakeNgramDrafter({});
  if (setting.drafter == "medusa")
    return MakeTreeDrafter(TreeOf({{0}, {1}, {0, 0}, {0, 1}, {1, 0}}));
  if (setting.drafter == "model") {
    return MakeModelDrafter(device, OpenDraftModel("synthetic:tiny:f16", checkpoint),
                            {.quantise = {}, .kv = DType::kF32, .length = 3, .positions = 128});
  }
  std::map<std::int32_t, Ids> texts;
  const RequestSet set = SetOf(setting);
  for (std::size_t i = 0; i < set.requests.size(); ++i) {
    Ids& text = texts[static_cast<std::int32_t>(i + set.prefixes.size())];
    if (setting.prefix) text = set.prefixes[0];
    text.insert(text.end(), set.requests[i].prompt.begin(), set.requests[i].prompt.end());
    text.insert(text.end(), plain[i].tokens.begin(), plain[i].tokens.end());
  }
  return std::make_unique<OracleDrafter>(std::move(texts), 512);
}

Outcome RunSetting(const Setting& setting, const std::vector<Answer>& plain = {}) {
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", {});
  const auto checkpoint = OpenCheckpoint(setting.model);
  SessionOptions options;
  options.plan.strategy = setting.strategy;
  options.prompt_tokens = kPromptTokens * (setting.prefix ? 2 : 1);
  options.max_tokens = kAnswer;
  options.requests = setting.at_once;
  options.group = setting.group;
  if (!setting.drafter.empty()) {
    options.step_rows = kRows;
    options.in_flight = setting.in_flight;
  }
  if (setting.drafter == "medusa") options.medusa = "synthetic:2";
  options.medusa_ranks = 2;
  if (setting.middle_slowdown > 1) {
    options.slowdown.assign(static_cast<std::size_t>(transport.size()), setting.middle_slowdown);
    options.slowdown.front() = options.slowdown.back() = 1;
  }
  Session session(transport, *device, *checkpoint, options);
  session.Load();
  std::unique_ptr<Drafter> drafter;
  if (!setting.drafter.empty() && transport.rank() == 0) {
    drafter = DrafterFor(setting, *device, *checkpoint, plain);
  }
  RunOptions run;
  run.sampling.temperature = setting.temperature;
  run.sampling.seed = 3;
  run.drafter = drafter.get();
  run.drafts = !setting.drafter.empty();
  Outcome outcome;
  transport.ResetCounters();
  outcome.generations = session.Run(SetOf(setting), run, {}, nullptr);
  outcome.traffic = transport.counters();
  outcome.answers = ShareAnswers(transport, outcome.generations);
  return outcome;
}

// Plain decoding of the same requests, one after the other.
const std::vector<Answer>& Plain(Setting setting) {
  setting.drafter.clear();
  setting.at_once = setting.in_flight = 1;
  static std::map<std::string, std::vector<Answer>> known;
  const auto found = known.find(setting.Key());
  if (found != known.end()) return found->second;
  return known[setting.Key()] = RunSetting(setting).answers;
}

void ExpectPlain(const Setting& setting) {
  const std::vector<Answer>& plain = Plain(setting);
  ASSERT_EQ(plain.size(), static_cast<std::size_t>(setting.requests));
  const Outcome outcome = RunSetting(setting, plain);
  EXPECT_EQ(outcome.answers, plain);
  for (const Generation& generation : outcome.generations) {
    if (setting.drafter.empty()) continue;
    std::int64_t tokens = 1;  // the prompt's
    for (const DraftStep& step : generation.steps) tokens += step.tokens;
    EXPECT_EQ(tokens, std::ssize(generation.tokens));
  }
}

const char* const kStrategies[] = {"local",  "sequence",  "megatron", "detransformer",
                                   "galaxy", "edgeshard", "jupiter"};

class SpeculationTest : public testing::TestWithParam<const char*> {};

TEST_P(SpeculationTest, DraftsOfEverySourceChangeNothing) {
  for (const char* drafter : {"oracle", "ngram", "medusa", "model"}) {
    SCOPED_TRACE(drafter);
    ExpectPlain({.strategy = GetParam(), .drafter = drafter});
  }
}

TEST_P(SpeculationTest, ContinuousSpeculationChangesNothing) {
  for (const char* drafter : {"oracle", "ngram", "medusa", "model"}) {
    for (int in_flight : {2, 4}) {
      SCOPED_TRACE(fmt::format("{} {}", drafter, in_flight));
      ExpectPlain({.strategy = GetParam(), .drafter = drafter, .in_flight = in_flight});
    }
  }
}

TEST_P(SpeculationTest, SeveralRequestsAreThoseOfOne) {
  for (int at_once : {1, 2, 5}) {
    for (int group : {0, 1}) {
      SCOPED_TRACE(fmt::format("{} at once, group {}", at_once, group));
      ExpectPlain({.strategy = GetParam(), .requests = 5, .at_once = at_once, .group = group});
    }
  }
}

TEST_P(SpeculationTest, RequestsBehindASharedPrefix) {
  ExpectPlain({.strategy = GetParam(), .requests = 4, .at_once = 4, .prefix = true});
  ExpectPlain(
      {.strategy = GetParam(), .drafter = "oracle", .requests = 4, .at_once = 3, .prefix = true});
}

TEST_P(SpeculationTest, SampledTokensStaySampled) {
  ExpectPlain({.strategy = GetParam(), .drafter = "oracle", .in_flight = 2, .temperature = 0.8f});
}

INSTANTIATE_TEST_SUITE_P(Strategies, SpeculationTest, testing::ValuesIn(kStrategies),
                         [](const auto& info) { return std::string(info.param); });

TEST(SpeculationStepsTest, TheOracleGainsTokensPerStep) {
  const Setting setting{.strategy = "jupiter", .drafter = "oracle"};
  const Outcome outcome = RunSetting(setting, Plain(setting));
  if (TestContext().rank() != 0) return;
  const Generation& generation = outcome.generations.at(0);
  EXPECT_LT(std::ssize(generation.steps), kAnswer - 5);
}

TEST(SpeculationStepsTest, WrongGuessesAreStale) {
  const Setting setting{.strategy = "jupiter", .drafter = "oracle", .in_flight = 3};
  const Outcome outcome = RunSetting(setting, Plain(setting));
  if (TestContext().rank() != 0) return;
  // One stage has nothing else in flight.
  EXPECT_EQ(outcome.generations.at(0).stale_steps > 0, TestContext().size() > 1);
}

// A stage that is told in time sends no rows of stale trees on. When that is depends on time, what
// is answered does not.
TEST(SpeculationStepsTest, SlowStagesDropWhatBecameStale) {
  const int size = TestContext().size();
  if (size < 3)
    GTEST_SKIP() << "needs a stage between the first and the last: run under mpirun -np 3";
  const Setting setting{
      .strategy = "jupiter", .drafter = "oracle", .in_flight = 4, .middle_slowdown = 20};
  const std::vector<Answer>& plain = Plain(setting);
  bool dropped = false;
  for (int run = 0; run < 10 && !dropped; ++run) {
    const Outcome outcome = RunSetting(setting, plain);
    EXPECT_EQ(outcome.answers, plain);
    Transport transport(TestContext());
    const TrafficCounters& traffic = outcome.traffic;
    const bool fewer = traffic.payload_sent < traffic.payload_received;
    dropped = Broadcast(transport, fewer ? "1" : "0", 1) == "1";
  }
  EXPECT_TRUE(dropped);
}

// The head tells which guesses were wrong; what goes on from those is dropped, and nothing else.
TEST(CancelsTest, WordDropsWhatGoesOnFromAWrongGuess) {
  Transport transport(TestContext());
  const int head = transport.size() - 1;
  const auto opening = [] {
    Batch batch = CausalBatch(3, Ids{1, 2}, true);
    batch.open = {{3, 40, -1}};
    return batch;
  }();
  const auto tree = [](std::int32_t follows) {
    Batch batch;
    batch.phase = BatchPhase::kStep;
    batch.items = {ToItem(3, {{5, 6, 7}, {-1, 0, 0}})};
    batch.items[0].follows = follows;
    return batch;
  };
  const auto accepted = [](Ids rows) {
    StepResult result;
    result.rows = std::move(rows);
    return std::vector{result};
  };
  CancelReceiver receiver(transport, head);
  if (transport.rank() == 0) {
    EXPECT_FALSE(receiver.Drops(opening));
    EXPECT_FALSE(receiver.Drops(tree(-1)));
    EXPECT_FALSE(receiver.Drops(tree(1)));
    transport.Send(head, Channel::kControl, EndMessage());
  }
  if (transport.rank() == head) {
    transport.Receive(0, Channel::kControl, "word that three batches have passed");
    CancelSender sender(transport, {0});
    sender.Tell(opening, accepted({}));
    sender.Tell(tree(-1), accepted({0, 1}));  // its likeliest path
    sender.Tell(tree(1), accepted({0}));      // wrong
    sender.End();
  }
  if (transport.rank() != 0) return;
  receiver.End();
  EXPECT_TRUE(receiver.Drops(tree(1)));
  EXPECT_TRUE(receiver.Drops(tree(1)));
  EXPECT_FALSE(receiver.Drops(tree(-1)));
  EXPECT_FALSE(receiver.Drops(tree(1)));
}

}  // namespace
}  // namespace jupiter
