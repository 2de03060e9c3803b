// Emulated cases: the strategy runs over MPI on the recording device, and rank 0 replays what was
// recorded on a described testbed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/bench_flags.h"
#include "bench/emulated_profile.h"
#include "bench/metrics.h"
#include "bench/planned.h"
#include "planning/simulator.h"

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
  Plan plan;
  std::optional<PlanCheck> check;           // when there is a plan
  std::optional<Prediction> prediction;     // of a pipeline
  std::shared_ptr<const RunRecord> record;  // rank 0 only
  Cluster cluster;
  // Under a profile: what a step is, and what its messages weigh.
  std::optional<StepShape> step;
  PayloadFactors factors;
};

// What rank 0 replays it on.
Testbed TestbedOf(const RecordedCase& recorded);

// Times of the marks at the source.
RequestMetrics MetricsOf(const Replay& replay);
// The same of a case: see PerToken for those under a profile.
RequestMetrics MetricsOf(const RecordedCase& recorded, const Replay& replay);
// Share of the stages' time until the last slice of the prompt was done in which they idle, as the
// replay has it: they neither compute nor handle messages. Ranks that share layers are stages, too.
// For replays with spans, of requests.
double Bubble(const Replay& replay, const Plan& plan);
std::int64_t PayloadBytes(const RunRecord& record);
std::int64_t Messages(const RunRecord& record);

// Plans and records cases. Collective.
class CaseRecorder {
 public:
  CaseRecorder(Transport& transport, const BenchFlags& flags);

  const Cluster& cluster() const { return cluster_; }
  const std::optional<TestbedProfile>& profile() const { return profile_; }
  RecordedCase Record(const EmulatedCase& which);

 private:
  SessionOptions OptionsFor(const EmulatedCase& which) const;
  PlannedRun PlanFor(const EmulatedCase& which, const Cluster& cluster) const;
  void FollowProfile(RecordedCase& recorded) const;
  std::shared_ptr<const RunRecord> RecordOf(const SessionOptions& options, const Plan& plan);

  Transport& transport_;
  const BenchFlags& flags_;
  SessionOptions options_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Checkpoint> checkpoint_;
  Cluster cluster_;
  std::optional<TestbedProfile> profile_;
  GivenPlanning given_;
  // The same plan at several bandwidths is recorded once.
  std::map<std::string, std::shared_ptr<const RunRecord>> records_;
};

}  // namespace jupiter
