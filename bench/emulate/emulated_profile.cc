#include "bench/emulate/emulated_profile.h"

#include <cmath>

#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"
#include "parallel/transport/together.h"
#include "planning/replay/testbed_profile_mix.h"
#include "planning/replay/testbed_profile_parse.h"
#include "planning/replay/testbed_profile_write.h"

namespace jupiter {

std::optional<TestbedProfile> ShareProfile(Transport& transport, const std::string& text) {
  if (text.empty()) return std::nullopt;
  TestbedProfile profile;
  std::string yaml;
  OnFirstRank(transport, [&] {
    profile = MakeTestbedProfile(text);
    yaml = ToYaml(profile);
  });
  yaml = Broadcast(transport, yaml, 0);
  // Rank 0's own profile knows the file and its lines, for errors.
  if (transport.rank() == 0) return profile;
  return ParsePeer(transport, 0, "a testbed profile",
                   [&] { return ParseTestbedProfile(yaml, text); });
}

void SizeFor(SessionOptions& options, const StepShape& step, int tokens) {
  options.step_rows = step.rows;
  // The prompt yields one of the tokens.
  options.max_tokens = 1 + static_cast<int>(std::ceil(tokens / step.tokens));
}

RequestMetrics PerToken(const RequestMetrics& replayed, const StepShape& step, int tokens) {
  RequestMetrics metrics;
  metrics.ttft = replayed.ttft;
  if (replayed.tpot) metrics.tpot = *replayed.tpot / step.tokens;
  metrics.e2el = metrics.ttft + tokens * metrics.tpot.value_or(0);
  return metrics;
}

}  // namespace jupiter
