// Emulated cases: the strategy runs over MPI on the recording device, and rank 0 replays what was
// recorded on a described testbed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/emulate/emulated_profile.h"
#include "bench/emulate/record_store.h"
#include "bench/flags/bench_flags.h"
#include "bench/flags/planned.h"
#include "bench/report/metrics.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"

namespace jupiter {

struct EmulatedCase {
  std::string strategy;
  int prompt_tokens = 0;
  int tokens = 0;
  double bandwidth = 0;  // bit/s of every link; 0: as in the cluster file
};

// emulated/<cluster>/<model>/<strategy>/[bw<Mbit/s>/]pp<P>/tg<G>
std::string CaseName(const std::string& cluster, const std::string& model,
                     const EmulatedCase& which);

// A case, ready to be replayed at rank 0.
struct RecordedCase {
  EmulatedCase which;
  std::string missing;  // why it cannot run: what does not fit
  Obstacle obstacle = Obstacle::kNone;
  Plan plan;
  std::optional<PlanCheck> check;           // when there is a plan
  std::optional<Prediction> prediction;     // of a pipeline
  std::shared_ptr<const RunRecord> record;  // rank 0 only
  Cluster cluster;
  int source_device = 0;  // of the cluster: what rank 0 is replayed on
  // Under a profile: what a step is, and what its messages count.
  std::optional<StepShape> step;
  PayloadFactors factors;
};

// What rank 0 replays it on.
Testbed TestbedOf(const RecordedCase& recorded);

// Times of the marks at the source.
RequestMetrics MetricsOf(const Replay& replay);
// The same of a case: see PerToken for those under a profile.
RequestMetrics MetricsOf(const RecordedCase& recorded, const Replay& replay);
// Share of the replayed time, until the last slice of the prompt is done, in which the stages idle:
// they neither compute nor handle messages. Ranks that share layers are stages, too. For replays
// with activities, of requests.
double Bubble(const Replay& replay, const Plan& plan);
std::int64_t PayloadBytes(const RunRecord& record);
std::int64_t Messages(const RunRecord& record);

// What runs are recorded from, and under which profile. References outlive it.
struct RecordingInputs {
  Transport& transport;
  RecordStore& records;
  const std::string& model;
  Checkpoint& checkpoint;
  const TestbedProfile* profile = nullptr;  // or none
};
// Records a planned run; `options` are made to follow the plan. Without a plan that fits, `missing`
// says why. Collective; throws UserError on all ranks.
RecordedCase RecordCase(const RecordingInputs& inputs, const EmulatedCase& which,
                        const PlannedRun& run, Cluster cluster, SessionOptions options);

// The same for `run`, whose steps are `step`; needs a profile.
RecordedCase RecordCase(const RecordingInputs& inputs, const EmulatedCase& which,
                        const PlannedRun& planned, Cluster cluster, SessionOptions options,
                        const StepShape& step, const ShapeRun& run);

// Plans and records cases. Collective.
class CaseRecorder {
 public:
  CaseRecorder(Transport& transport, const BenchFlags& flags);

  const Cluster& cluster() const { return cluster_; }
  const std::optional<TestbedProfile>& profile() const { return profile_; }
  // Plans the case without recording it; throws UserError on all ranks for what is wrong with the
  // flags, but not for what does not fit.
  void Check(const EmulatedCase& which);
  RecordedCase PlanAndRecord(const EmulatedCase& which);

 private:
  SessionOptions OptionsFor(const EmulatedCase& which) const;
  PlannedRun PlanFor(const EmulatedCase& which, const Cluster& cluster) const;

  Transport& transport_;
  const BenchFlags& flags_;
  SessionOptions options_;
  RecordStore records_;
  std::unique_ptr<Checkpoint> checkpoint_;
  Cluster cluster_;
  std::optional<TestbedProfile> profile_;
  GivenPlanning given_;
};

}  // namespace jupiter
