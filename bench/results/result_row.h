// One cell of an experiment as it is saved: raw numbers, no text for people.
//
// results.jsonl has a JSON object per line. Keys are stable within a schema version; a number that
// is not known is null.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

struct ResultRow {
  std::string name;   // of the case, as Google Benchmark has it
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
  int requests = 1;        // that make the answer, side by side
  std::uint64_t seed = 0;  // of the workload
  bool oom = false;        // then nothing below is known
  std::string reason;      // why it could not run
  std::string valid;       // exact, tolerance, not_checked, invalid
  // To the answer's last and first token; decode: between those, per token of the answer. prefill
  // is not known of outlines, whose first token has decoding before it.
  std::optional<double> e2e_s, ttft_s, prefill_ms_per_token, decode_ms_per_token;
  // Of virtual runs: until the outline was known, and while every request of the answer decodes:
  // seconds between two steps of one, requests under way, share of the time that stages compute.
  std::optional<double> skeleton_s, round_s, in_flight, utilisation;
  // The same of pipelines by formula (planning/replay/round_time.h); at work: those of
  // them that are on a device or a link; the others wait in queues.
  std::optional<double> formula_round_s, formula_in_flight, formula_at_work, formula_utilisation;
  std::int64_t bytes_total = 0;  // payload and headers that all ranks sent
  std::int64_t messages = 0;
  std::optional<double> bubble;  // share of the prefill in which the stages idle
  std::vector<RankResult> per_rank;
  int repetitions = 1;  // or draws; numbers above are means over them
  std::optional<double> e2e_p50_s, e2e_p90_s;
  // What was published of the same cell: seconds, or that it was out of memory.
  std::optional<double> published_e2e_s;
  bool published_oom = false;
};

// One line without its end.
std::string ToJson(const ResultRow& row);
// Throws UserError naming `source` for what is no row of this schema version.
ResultRow ParseResultRow(const std::string& line, const std::string& source);

// Rows as CSV with a header: what results.jsonl has, without the parts per rank.
std::string ToCsv(const std::vector<ResultRow>& rows);

}  // namespace jupiter
