// What --profile changes in an emulated case.
#pragma once

#include <optional>
#include <string>

#include "bench/report/metrics.h"
#include "parallel/session/session.h"
#include "planning/replay/testbed_profile.h"

namespace jupiter {

// The profile of --profile, which rank 0 reads; the same on all ranks. Nothing for an empty text.
// Throws UserError on all ranks. Collective.
std::optional<TestbedProfile> ShareProfile(Transport& transport, const std::string& text);

// Makes the options those of a session for a request of `tokens` tokens as it is recorded under a
// profile: so many decoding steps of so many rows.
void SizeFor(SessionOptions& options, const StepShape& step, int tokens);

// For a replay of such a request: times per token, where every generated token, the first one
// included, counts as a decoding pass after the prompt. The published end-to-end times are made up
// like this.
RequestMetrics PerToken(const RequestMetrics& replayed, const StepShape& step, int tokens);

}  // namespace jupiter
