// Runs cases for real: real weights, real tokens, checked against one process.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/flags/draft_flags.h"
#include "bench/flags/flags.h"
#include "bench/flags/planned.h"
#include "bench/measure/cases.h"
#include "bench/measure/drafting.h"
#include "bench/measure/faulty_device.h"
#include "bench/report/draft_statistics.h"
#include "bench/report/metrics.h"
#include "bench/report/reference.h"
#include "bench/report/run_report.h"
#include "bench/results/row_key.h"

namespace jupiter {

// One request, as rank 0 saw it.
struct Sample {
  RequestMetrics metrics;
  std::int64_t payload_bytes = 0;  // sent by all ranks
  std::int64_t messages = 0;
  double load_seconds = 0;  // of the slowest rank
  DraftStatistics drafts;   // no steps of plain decoding
  int stale_steps = 0;
  double cpu_seconds = 0;  // of the thread that leads the request
  Comparison found;
};

class CaseRunner {
 public:
  // Cases name a drafting by its place among `draftings`.
  CaseRunner(Transport& transport, const EngineFlags& flags,
             const std::vector<DraftFlags>& draftings, Fault fault,
             const std::string& reference_path);

  const ModelConfig& config() const { return checkpoint_->config(); }
  const GivenPlanning& planning() const { return planning_; }
  // How the open case drafts, at rank 0; empty of plain decoding.
  std::string Drafts() const { return drafting_ == nullptr ? "" : drafting_->Describe(); }
  // Of the case that is open: see Session::streaming.
  std::string Streaming() const { return session_->streaming(); }
  std::string DescribeDevice() const { return MakeDeviceFor({})->Describe(); }
  // Numerics, devices and inputs of the key of this runner's rows; at rank 0.
  RowKey Key() const;

  // Plans the case on all ranks without loading anything; throws UserError on all of them.
  void Check(const Case& which);
  // Loads the case, and finds its reference if this is the first case with these numerics.
  // Collective; throws UserError on all ranks.
  void Open(const Case& which);
  // One request. Collective; the sample has contents at rank 0 only.
  Sample RunOnce();

 private:
  struct Expected {
    Reference reference;
    std::string missing;  // why there is none
  };

  SessionOptions OptionsFor(const Case& which) const;
  int ThreadsFor(const Case& which) const;
  std::unique_ptr<Device> MakeDeviceFor(const Case& which) const;
  Request RequestFor(const Case& which) const;
  const Expected& FindExpected(const Case& which, const Session& session);
  void NoteStreamed(const Session& reference, const Case& which) const;
  Expected ComputeExpected(const Case& which, const Session& session);

  Transport& transport_;
  EngineFlags flags_;
  std::vector<DraftFlags> draft_flags_;
  SessionOptions options_;
  std::vector<std::unique_ptr<Drafting>> draftings_;
  Fault fault_;
  std::string reference_path_;
  std::optional<Reference> given_;  // of reference_path_, at the source; its prompt is every case's
  std::unique_ptr<Checkpoint> checkpoint_;
  GivenPlanning planning_;
  std::vector<std::string> devices_;          // by rank, as they describe themselves
  std::map<std::string, Expected> expected_;  // by numerics and lengths
  Case case_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Session> session_;
  Drafting* drafting_ = nullptr;  // of the open case
  Drafter* drafter_ = nullptr;    // at the source
  const Expected* current_ = nullptr;
};

}  // namespace jupiter
