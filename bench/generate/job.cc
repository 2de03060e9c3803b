#include "bench/generate/job.h"

#include <string>

#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"

namespace jupiter {

void ShareSize(Transport& transport, const JobSize& size, SessionOptions& options) {
  const std::string text =
      Broadcast(transport,
                fmt::format("{} {} {} {} {}", size.prompt_tokens, size.positions,
                            size.shorter_prompts ? 1 : 0, size.requests, size.kv_positions),
                0);
  std::int64_t positions = 0;
  ReadFields(transport, 0, "the sizes of a job", text, options.prompt_tokens, positions,
             options.shorter_prompts, options.requests, options.kv_positions);
  options.max_tokens = static_cast<int>(positions - options.prompt_tokens);
}

std::unique_ptr<Job> MakeJob(const JobFlags& flags) {
  if (!flags.requests.empty()) return MakeRequestsJob(flags);
  const OutlineFlag outline = ParseOutlineFlag(flags.outline);
  return outline.mode == OutlineFlag::Mode::kNever ? MakeAnswerJob(flags) : MakeOutlineJob(flags);
}

}  // namespace jupiter
