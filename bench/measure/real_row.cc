#include "bench/measure/real_row.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

using RequestSamples = std::vector<RequestSample>;

std::vector<double> TtftsOf(const RequestSamples& samples) {
  std::vector<double> ttfts;
  for (const RequestSample& sample : samples) ttfts.push_back(sample.ttft_s);
  return ttfts;
}

// Of the samples that have one.
std::vector<double> TpotsOf(const RequestSamples& samples) {
  std::vector<double> tpots;
  for (const RequestSample& sample : samples) {
    if (sample.tpot_s) tpots.push_back(*sample.tpot_s);
  }
  return tpots;
}

// By the definitions of draft_statistics.
void AddDraftCounters(const DraftNumbers& drafts, benchmark::UserCounters& counters) {
  if (drafts.tokens_per_step) counters["tokens_per_step"] = *drafts.tokens_per_step;
  if (drafts.acceptance_rate) counters["acceptance_rate"] = *drafts.acceptance_rate;
  counters["drafted"] = static_cast<double>(drafts.drafted);
  counters["wasted"] = static_cast<double>(drafts.wasted);
  counters["past_end"] = static_cast<double>(drafts.past_end);
  counters["stale_steps"] = static_cast<double>(drafts.stale_steps);
}

}  // namespace

RequestSample SampleOf(const Sample& sample, bool drafts) {
  RequestSample kept;
  kept.e2e_s = sample.metrics.e2el;
  kept.ttft_s = sample.metrics.ttft;
  kept.tpot_s = sample.metrics.tpot;
  kept.cpu_s = sample.cpu_seconds;
  kept.payload_bytes = sample.payload_bytes;
  kept.messages = sample.messages;
  if (drafts) {
    kept.drafts = {sample.drafts.acceptance_length, sample.drafts.acceptance_rate,
                   sample.drafts.draft_tokens,      sample.drafts.wasted_tokens,
                   sample.drafts.past_end_tokens,   sample.stale_steps};
  }
  return kept;
}

void Summarise(std::size_t repetitions, ResultRow& row) {
  std::vector<RequestSamples>& calls = row.measured.value().repetitions;
  JUPITER_CHECK(repetitions > 0 && repetitions <= calls.size(), "{} repetitions in {} calls",
                repetitions, calls.size());
  calls.erase(calls.begin(), calls.end() - static_cast<std::ptrdiff_t>(repetitions));
  RequestSamples all;
  for (const RequestSamples& samples : calls) all.insert(all.end(), samples.begin(), samples.end());
  std::vector<double> ends;
  for (const RequestSample& sample : all) ends.push_back(sample.e2e_s);
  const std::vector<double> tpots = TpotsOf(all);
  row.e2e_s = row.e2e_p50_s = Quantile(ends, 0.5);
  row.e2e_p90_s = Quantile(ends, 0.9);
  row.ttft_s = Quantile(TtftsOf(all), 0.5);
  row.prefill_ms_per_token = *row.ttft_s * 1e3 / row.prompt_tokens;
  if (!tpots.empty()) row.decode_ms_per_token = Quantile(tpots, 0.5) * 1e3;
  row.bytes_total = all.back().payload_bytes;
  row.messages = all.back().messages;
  row.repetitions = static_cast<int>(all.size());
  if (const auto& drafts = all.back().drafts) {
    row.tokens_per_step = drafts->tokens_per_step.value_or(row.tokens_per_step);
  }
}

benchmark::UserCounters CountersOf(const ResultRow& row, const RequestSamples& samples) {
  const Measured& measured = row.measured.value();
  const double ttft = Quantile(TtftsOf(samples), 0.5);
  const std::vector<double> tpots = TpotsOf(samples);
  benchmark::UserCounters counters;
  counters["TTFT_ms"] = ttft * 1e3;
  counters["prefill_tps"] = Rate(row.prompt_tokens, ttft);
  if (!tpots.empty()) {
    counters["TPOT_ms"] = Quantile(tpots, 0.5) * 1e3;
    counters["TPOT_p90_ms"] = Quantile(tpots, 0.9) * 1e3;
    counters["decode_tps"] = Rate(1, Quantile(tpots, 0.5));
  }
  counters["n"] = static_cast<double>(samples.size());
  counters["payload_B"] = static_cast<double>(samples.back().payload_bytes);
  counters["messages"] = static_cast<double>(samples.back().messages);
  counters["load_s"] = measured.load_s;
  counters["ranks_per_host"] = measured.ranks_per_host;
  counters["threads_per_rank"] = measured.threads_per_rank;
  if (samples.back().drafts) AddDraftCounters(*samples.back().drafts, counters);
  return counters;
}

CaseEnd EndOf(const ResultRow& row) {
  if (!row.measured) return {};
  CaseEnd end;
  end.label = std::string(Name(row.verdict)) + row.measured->notes;
  for (const RequestSamples& samples : row.measured->repetitions) {
    double seconds = 0;
    for (const RequestSample& sample : samples) seconds += sample.cpu_s;
    end.cpu_seconds.push_back(seconds / static_cast<double>(samples.size()));
  }
  return end;
}

BenchCase KeptCase(const ResultRow& row) {
  BenchCase kept;
  kept.name = row.name;
  kept.end = [row](std::size_t) { return EndOf(row); };
  if (!row.measured) {
    kept.iterations = 1;
    kept.repetitions = static_cast<std::size_t>(row.repetitions);
    kept.measure = [row](benchmark::State& state, const Progress&) {
      state.SkipWithError(row.reason.c_str());
    };
    return kept;
  }
  kept.iterations = row.measured->repetitions.front().size();
  kept.repetitions = row.measured->repetitions.size();
  kept.measure = [row, next = std::make_shared<std::size_t>(0)](benchmark::State& state,
                                                                const Progress&) {
    const RequestSamples& samples = row.measured->repetitions.at((*next)++);
    auto sample = samples.begin();
    for (auto _ : state) state.SetIterationTime((sample++)->e2e_s);
    state.counters = CountersOf(row, samples);
  };
  return kept;
}

}  // namespace jupiter
