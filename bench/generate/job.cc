#include "bench/generate/job.h"

#include <sstream>

#include "kernels/base/check.h"
#include "parallel/transport/agreement.h"

namespace jupiter {

void ShareSize(Transport& transport, const JobSize& size, SessionOptions& options) {
  std::istringstream fields(
      Broadcast(transport,
                fmt::format("{} {} {} {} {}", size.prompt_tokens, size.positions,
                            size.shorter_prompts ? 1 : 0, size.requests, size.kv_positions),
                0));
  std::int64_t positions = 0;
  fields >> options.prompt_tokens >> positions >> options.shorter_prompts >> options.requests >>
      options.kv_positions;
  JUPITER_CHECK(!fields.fail(), "sizes '{}'", fields.str());
  options.max_tokens = static_cast<int>(positions - options.prompt_tokens);
}

std::unique_ptr<Job> MakeJob(const JobFlags& flags) {
  if (!flags.requests.empty()) return MakeRequestsJob(flags);
  const OutlineFlag outline = ParseOutlineFlag(flags.outline);
  return outline.mode == OutlineFlag::Mode::kNever ? MakeAnswerJob(flags) : MakeOutlineJob(flags);
}

}  // namespace jupiter
