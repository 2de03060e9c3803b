// Sessions whose source cannot hold the model: the same bits from layers that are read again.
#include "parallel/session/streaming.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "parallel/session/session.h"
#include "parallel/session/session_plan.h"
#include "tests/parallel/mpi_main.h"
#include "tests/parallel/strategies/request_runs.h"
#include "tests/parallel/strategies/share_cases.h"

namespace jupiter {
namespace {

SessionOptions Streamed(SessionOptions options, std::int64_t limit) {
  options.plan.strategy = "local";
  options.prompt_tokens = kPrompt;
  options.max_tokens = kTokens;
  options.stream = true;
  options.memory_limit = limit;
  return options;
}

// The source's plan of memory under a limit, on every rank.
RankMemory PlanOf(const std::string& model, const SessionOptions& options) {
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", {});
  const auto checkpoint = OpenCheckpoint(model);
  return Session(transport, *device, *checkpoint, options).memory().front();
}

// The limit with which `layers` fewer stay than the model has; none of them just so.
std::int64_t LimitFor(const std::string& model, const SessionOptions& options, int streamed) {
  const std::int64_t all = PlanOf(model, Streamed(options, std::int64_t{1} << 40)).total();
  std::int64_t limit = all;
  while (PlanOf(model, Streamed(options, limit)).stage.streamed_layers < streamed) {
    limit -= all / 64;
    JUPITER_CHECK(limit > 0, "{} never streams {} layers", model, streamed);
  }
  return limit;
}

TEST(StreamingTest, LocalHasTheSameBitsUnderEveryLimit) {
  for (const char* model : {"synthetic:tiny", "synthetic:tiny:q4_K"}) {
    Settings settings;
    settings.model = model;
    settings.session.plan.strategy = "local";
    const Generation expected = Reference(settings);
    for (int streamed : {2, 6}) {
      settings.session = Streamed({}, LimitFor(model, {}, streamed));
      ExpectSame(RunRequest(settings), expected);
    }
  }
}

// What jupiter_bench checks strategies against when rank 0 cannot hold the model.
TEST(StreamingTest, StreamedReferencesHaveTheSameBits) {
  for (const char* strategy : {"megatron", "detransformer", "galaxy", "sequence", "jupiter"}) {
    Settings settings;
    settings.model = "synthetic:tiny:q8_0";
    settings.session.plan.strategy = strategy;
    settings.session.plan.wire = DType::kF16;
    settings.session.prompt_tokens = kPrompt;
    settings.session.max_tokens = kTokens;
    settings.session.plan.shares = UnevenShares(TestContext().size());
    const Generation expected = RunRequest(settings);
    const auto checkpoint = OpenCheckpoint(settings.model);
    const ModelShape shape = ShapeOf(*checkpoint, std::nullopt, DType::kF32);
    ReferTo(CompletePlan(settings.session, shape, TestContext().size(), {}), settings.session);
    SessionOptions& options = settings.session;
    options = Streamed(options, LimitFor(settings.model, options, 4));
    SCOPED_TRACE(strategy);
    ExpectSame(RunRequest(settings), expected);
  }
}

TEST(StreamingTest, AsManyLayersStayAsTheLimitHolds) {
  const std::string model = "synthetic:tiny";
  const RankMemory all = PlanOf(model, Streamed({}, std::int64_t{1} << 40));
  EXPECT_EQ(all.stage.streamed_layers, 0);
  const std::int64_t layer = 4 * (2 * 256 * 256 + 2 * 128 * 256 + 3 * 512 * 256 + 2 * 256);
  for (int streamed = 2; streamed <= 6; ++streamed) {
    const std::int64_t need = all.total() - (streamed - 1) * layer;
    const RankMemory exact = PlanOf(model, Streamed({}, need));
    EXPECT_EQ(exact.stage.streamed_layers, streamed);
    EXPECT_EQ(exact.total(), need);
    const RankMemory less = PlanOf(model, Streamed({}, need - 1));
    EXPECT_EQ(less.stage.streamed_layers, std::min(streamed + 1, 6));
    EXPECT_EQ(PlanOf(model, Streamed({}, need + layer - 1)).stage.streamed_layers, streamed);
  }
}

TEST(StreamingTest, SaysWhatStaysAndWhatIsRead) {
  StageMemory stage;
  EXPECT_EQ(ShowStreaming(stage, 22), "all 22 layers resident");
  stage.streamed_layers = 17;
  stage.pass_bytes = (std::int64_t{612} << 20) + (300 << 10);
  EXPECT_EQ(ShowStreaming(stage, 22),
            "5 of 22 layers resident, 17 streamed, 612.3 MiB read per pass");
}

TEST(StreamingTest, HostsKeepAReserve) {
  const auto entry = FindStrategy("local");
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", {});
  const auto checkpoint = OpenCheckpoint("synthetic:tiny");
  Plan plan;
  plan.strategy = "local";
  plan.layers.assign(static_cast<std::size_t>(transport.size()), 0);
  plan.layers.front() = 6;
  if (transport.rank() != Strategy::kSource) return;
  const StrategyInputs inputs{transport, *device, *checkpoint, plan, {}, {}, {}};
  const std::int64_t need = entry.plan_memory(inputs).total();
  EXPECT_EQ(LayersThatStay(entry, inputs, 0, {need, true}), 6);
  EXPECT_LT(LayersThatStay(entry, inputs, 0, {need, false}), 5);
  EXPECT_LT(LayersThatStay(entry, inputs, 1, {need, true}), 5);
  EXPECT_EQ(LayersThatStay(entry, inputs, 0, {need + need / 49, false}), 6);
  EXPECT_EQ(LayersThatStay(entry, inputs, 0, {1, true}), 0);
}

TEST(StreamingTest, RefusesWhatCannotBeDone) {
  for (const StrategyEntry& entry : Strategies()) {
    if (entry.traits.streams) continue;
    SessionOptions options;
    options.plan.strategy = entry.traits.name;
    options.stream = true;
    const std::string expected =
        fmt::format("--stream with strategy {}: only local", entry.traits.name);
    EXPECT_EQ(LoadError(options).find(expected), 0u) << LoadError(options);
  }
  const std::string tight = LoadError(Streamed({}, 1 << 20));
  EXPECT_NE(tight.find(" MiB even with one layer at a time, its limit is 1.0 MiB; quantise"),
            std::string::npos)
      << tight;
  SessionOptions whole = Streamed({}, 1 << 20);
  whole.stream = false;
  EXPECT_NE(LoadError(whole).find("--strategy local --stream"), std::string::npos);
}

TEST(StreamingTest, RanksThatDifferAreNamed) {
  if (TestContext().size() == 1) GTEST_SKIP() << "needs two ranks to differ";
  SessionOptions options;
  options.plan.strategy = "local";
  options.stream = TestContext().rank() == 1;
  const std::string error = LoadError(options);
  EXPECT_EQ(error.find("--stream differs: rank 1"), 0u) << error;
}

// The tiny model on a disk that can be slow.
class SlowDisk : public Checkpoint {
 public:
  SlowDisk() : Checkpoint("synthetic:tiny"), inner_(OpenCheckpoint("synthetic:tiny")) {
    Publish(inner_->config(), inner_->tensors(), inner_->tensors(),
            [](const std::string& name) { return name; });
  }
  std::string_view format() const override { return "slow"; }
  bool in_memory() const override { return inner_->in_memory(); }
  // Seconds per tensor from now on.
  void set_seconds(double seconds) { seconds_ = seconds; }

 private:
  HostTensor DoRead(const TensorInfo& info, std::int64_t begin, std::int64_t end) override {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds_));
    return inner_->Read(info.name, {begin, end, 0, info.columns});
  }

  std::unique_ptr<Checkpoint> inner_;
  double seconds_ = 0;
};

TEST(StreamingTest, IdleRanksHearThatALongPassGoesOn) {
  constexpr double kDeadline = 4;
  constexpr double kSecondsPerTensor = 0.09;  // of 9 in each of 6 layers
  SessionOptions options = Streamed({}, LimitFor("synthetic:tiny", {}, 6));
  options.max_tokens = 1;
  Transport transport(TestContext());
  const auto device = MakeDevice("cpu", {});
  SlowDisk disk;
  Session session(transport, *device, disk, options);
  session.Load();
  disk.set_seconds(kSecondsPerTensor);
  Request request;
  request.prompt = TestPrompt(disk.config().vocab);
  const double before = TestContext().deadline_seconds();
  TestContext().set_deadline_seconds(kDeadline);
  const double start = Now();
  session.Run(request, {}, nullptr);
  EXPECT_GT(Now() - start, kDeadline);
  TestContext().set_deadline_seconds(before);
}

}  // namespace
}  // namespace jupiter
