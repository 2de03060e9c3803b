#include "parallel/session/session.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "model/checkpoint/fingerprint.h"
#include "parallel/decoding/fixed_drafter.h"
#include "parallel/session/idle_news.h"
#include "parallel/session/layer_speed.h"
#include "parallel/session/numerics_key.h"
#include "parallel/session/session_plan.h"
#include "parallel/session/streaming.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/longer_deadline.h"
#include "parallel/transport/together.h"
#include "planning/plan/slices.h"

namespace jupiter {
namespace {

double SlowdownOf(const Transport& transport, const SessionOptions& options) {
  if (options.slowdown.empty()) return 1;
  JUPITER_CHECK(std::ssize(options.slowdown) == transport.size(), "{} factors",
                options.slowdown.size());
  return options.slowdown[static_cast<std::size_t>(transport.rank())];
}

void CheckRequestFits(const SessionOptions& options, const ModelConfig& config) {
  if (options.prompt_tokens < 1) FailUser("the prompt is empty; give at least one token");
  if (options.prompt_tokens >= config.context) {
    FailUser("the prompt has {} tokens, the context of {} is {}; shorten it", options.prompt_tokens,
             config.name, config.context);
  }
  if (options.max_tokens < 1)
    FailUser("{} tokens to generate, expected at least 1", options.max_tokens);
  JUPITER_CHECK(options.step_rows >= 1 && options.in_flight >= 1 && options.requests >= 1);
  const int drafts = RowsInFlight(options);
  const int room = config.context - options.prompt_tokens - drafts;
  if (options.max_tokens <= room) return;
  const std::string reserved = drafts > 0 ? fmt::format(" beside {} rows for drafts", drafts) : "";
  FailUser("{} prompt tokens and {} new ones exceed the context of {}, {}{}; {}",
           options.prompt_tokens, options.max_tokens, config.name, config.context, reserved,
           room > 0 ? fmt::format("ask for at most {}", room)
                    : "draft less (--draft-length, a smaller --tree), or not at all");
}

// Rows of the largest slice. A shorter prompt may have fewer slices, which are larger.
int LargestSlice(const SlicePolicy& policy, const SessionOptions& options, int stages) {
  if (options.shorter_prompts && policy.kind == SlicePolicy::Kind::kLengths) {
    FailUser(
        "--slices {}: these are lengths for one prompt, and here there are several; use auto, "
        "whole or a number",
        ToString(policy));
  }
  int largest = 0;
  for (int tokens = options.shorter_prompts ? 1 : options.prompt_tokens;
       tokens <= options.prompt_tokens; ++tokens) {
    const std::vector<int> slices = CutPrompt(policy, tokens, stages);
    largest = std::max(largest, *std::max_element(slices.begin(), slices.end()));
  }
  return largest;
}

// The rank that sees logits, known before there is a strategy.
int HeadOf(const Plan& plan) {
  return IsShared(plan) ? Strategy::kSource : PipelineRanks(plan).back();
}

void CheckStreams(const SessionOptions& options) {
  if (!options.stream || FindStrategy(options.plan.strategy).traits.streams) return;
  FailUser(
      "--stream with strategy {}: only local reads layers again for every batch; use --strategy "
      "local, or leave --stream out",
      options.plan.strategy);
}

}  // namespace

Session::Session(Transport& transport, Device& device, Checkpoint& checkpoint,
                 const SessionOptions& options)
    : transport_(transport),
      device_(device),
      checkpoint_(checkpoint),
      options_(options),
      slowdown_(SlowdownOf(transport, options)) {
  const ModelConfig& config = checkpoint.config();
  // Comes before the split: measuring speeds takes messages between all ranks.
  CheckFacts(transport, {{"protocol version", fmt::format("{}", kProtocolVersion)},
                         {"layer split", std::to_string(static_cast<int>(options.split))}});
  std::vector<double> speeds;
  if (options.split == LayerSplit::kSpeed) {
    double speed = 0;
    Together(transport, [&] { speed = MeasureLayerSpeed(device, checkpoint, options.quantise); });
    speeds = GatherSpeeds(transport, speed / slowdown_.factor());
  }
  std::uint64_t fingerprint = 0;
  Together(transport, [&] {
    CheckRequestFits(options, config);
    CheckStreams(options);
    plan_ = CompletePlan(options, ShapeOf(checkpoint, options.quantise, options.plan.kv),
                         transport.size(), speeds);
    fingerprint = FingerprintModel(checkpoint);
  });
  CheckFacts(
      transport,
      {{"numerics version", fmt::format("{}", kNumericsVersion)},
       {"numerics of the device", std::string(device.numerics())},
       {"model fingerprint", fmt::format("{:016x}", fingerprint)},
       {"quantisation", options.quantise ? std::string(Name(*options.quantise)) : "as in the file"},
       {"prompt tokens",
        fmt::format("{}{}", options.prompt_tokens, options.shorter_prompts ? " at most" : "")},
       {"answer tokens", fmt::format("{}", options.max_tokens)},
       {"steps",
        fmt::format("rows {} in flight {} requests {} group {} kv {}", options.step_rows,
                    options.in_flight, options.requests, options.group, options.kv_positions)},
       {"draft heads",
        fmt::format("{} {} {}", options.medusa, options.medusa_heads, options.medusa_ranks)},
       {"draft model", fmt::format("{} {}", options.draft_model, options.draft_length)},
       {"--stream", options.stream ? "given" : "not given"},
       {"plan", ToJson(plan_)}});
  numerics_key_ = fmt::format("{} sums={}", NumericsKey(fingerprint, options.quantise, plan_),
                              device.numerics());
  Together(transport, [&] { PlanCapacity(); });
  const int stages = static_cast<int>(PipelineRanks(plan_).size());
  const std::int64_t message = capacity_.prompt_rows * RowBytes(plan_.wire, config.hidden);
  if (stages > 1 && message > kMaxMessageBytes / 2) {
    FailUser(
        "a batch of {} rows makes a message of {} bytes, at most {} can be sent; use more "
        "slices, or --wire f16",
        capacity_.prompt_rows, message, kMaxMessageBytes / 2);
  }
  PlanMemory();
}

void Session::PlanMemory() {
  const StrategyEntry& strategy = FindStrategy(plan_.strategy);
  // A device that computes nothing needs no memory; whether the emulated device has enough is for
  // the memory model of planning/ to say.
  const MemoryBudget budget = FindBudget(
      transport_,
      device_.holds_data() ? options_.memory_limit : std::numeric_limits<std::int64_t>::max(),
      device_.Memory());
  // Sends never block, so before a slow rank the whole prompt may wait to leave, in addition to
  // what waits for this rank (kMostWaitingBatches).
  const std::int64_t rows = options_.prompt_tokens + kMostWaitingBatches * capacity_.prompt_rows;
  const std::int64_t buffers = rows * RowBytes(plan_.wire, checkpoint_.config().hidden);
  StageMemory drafts;
  Together(transport_, [&] { drafts = PlanDrafts(); });
  const std::int64_t draft_bytes = drafts.total();
  if (options_.stream && transport_.rank() == Strategy::kSource) {
    resident_layers_ = LayersThatStay(strategy, Inputs(), buffers + draft_bytes, budget);
  }
  RankMemory own{.host = {},
                 .stage = strategy.plan_memory(Inputs()),
                 .drafts = draft_bytes,
                 .buffers = buffers,
                 .budget = budget};
  if (own.stage.total() == 0) own.buffers = 0;
  memory_ = GatherMemory(transport_, own);
}

std::string Session::streaming() const {
  if (!options_.stream) return {};
  return ShowStreaming(memory_[Strategy::kSource].stage, checkpoint_.config().layers);
}

int Session::stages() const {
  // Ranks that share layers are one stage.
  return IsShared(plan_) ? 1 : static_cast<int>(PipelineRanks(plan_).size());
}

int Session::MostBatches() const {
  if (options_.group == 0) return 2 * stages() - 1;
  const int groups = (options_.requests + options_.group - 1) / options_.group;
  return groups * std::min(options_.in_flight, stages());
}

void Session::PlanCapacity() {
  const int stages = static_cast<int>(PipelineRanks(plan_).size());
  const int batches = MostBatches();
  const int step_rows = options_.step_rows * ((options_.requests + batches - 1) / batches);
  capacity_.head_rows = step_rows;
  capacity_.prompt_rows = std::max(LargestSlice(plan_.slices, options_, stages), step_rows);
  capacity_.positions = options_.prompt_tokens + options_.max_tokens + RowsInFlight(options_);
  capacity_.kv_positions = options_.kv_positions > 0
                               ? options_.kv_positions
                               : std::int64_t{options_.requests} * capacity_.positions;
}

StrategyInputs Session::Inputs() const {
  return {transport_, device_, checkpoint_, plan_, capacity_, options_.quantise, resident_layers_};
}

void Session::Load() {
  const std::string shortage = MemoryShortage(memory_);
  if (!shortage.empty()) FailUser("{}", shortage);
  const LongerDeadline longer(transport_.context(), options_.load_deadline_seconds);
  const double start = Now();
  bytes_before_load_ = checkpoint_.bytes_read();
  Together(transport_, [&] { strategy_ = FindStrategy(plan_.strategy).build(Inputs()); });
  Together(transport_, [&] { LoadDrafts(); });
  load_seconds_ = Now() - start;
}

OpObserver* Session::ObserverOf(OpObserver* observer) {
  if (slowdown_.factor() == 1) return observer;
  slowdown_.Forward(observer);
  return &slowdown_;
}

std::vector<int> Session::idle_ranks() const {
  const std::vector<int> busy = PipelineRanks(plan_);
  std::vector<int> idle;
  for (int rank = 0; rank < transport_.size(); ++rank) {
    if (std::find(busy.begin(), busy.end(), rank) == busy.end()) idle.push_back(rank);
  }
  return idle;
}

// An idle rank hears from the source several times per deadline while batches go out, so that its
// deadline measures the progress of the others and not the length of the request.
void Session::WaitForOthers() {
  while (true) {
    constexpr const char* kWhat = "news of a request that runs on other ranks";
    const Message message = transport_.Receive(Strategy::kSource, Channel::kControl, kWhat);
    const std::span<const std::byte> news = message.header();
    if (news.size() == 1 && news[0] == kRequestDone) return;
    if (news.size() != 1 || news[0] != kRequestRuns) {
      transport_.FailPeer(Strategy::kSource, kWhat,
                          "it is neither that it runs nor that it is done");
    }
  }
}

MedusaDrafterOptions Session::MedusaDrafting() const {
  return {.path = options_.medusa,
          .heads = options_.medusa_heads,
          .ranks = options_.medusa_ranks,
          .quantise = options_.quantise};
}

ModelDrafterOptions Session::ModelDrafting() const {
  return {.quantise = options_.quantise,
          .kv = plan_.kv,
          .length = options_.draft_length,
          .positions = capacity_.positions,
          .requests = options_.requests};
}

StageMemory Session::PlanDrafts() {
  const int rank = transport_.rank();
  if (!options_.draft_model.empty() && rank == Strategy::kSource) {
    draft_checkpoint_ = OpenDraftModel(options_.draft_model, checkpoint_);
    return PlanModelDrafterMemory(device_, *draft_checkpoint_, ModelDrafting());
  }
  if (options_.medusa.empty() || rank != HeadOf(plan_)) return {};
  return PlanMedusaDrafterMemory(device_, checkpoint_.config(), MedusaDrafting());
}

void Session::LoadDrafts() {
  if (draft_checkpoint_ != nullptr) {
    draft_model_ = MakeModelDrafter(device_, std::move(draft_checkpoint_), ModelDrafting());
  }
  if (options_.medusa.empty() || transport_.rank() != HeadOf(plan_)) return;
  JUPITER_CHECK(transport_.rank() == strategy_->head());
  head_drafter_ =
      MakeMedusaDrafter(device_, checkpoint_.config(), strategy_->HeadWeight(), MedusaDrafting());
}

std::vector<int> Session::CancelledRanks(const DraftPolicy& draft, bool recorded) const {
  const std::vector<int> ranks = PipelineRanks(plan_);
  const bool cancels = draft.most_in_flight > 1 && device_.holds_data() && !recorded;
  if (!cancels || ranks.size() < 3) return {};
  return {ranks.begin() + 1, ranks.end() - 1};
}

DecodingOptions Session::DecodingFor(const RunOptions& options, TargetJudge& judge, bool recorded) {
  DecodingOptions decoding;
  // More trees than stages would wait for one another, and build on longer guesses.
  decoding.draft = {options.drafter, options_.step_rows, std::min(options_.in_flight, stages())};
  if (options.drafts) decoding.head_drafter = head_drafter_.get();
  decoding.judge = &judge;
  decoding.vocab = checkpoint_.config().vocab;
  decoding.most_requests = options_.requests;
  decoding.most_batches = MostBatches();
  decoding.cancelled_ranks = CancelledRanks(decoding.draft, recorded);
  return decoding;
}

Generation Session::Run(const Request& request, const RequestObserver& observer,
                        Recorder* recorder) {
  RunOptions options;
  std::unique_ptr<Drafter> fixed;
  if (options_.step_rows > 1) {
    JUPITER_CHECK(!device_.holds_data(), "{} rows without a draft", options_.step_rows);
    fixed = MakeFixedDrafter(options_.step_rows);
    options.drafter = fixed.get();
    options.drafts = true;
  }
  std::vector<Generation> generations = Run({{}, {request}}, options, observer, recorder);
  return generations.empty() ? Generation{} : std::move(generations.front());
}

std::vector<Generation> Session::Run(const RequestSet& set, const RunOptions& options,
                                     const RequestObserver& observer, Recorder* recorder) {
  JUPITER_CHECK(strategy_ != nullptr, "Load comes first");
  const std::vector<int> idle = idle_ranks();
  if (std::find(idle.begin(), idle.end(), transport_.rank()) != idle.end()) {
    WaitForOthers();
    ThrowTogether({});
    return {};
  }
  News news(transport_, idle);
  RequestObserver telling = observer;
  telling.on_batch = [&](const Batch& batch) {
    news.Runs();
    if (observer.on_batch) observer.on_batch(batch);
  };
  NewsBetweenOps between_ops(news);
  const bool streams = memory_[Strategy::kSource].stage.streamed_layers > 0;
  JUPITER_CHECK(!streams || recorder == nullptr, "a record would leave out what is read");
  device_.Observe(ObserverOf(streams ? &between_ops : static_cast<OpObserver*>(recorder)));
  transport_.RecordTo(recorder);
  transport_.LeavePayloadsOut(!device_.holds_data());
  const std::unique_ptr<TargetJudge> judge =
      device_.holds_data() ? MakeJudge(options.sampling)
                           : MakeDrawnJudge(options.drawn ? &*options.drawn : nullptr);
  std::vector<Generation> generations;
  std::string error;
  try {
    generations = Generate({*strategy_, transport_, device_, recorder}, set,
                           DecodingFor(options, *judge, recorder != nullptr), telling);
  } catch (const UserError& failure) {
    if (!is_source()) throw;
    error = failure.what();
  }
  device_.Observe(nullptr);
  transport_.RecordTo(nullptr);
  transport_.LeavePayloadsOut(false);
  news.Done();
  ThrowTogether(error);
  return generations;
}

void Session::ThrowTogether(const std::string& error) {
  const std::string shared = Broadcast(transport_, error, Strategy::kSource);
  if (!shared.empty()) throw UserError(shared);
}

}  // namespace jupiter
