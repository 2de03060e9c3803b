// Recordings of plans on the device that computes nothing.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "bench/emulate/shape_run.h"
#include "model/checkpoint/checkpoint.h"
#include "parallel/session/session.h"
#include "planning/record/record.h"

namespace jupiter {

class RecordStore {
 public:
  explicit RecordStore(Transport& transport);

  // The run of a request under the plan, which the options follow; `model` names the checkpoint.
  // Recorded over MPI, unless it is among the last few: the same plan at several bandwidths is
  // recorded once. Has events at rank 0 only. Collective; throws UserError on all ranks.
  std::shared_ptr<const RunRecord> RecordOf(const std::string& model, Checkpoint& checkpoint,
                                            const SessionOptions& options, const Plan& plan);
  // The same for `run`, which the options follow, too.
  std::shared_ptr<const RunRecord> RecordOf(const std::string& model, Checkpoint& checkpoint,
                                            const SessionOptions& options, const Plan& plan,
                                            const ShapeRun& run);

 private:
  using Play = std::function<void(Session& session, Recorder& recorder)>;
  std::shared_ptr<const RunRecord> Recall(const std::string& model, Checkpoint& checkpoint,
                                          const SessionOptions& options,
                                          const std::string& description, const Play& play);

  Transport& transport_;
  std::unique_ptr<Device> device_;
  // By model and plan, the newest first. A record has up to some 50 MB.
  std::deque<std::pair<std::string, std::shared_ptr<const RunRecord>>> recent_;
};

}  // namespace jupiter
