// One cell of an experiment as it is saved: raw numbers, no text for people.
//
// results.jsonl has a JSON object per line. Keys are stable within a schema version; a number that
// is not known is null.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/report/verdict.h"

namespace jupiter {

// Changes whenever a key changes its meaning or goes.
inline constexpr int kResultSchemaVersion = 2;

struct RankResult {
  // Milliseconds of the whole run. send: the outgoing link was busy, or the sender with its host
  // overhead; recv: likewise of what came in; wait: nothing else to do.
  double compute_ms = 0;
  double send_ms = 0;
  double recv_ms = 0;
  double wait_ms = 0;
  // Peak bytes by kind, as the memory model has them.
  std::int64_t weights = 0;
  std::int64_t kv = 0;
  std::int64_t activations = 0;
  std::int64_t drafts = 0;
  std::int64_t buffers = 0;
};

// What drafts did in a request, by the definitions of bench/report/draft_statistics.h.
struct DraftNumbers {
  std::optional<double> tokens_per_step;  // of answers with steps
  std::optional<double> acceptance_rate;  // where something was drafted
  std::int64_t drafted = 0;
  std::int64_t wasted = 0;
  std::int64_t past_end = 0;
  std::int64_t stale_steps = 0;
};

// One request of a measured row. All seconds are raw: what is said of the row is computed of them.
struct RequestSample {
  double e2e_s = 0;
  double ttft_s = 0;
  std::optional<double> tpot_s;    // of two tokens and more
  double cpu_s = 0;                // of the thread that leads the request
  std::int64_t payload_bytes = 0;  // sent by all ranks
  std::int64_t messages = 0;
  std::optional<DraftNumbers> drafts;
};

// What measured rows have beside their summary.
struct Measured {
  // Every request that counts, by repetitions of Google Benchmark, which are equally long. Those by
  // which it found out how long they have to be are not among them.
  std::vector<std::vector<RequestSample>> repetitions;
  double load_s = 0;  // of the weights, on the slowest rank
  int ranks_per_host = 0;
  int threads_per_rank = 0;
  std::string notes;  // after the verdict: what streams, how it drafts, a caveat
};

struct ResultRow {
  std::string name;   // of the case, as reports have it
  std::string suite;  // "paper", "real", ...
  std::string clock;  // "virtual": replayed; "wall": measured
  std::string profile;
  std::string devices, links, collectives, decoding;  // parts of the profile
  std::string env;                                    // of the experiment; "" of real runs
  std::optional<double> bandwidth_mbps;
  std::string model;
  std::string system;
  std::string policy = "plain";
  std::string variation;  // of the workload, "points=4"; empty: none
  std::string wire;
  std::string plan_hash;  // of the plan as JSON, which plans.jsonl has
  std::string note;       // for readers: split, device, caveat
  int ranks = 0;
  int prompt_tokens = 0;
  int gen_tokens = 0;
  int rows = 1;                // of a decoding step of one request
  double tokens_per_step = 1;  // that it yields on average
  // Work beyond prompt and answer: tokens generated for an outline, and tokens of prompts (of
  // templates, and of what is read again). Its time is in e2e_s.
  int skeleton_tokens = 0;
  int extra_prompt_tokens = 0;
  int requests = 1;                       // that make the answer, side by side
  std::uint64_t seed = 0;                 // of the workload
  bool oom = false;                       // then nothing below is known
  std::string reason;                     // why it could not run
  Verdict verdict = Verdict::kUnchecked;  // as `valid`: exact, invalid, not_checked
  // To the answer's last and first token; decode: between those, per token of the answer (of
  // measured rows TPOT, which one token has not). prefill is not known of outlines, whose first
  // token has decoding before it.
  std::optional<double> e2e_s, ttft_s, prefill_ms_per_token, decode_ms_per_token;
  // Of virtual runs: until the outline was known, and while every request of the answer decodes:
  // seconds between two steps of one, requests in flight, share of the time that stages compute.
  std::optional<double> skeleton_s, round_s, in_flight, utilisation;
  // Of virtual runs of several requests: as decode_ms_per_token, from when all of them have their
  // first token.
  std::optional<double> settled_ms_per_token;
  // The same of pipelines by formula (planning/replay/round_time.h); at work: those of
  // them that are on a device or a link; the others wait in queues.
  std::optional<double> formula_round_s, formula_in_flight, formula_at_work, formula_utilisation;
  // Of virtual runs: what no system gets below, on whatever plan, and no schedule of this plan
  // (planning/bounds).
  std::optional<double> cell_bound_s, strategy_bound_s;
  std::int64_t bytes_total = 0;  // payload and headers that all ranks sent
  std::int64_t messages = 0;
  std::optional<double> bubble;  // share of the prefill in which the stages idle
  std::vector<RankResult> per_rank;
  // Draws, whose means stand above; of measured rows requests, whose medians do (of bytes and
  // messages the last one's).
  int repetitions = 1;
  std::optional<double> e2e_p50_s, e2e_p90_s;
  // What was published of the same cell: seconds, or that it was out of memory.
  std::optional<double> published_e2e_s;
  bool published_oom = false;
  std::optional<Measured> measured;  // of measured rows that could run
};

// One line without its end.
std::string ToJson(const ResultRow& row);
// Throws UserError naming `source` for what is no row of this schema version.
ResultRow ParseResultRow(const std::string& line, const std::string& source);

// Rows as CSV with a header: what results.jsonl has, without the parts per rank.
std::string ToCsv(const std::vector<ResultRow>& rows);

}  // namespace jupiter
