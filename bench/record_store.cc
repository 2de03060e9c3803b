#include "bench/record_store.h"

#include <algorithm>

#include "bench/long_wait.h"
#include "bench/recorded_run.h"
#include "kernels/base/check.h"
#include "parallel/record_gather.h"

namespace jupiter {
namespace {

constexpr std::size_t kMostRecent = 8;

}  // namespace

RecordStore::RecordStore(Transport& transport)
    : transport_(transport), device_(MakeDevice("recording", {})) {}

std::shared_ptr<const RunRecord> RecordStore::Record(const std::string& model,
                                                     Checkpoint& checkpoint,
                                                     const SessionOptions& options,
                                                     const Plan& plan) {
  const std::string description = DescribeRun(checkpoint.config().name, options.prompt_tokens,
                                              options.max_tokens, options.step_rows, plan);
  const std::string key = model + " " + description;
  const auto known = std::find_if(recent_.begin(), recent_.end(),
                                  [&](const auto& entry) { return entry.first == key; });
  if (known != recent_.end()) return known->second;
  recent_.emplace_front(key, Run(checkpoint, options, description));
  if (recent_.size() > kMostRecent) recent_.pop_back();
  return recent_.front().second;
}

std::shared_ptr<const RunRecord> RecordStore::Run(Checkpoint& checkpoint,
                                                  const SessionOptions& options,
                                                  const std::string& description) {
  Session session(transport_, *device_, checkpoint, options);
  session.Load();
  Request request;
  request.prompt.assign(static_cast<std::size_t>(options.prompt_tokens), 0);
  request.max_tokens = options.max_tokens;

  const LongWait wait(transport_.context());
  Recorder recorder(transport_.rank(), /*timed=*/false);
  session.Run(request, {}, &recorder);
  return std::make_shared<const RunRecord>(GatherRecords(transport_, recorder, description));
}

}  // namespace jupiter
