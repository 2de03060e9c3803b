#include "bench/emulate/record_store.h"

#include <algorithm>

#include "bench/emulate/run_description.h"
#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "parallel/transport/longer_deadline.h"
#include "parallel/transport/record_gather.h"

namespace jupiter {
namespace {

constexpr std::size_t kMostRecent = 8;

}  // namespace

RecordStore::RecordStore(Transport& transport)
    : transport_(transport), device_(MakeDevice("recording", {})) {}

std::shared_ptr<const RunRecord> RecordStore::RecordOf(const std::string& model,
                                                       Checkpoint& checkpoint,
                                                       const SessionOptions& options,
                                                       const Plan& plan) {
  const std::string description = DescribeRun(checkpoint.config().name, options.prompt_tokens,
                                              options.max_tokens, options.step_rows, plan);
  return Recall(model, checkpoint, options, description, [&](Session& session, Recorder& recorder) {
    Request request;
    request.prompt.assign(static_cast<std::size_t>(options.prompt_tokens), 0);
    request.max_tokens = options.max_tokens;
    session.Run(request, {}, &recorder);
  });
}

std::shared_ptr<const RunRecord> RecordStore::RecordOf(const std::string& model,
                                                       Checkpoint& checkpoint,
                                                       const SessionOptions& options,
                                                       const Plan& plan, const ShapeRun& run) {
  const std::string description = fmt::format("{}{} group{} {}", checkpoint.config().name,
                                              KeyOf(run), options.group, ToJson(plan));
  return Recall(model, checkpoint, options, description,
                [&](Session& session, Recorder& recorder) { RunShapes(session, run, recorder); });
}

std::shared_ptr<const RunRecord> RecordStore::Recall(const std::string& model,
                                                     Checkpoint& checkpoint,
                                                     const SessionOptions& options,
                                                     const std::string& description,
                                                     const Play& play) {
  const std::string key = model + " " + description;
  const auto known = std::find_if(recent_.begin(), recent_.end(),
                                  [&](const auto& entry) { return entry.first == key; });
  if (known != recent_.end()) return known->second;
  Session session(transport_, *device_, checkpoint, options);
  session.Load();
  const LongerDeadline longer(transport_.context(), kAloneSeconds);
  Recorder recorder(transport_.rank(), /*timed=*/false);
  play(session, recorder);
  recent_.emplace_front(
      key, std::make_shared<const RunRecord>(GatherRecords(transport_, recorder, description)));
  if (recent_.size() > kMostRecent) recent_.pop_back();
  return recent_.front().second;
}

}  // namespace jupiter
