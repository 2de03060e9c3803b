// What jupiter_run says about a run, on stderr of rank 0.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/report/metrics.h"
#include "model/config/config.h"
#include "parallel/session/session.h"

namespace jupiter {

// One line with the plan: layers or shares per rank, idle ranks, slices, types.
std::string DescribePlan(const Session& session, const ModelConfig& config);

// What one rank did in a run.
struct RankReport {
  std::string host;
  int threads = 0;
  double load_seconds = 0;
  std::int64_t bytes_read = 0;
  TrafficCounters traffic;
};
// All ranks' reports, at rank 0 (nothing elsewhere). Collective.
std::vector<RankReport> GatherReports(Transport& transport, const RankReport& own);

std::string ShowRanks(const std::vector<RankReport>& reports);
// What drafts gained over all generations, by the definitions of bench/report/draft_statistics.h.
std::string ShowDrafts(std::span<const Generation> generations);
// Of the tokens and logits of all generations, one after the other.
std::string ShowHashes(std::span<const Generation> generations);
// TTFT and TPOT. `before`: seconds in which the question was there and its prompt was not, for the
// first token comes as much later.
std::string ShowMetrics(const RequestMetrics& metrics, int prompt_tokens, int tokens,
                        double before = 0);
// Of an answer in one part or several, from when the question was asked: TTFT to the first token of
// any part, E2E to the last one.
std::string ShowWhole(double asked, std::span<const Generation> parts);

}  // namespace jupiter
