#include "bench/record_store.h"

#include <algorithm>

#include "bench/long_wait.h"
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
  const std::string key = fmt::format("{} pp{} tg{} rows{} {}", model, options.prompt_tokens,
                                      options.max_tokens, options.step_rows, ToJson(plan));
  const auto known = std::find_if(recent_.begin(), recent_.end(),
                                  [&](const auto& entry) { return entry.first == key; });
  if (known != recent_.end()) return known->second;
  recent_.emplace_front(key, Run(checkpoint, options, key));
  if (recent_.size() > kMostRecent) recent_.pop_back();
  return recent_.front().second;
}

std::shared_ptr<const RunRecord> RecordStore::Run(Checkpoint& checkpoint,
                                                  const SessionOptions& options,
                                                  const std::string& key) {
  Session session(transport_, *device_, checkpoint, options);
  session.Load();
  Request request;
  request.prompt.assign(static_cast<std::size_t>(options.prompt_tokens), 0);
  request.max_tokens = options.max_tokens;

  const LongWait wait(transport_.context());
  Recorder recorder(transport_.rank(), /*timed=*/false);
  session.Run(request, {}, &recorder);
  return std::make_shared<const RunRecord>(
      GatherRecords(transport_, recorder, fmt::format("{} {}", checkpoint.config().name, key)));
}

}  // namespace jupiter
