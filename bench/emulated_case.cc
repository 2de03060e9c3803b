#include "bench/emulated_case.h"

#include <algorithm>

#include "bench/bandwidth_flag.h"
#include "bench/cases.h"
#include "bench/report_text.h"
#include "kernels/base/check.h"
#include "model/weights.h"
#include "parallel/record_gather.h"
#include "parallel/together.h"

namespace jupiter {

std::string CaseName(const std::string& cluster, const std::string& model,
                     const EmulatedCase& which) {
  const std::string bandwidth =
      which.bandwidth == 0 ? "" : fmt::format("bw{:.10g}/", which.bandwidth / 1e6);
  return ReportText(fmt::format("emulated/{}/{}/{}/{}pp{}/tg{}", cluster, ShortModelName(model),
                                which.strategy, bandwidth, which.prompt_tokens, which.tokens));
}

RequestMetrics MetricsOf(const Replay& replay) {
  double start = 0;
  std::vector<double> times;
  for (const MarkTime& mark : replay.ranks.front().marks) {
    switch (mark.kind) {
      case MarkKind::kStart: start = mark.time; break;
      case MarkKind::kFirstToken:
      case MarkKind::kToken: times.push_back(mark.time); break;
      case MarkKind::kEnd:
      case MarkKind::kPromptBatch:
      case MarkKind::kStepBatch: break;
    }
  }
  return Measure(start, times);
}

RequestMetrics MetricsOf(const RecordedCase& recorded, const Replay& replay) {
  const RequestMetrics metrics = MetricsOf(replay);
  return recorded.step ? PerToken(metrics, *recorded.step, recorded.which.tokens) : metrics;
}

Testbed TestbedOf(const RecordedCase& recorded) {
  Testbed testbed = TestbedOf(recorded.cluster);
  testbed.payload_factors = recorded.factors;
  return testbed;
}

namespace {

// At rank 0.
double FirstTokenTime(const Replay& replay) {
  for (const MarkTime& mark : replay.ranks.front().marks) {
    if (mark.kind == MarkKind::kFirstToken) return mark.time;
  }
  JUPITER_CHECK(false, "a request without a first token");
}

// When a rank was done with what it computed for the first token.
double ComputedUntil(const RankReplay& rank, double first_token) {
  double end = 0;
  for (const Span& span : rank.spans) {
    if (span.kind != Span::Kind::kCompute || span.begin >= first_token) continue;
    end = std::min(span.end, first_token);  // one rank alone goes on computing
  }
  return end;
}

}  // namespace

double Bubble(const Replay& replay, const Plan& plan) {
  const std::vector<int> stages = PipelineRanks(plan);
  const auto rank = [&](int stage) -> const RankReplay& {
    return replay.ranks[static_cast<std::size_t>(stage)];
  };
  const int head = IsShared(plan) ? Strategy::kSource : stages.back();
  const double end = ComputedUntil(rank(head), FirstTokenTime(replay));
  double busy = 0;
  for (int stage : stages) {
    for (const Span& span : rank(stage).spans) {
      if (span.kind == Span::Kind::kWait || span.begin >= end) continue;
      busy += std::min(span.end, end) - span.begin;
    }
  }
  return 1 - busy / (static_cast<double>(stages.size()) * end);
}

std::int64_t PayloadBytes(const RunRecord& record) {
  std::int64_t bytes = 0;
  for (const RankRecord& rank : record.ranks) {
    for (const Event& event : rank.events) {
      if (const auto* send = std::get_if<SendEvent>(&event)) bytes += send->payload_bytes;
    }
  }
  return bytes;
}

std::int64_t Messages(const RunRecord& record) {
  std::int64_t count = 0;
  for (const RankRecord& rank : record.ranks) {
    for (const Event& event : rank.events) count += std::holds_alternative<SendEvent>(event);
  }
  return count;
}

CaseRecorder::CaseRecorder(Transport& transport, const BenchFlags& flags)
    : transport_(transport),
      flags_(flags),
      options_(ToSessionOptions(flags.engine)),
      device_(MakeDevice("recording", {})) {
  Together(transport, [&] { checkpoint_ = OpenCheckpoint(flags.engine.model); });
  cluster_ = ShareCluster(transport, flags.emulate);
  profile_ = ShareProfile(transport, flags.profile);
  if (profile_) Together(transport, [&] { cluster_ = Apply(*profile_, std::move(cluster_)); });
  given_ = ReadPlanning(transport, flags.engine);
  NotePlan(transport, given_, flags.strategies, "follow the planners of their papers");
}

SessionOptions CaseRecorder::OptionsFor(const EmulatedCase& which) const {
  SessionOptions options = options_;
  options.strategy = which.strategy;
  options.prompt_tokens = which.prompt_tokens;
  options.max_tokens = which.tokens;
  return options;
}

// Without --plan, --layers or --split each strategy has the plan of its paper's planner.
PlannedRun CaseRecorder::PlanFor(const EmulatedCase& which, const Cluster& cluster) const {
  SessionOptions options = OptionsFor(which);
  const bool given = given_.PlansFor(which.strategy);
  if (given) FollowGiven(given_, checkpoint_->config(), options);
  const ModelShape shape = ShapeOf(*checkpoint_, options.quantise, options.kv);
  const Predictor predictor(TaskFor(shape, cluster, options));
  if (given) return Judge(predictor, given_.plan->plan);
  const bool planned = !flags_.engine.layers && flags_.engine.split.empty();
  if (planned) return PlanOf(predictor, options);
  return Judge(predictor, MakePlan(options, shape, transport_.size(), {}));
}

std::shared_ptr<const RunRecord> CaseRecorder::RecordOf(const SessionOptions& options,
                                                        const Plan& plan) {
  const std::string key = fmt::format("pp{} tg{} rows{} {}", options.prompt_tokens,
                                      options.max_tokens, options.step_rows, ToJson(plan));
  std::shared_ptr<const RunRecord>& known = records_[key];
  if (known != nullptr) return known;
  Session session(transport_, *device_, *checkpoint_, options);
  session.Load();
  Request request;
  request.prompt.assign(static_cast<std::size_t>(options.prompt_tokens), 0);
  request.max_tokens = options.max_tokens;
  request.step_rows = options.step_rows;
  Recorder recorder(transport_.rank(), /*timed=*/false);
  session.Run(request, {}, &recorder);
  known = std::make_shared<const RunRecord>(
      GatherRecords(transport_, recorder, fmt::format("{} {}", checkpoint_->config().name, key)));
  return known;
}

void CaseRecorder::FollowProfile(RecordedCase& recorded) const {
  if (!profile_) return;
  recorded.step = StepOf(*profile_, checkpoint_->config().name);
  recorded.factors = FactorsOf(*profile_, recorded.which.strategy, *recorded.step);
  if (!profile_->collectives.galaxy_overlap) recorded.plan.overlap = false;
}

RecordedCase CaseRecorder::Record(const EmulatedCase& which) {
  RecordedCase recorded;
  recorded.which = which;
  recorded.cluster = WithBandwidth(cluster_, which.bandwidth);
  PlannedRun run;
  Together(transport_, [&] { run = PlanFor(which, recorded.cluster); });
  recorded.check = run.check;
  recorded.prediction = run.prediction;
  recorded.plan = run.plan;
  recorded.missing = run.feasible ? "" : run.reason;
  if (!recorded.missing.empty()) return recorded;
  Together(transport_, [&] { FollowProfile(recorded); });
  SessionOptions options = OptionsFor(which);
  Follow(options, recorded.plan);
  if (recorded.step) RecordSteps(*recorded.step, which.tokens, options);
  recorded.record = RecordOf(options, recorded.plan);
  return recorded;
}

}  // namespace jupiter
