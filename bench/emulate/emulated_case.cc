#include "bench/emulate/emulated_case.h"

#include <algorithm>

#include "bench/flags/bandwidth_flag.h"
#include "bench/measure/cases.h"
#include "bench/report/report_text.h"
#include "kernels/base/check.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/weights.h"
#include "parallel/session/session_plan.h"
#include "parallel/transport/together.h"
#include "planning/replay/testbed.h"

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
  PutSourceOn(recorded.source_device, testbed);
  testbed.payload_factors = recorded.factors;
  return testbed;
}

namespace {

// At rank 0.
double FirstTokenTime(const Replay& replay) {
  for (const MarkTime& mark : replay.ranks.front().marks) {
    if (mark.kind == MarkKind::kFirstToken) return mark.time;
  }
  JUPITER_FAIL("a request without a first token");
}

// When a rank was done with what it computed for the first token.
double ComputedUntil(const RankReplay& rank, double first_token) {
  double end = 0;
  for (const Activity& span : rank.activities) {
    if (span.kind != Activity::Kind::kCompute || span.begin >= first_token) continue;
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
    for (const Activity& span : rank(stage).activities) {
      if (span.kind == Activity::Kind::kWait || span.begin >= end) continue;
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

namespace {

// What a step is under the profile, and what its messages count.
void FollowProfile(const TestbedProfile& profile, const StepShape& step, RecordedCase& recorded) {
  recorded.step = step;
  recorded.factors = FactorsOf(profile, FindTraits(recorded.which.strategy).exchange, step);
  if (!profile.collectives.galaxy_overlap) recorded.plan.overlap = false;
}

RecordedCase CaseOf(const EmulatedCase& which, const PlannedRun& run, Cluster cluster) {
  RecordedCase recorded;
  recorded.which = which;
  recorded.cluster = std::move(cluster);
  recorded.check = run.check;
  recorded.prediction = run.prediction;
  recorded.plan = run.plan;
  recorded.missing = run.feasible ? "" : run.reason;
  recorded.obstacle = run.obstacle;
  recorded.source_device = run.device.value_or(0);
  return recorded;
}

}  // namespace

RecordedCase RecordCase(const RecordingInputs& inputs, const EmulatedCase& which,
                        const PlannedRun& run, Cluster cluster, SessionOptions options) {
  RecordedCase recorded = CaseOf(which, run, std::move(cluster));
  if (!recorded.missing.empty()) return recorded;
  Together(inputs.transport, [&] {
    if (inputs.profile == nullptr) return;
    const StepShape step = StepShapeOf(*inputs.profile, inputs.checkpoint.config().name);
    FollowProfile(*inputs.profile, step, recorded);
  });
  Follow(options, recorded.plan);
  if (recorded.step) SizeFor(options, *recorded.step, which.tokens);
  recorded.record =
      inputs.records.RecordOf(inputs.model, inputs.checkpoint, options, recorded.plan);
  return recorded;
}

RecordedCase RecordCase(const RecordingInputs& inputs, const EmulatedCase& which,
                        const PlannedRun& planned, Cluster cluster, SessionOptions options,
                        const StepShape& step, const ShapeRun& run) {
  JUPITER_CHECK(inputs.profile != nullptr);
  RecordedCase recorded = CaseOf(which, planned, std::move(cluster));
  if (!recorded.missing.empty()) return recorded;
  FollowProfile(*inputs.profile, step, recorded);
  Follow(options, recorded.plan);
  SizeFor(options, run);
  recorded.record =
      inputs.records.RecordOf(inputs.model, inputs.checkpoint, options, recorded.plan, run);
  return recorded;
}

CaseRecorder::CaseRecorder(Transport& transport, const BenchFlags& flags)
    : transport_(transport),
      flags_(flags),
      options_(ToSessionOptions(flags.engine)),
      records_(transport) {
  Together(transport, [&] {
    checkpoint_ = OpenCheckpoint(flags.engine.model);
    CheckQuantises(*checkpoint_, options_.quantise);
  });
  cluster_ = ShareCluster(transport, flags.emulate);
  profile_ = ShareProfile(transport, flags.profile);
  if (profile_) Together(transport, [&] { cluster_ = Apply(*profile_, std::move(cluster_)); });
  given_ = ReadPlanning(transport, flags.engine);
  NotePlan(transport, given_, flags.strategies, "planned as in their papers");
}

SessionOptions CaseRecorder::OptionsFor(const EmulatedCase& which) const {
  SessionOptions options = options_;
  options.plan.strategy = which.strategy;
  options.prompt_tokens = which.prompt_tokens;
  options.max_tokens = which.tokens;
  return options;
}

// Without --plan, --layers or --split each strategy has the plan of its paper's planner.
PlannedRun CaseRecorder::PlanFor(const EmulatedCase& which, const Cluster& cluster) const {
  SessionOptions options = OptionsFor(which);
  const bool given = given_.PlansFor(which.strategy);
  if (given) FollowGiven(given_, checkpoint_->config(), options);
  const ModelShape shape = ShapeOf(*checkpoint_, options.quantise, options.plan.kv);
  const Predictor predictor(TaskFor(shape, cluster, options));
  if (given) return Assess(predictor, given_.plan->plan);
  const bool planned = !flags_.engine.layers && flags_.engine.split.empty();
  if (planned) return PlanOf(predictor, options);
  return Assess(predictor, CompletePlan(options, shape, transport_.size(), {}));
}

void CaseRecorder::Check(const EmulatedCase& which) {
  Together(transport_, [&] {
    if (profile_) StepShapeOf(*profile_, checkpoint_->config().name);
    PlanFor(which, WithBandwidth(cluster_, which.bandwidth));
  });
}

RecordedCase CaseRecorder::PlanAndRecord(const EmulatedCase& which) {
  Cluster cluster = WithBandwidth(cluster_, which.bandwidth);
  PlannedRun run;
  Together(transport_, [&] { run = PlanFor(which, cluster); });
  const RecordingInputs inputs{transport_, records_, flags_.engine.model, *checkpoint_,
                               profile_ ? &*profile_ : nullptr};
  return RecordCase(inputs, which, run, std::move(cluster), OptionsFor(which));
}

}  // namespace jupiter
