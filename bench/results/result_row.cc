#include "bench/results/result_row.h"

#include <algorithm>
#include <utility>

#include "kernels/base/check.h"
#include "planning/text/json_text.h"

namespace jupiter {
namespace {

// Members by key, one list for writing and reading.
template <typename Rank, typename Visit>
void VisitRank(Rank& rank, Visit&& visit) {
  visit("compute_ms", rank.compute_ms);
  visit("send_ms", rank.send_ms);
  visit("recv_ms", rank.recv_ms);
  visit("wait_ms", rank.wait_ms);
  visit("weights_bytes", rank.weights);
  visit("kv_bytes", rank.kv);
  visit("activations_bytes", rank.activations);
  visit("drafts_bytes", rank.drafts);
  visit("buffers_bytes", rank.buffers);
}

template <typename Sample, typename Visit>
void VisitSample(Sample& sample, Visit&& visit) {
  visit("e2e_s", sample.e2e_s);
  visit("ttft_s", sample.ttft_s);
  visit("tpot_s", sample.tpot_s);
  visit("cpu_s", sample.cpu_s);
  visit("payload_bytes", sample.payload_bytes);
  visit("messages", sample.messages);
}

template <typename Drafts, typename Visit>
void VisitDrafts(Drafts& drafts, Visit&& visit) {
  visit("tokens_per_step", drafts.tokens_per_step);
  visit("acceptance_rate", drafts.acceptance_rate);
  visit("drafted", drafts.drafted);
  visit("wasted", drafts.wasted);
  visit("past_end", drafts.past_end);
  visit("stale_steps", drafts.stale_steps);
}

// All but the samples.
template <typename Measured, typename Visit>
void VisitMeasured(Measured& measured, Visit&& visit) {
  visit("load_s", measured.load_s);
  visit("ranks_per_host", measured.ranks_per_host);
  visit("threads_per_rank", measured.threads_per_rank);
  visit("notes", measured.notes);
}

// All but the parts per rank and per request.
template <typename Row, typename Visit>
void VisitRow(Row& row, Visit&& visit) {
  visit("name", row.name);
  visit("suite", row.suite);
  visit("clock", row.clock);
  visit("profile", row.profile);
  visit("devices", row.devices);
  visit("links", row.links);
  visit("collectives", row.collectives);
  visit("decoding", row.decoding);
  visit("env", row.env);
  visit("bandwidth_mbps", row.bandwidth_mbps);
  visit("model", row.model);
  visit("system", row.system);
  visit("policy", row.policy);
  visit("variation", row.variation);
  visit("wire", row.wire);
  visit("plan_hash", row.plan_hash);
  visit("note", row.note);
  visit("ranks", row.ranks);
  visit("prompt_tokens", row.prompt_tokens);
  visit("gen_tokens", row.gen_tokens);
  visit("rows", row.rows);
  visit("tokens_per_step", row.tokens_per_step);
  visit("skeleton_tokens", row.skeleton_tokens);
  visit("extra_prompt_tokens", row.extra_prompt_tokens);
  visit("requests", row.requests);
  visit("seed", row.seed);
  visit("oom", row.oom);
  visit("reason", row.reason);
  visit("valid", row.verdict);
  visit("e2e_s", row.e2e_s);
  visit("ttft_s", row.ttft_s);
  visit("prefill_ms_per_token", row.prefill_ms_per_token);
  visit("decode_ms_per_token", row.decode_ms_per_token);
  visit("skeleton_s", row.skeleton_s);
  visit("settled_ms_per_token", row.settled_ms_per_token);
  visit("round_s", row.round_s);
  visit("in_flight", row.in_flight);
  visit("utilisation", row.utilisation);
  visit("formula_round_s", row.formula_round_s);
  visit("formula_in_flight", row.formula_in_flight);
  visit("formula_at_work", row.formula_at_work);
  visit("formula_utilisation", row.formula_utilisation);
  visit("cell_bound_s", row.cell_bound_s);
  visit("strategy_bound_s", row.strategy_bound_s);
  visit("bytes_total", row.bytes_total);
  visit("messages", row.messages);
  visit("bubble", row.bubble);
  visit("repetitions", row.repetitions);
  visit("e2e_p50_s", row.e2e_p50_s);
  visit("e2e_p90_s", row.e2e_p90_s);
  visit("published_e2e_s", row.published_e2e_s);
  visit("published_oom", row.published_oom);
}

template <typename Value>
Json ToValue(const Value& value) {
  return value;
}
template <typename Value>
Json ToValue(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json ToValue(Verdict verdict) { return KeyOf(verdict); }

template <typename Value>
void FromValue(const Json& json, Value& value) {
  value = json.get<Value>();
}
template <typename Value>
void FromValue(const Json& json, std::optional<Value>& value) {
  value.reset();
  if (!json.is_null()) value = json.get<Value>();
}

void FromValue(const Json& json, Verdict& verdict) {
  verdict = FindVerdict(json.get<std::string>()).value_or(Verdict::kUnchecked);
}

// Visits that write to and read from JSON.
auto WriteTo(Json& json) {
  return [&json](const char* key, const auto& value) { json[key] = ToValue(value); };
}
auto ReadFrom(const Json& json) {
  return [&json](const char* key, auto& value) { FromValue(json.at(key), value); };
}

Json SampleToJson(const RequestSample& sample) {
  Json json;
  VisitSample(sample, WriteTo(json));
  if (sample.drafts) VisitDrafts(*sample.drafts, WriteTo(json["drafts"]));
  return json;
}

RequestSample SampleFromJson(const Json& json) {
  RequestSample sample;
  VisitSample(sample, ReadFrom(json));
  if (json.contains("drafts")) {
    VisitDrafts(sample.drafts.emplace(), ReadFrom(json.at("drafts")));
  }
  return sample;
}

Json MeasuredToJson(const Measured& measured) {
  Json json;
  VisitMeasured(measured, WriteTo(json));
  Json& repetitions = json["repetitions"] = Json::array();
  for (const std::vector<RequestSample>& samples : measured.repetitions) {
    Json& entry = repetitions.emplace_back(Json::array());
    for (const RequestSample& sample : samples) entry.push_back(SampleToJson(sample));
  }
  return json;
}

Measured MeasuredFromJson(const Json& json) {
  Measured measured;
  VisitMeasured(measured, ReadFrom(json));
  for (const Json& entry : json.at("repetitions")) {
    std::vector<RequestSample>& samples = measured.repetitions.emplace_back();
    for (const Json& sample : entry) samples.push_back(SampleFromJson(sample));
  }
  return measured;
}

// A field of a CSV line; text in quotes.
std::string ToField(const Json& value) {
  if (value.is_null()) return "";
  if (!value.is_string()) return value.dump();
  std::string field = "\"";
  for (char c : value.get<std::string>()) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + "\"";
}

ResultRow FromJson(const Json& json) {
  ResultRow row;
  VisitRow(row, ReadFrom(json));
  if (!row.e2e_s) row.verdict = Verdict::kSkipped;
  for (const Json& entry : json.at("per_rank")) {
    VisitRank(row.per_rank.emplace_back(), ReadFrom(entry));
  }
  if (json.contains("measured")) row.measured = MeasuredFromJson(json.at("measured"));
  return row;
}

// What a row lacks that others compute with; empty: nothing.
std::string LackOf(const ResultRow& row) {
  if (!row.e2e_s) return {};
  if (!row.ttft_s) return "a row with e2e_s, but without ttft_s";
  if (!row.decode_ms_per_token && row.gen_tokens != 1) {
    return "a row with e2e_s, but without decode_ms_per_token";
  }
  if (row.clock != "wall") return {};
  if (!row.measured || row.measured->repetitions.empty()) return "a measured row without samples";
  const std::vector<std::vector<RequestSample>>& repetitions = row.measured->repetitions;
  const auto is_other = [&](const std::vector<RequestSample>& samples) {
    return samples.empty() || samples.size() != repetitions.front().size();
  };
  const bool unequal = std::any_of(repetitions.begin(), repetitions.end(), is_other);
  return unequal ? "a measured row whose repetitions are not equally long" : "";
}

}  // namespace

std::string ToJson(const ResultRow& row) {
  Json json;
  json["schema_version"] = kResultSchemaVersion;
  VisitRow(row, WriteTo(json));
  Json& ranks = json["per_rank"] = Json::array();
  for (const RankResult& rank : row.per_rank) VisitRank(rank, WriteTo(ranks.emplace_back()));
  if (row.measured) json["measured"] = MeasuredToJson(*row.measured);
  return json.dump();
}

ResultRow ParseResultRow(const std::string& line, const std::string& source) {
  try {
    const Json json = Json::parse(line);
    const int version = json.at("schema_version").get<int>();
    if (version != kResultSchemaVersion) {
      FailUser("{}: schema_version {}, this program reads {}", source, version,
               kResultSchemaVersion);
    }
    const auto valid = json.at("valid").get<std::string>();
    if (!FindVerdict(valid)) {
      FailUser("{}: valid is '{}', expected exact, invalid or not_checked", source, valid);
    }
    ResultRow row = FromJson(json);
    const std::string lack = LackOf(row);
    if (!lack.empty()) FailUser("{}: {}", source, lack);
    return row;
  } catch (const nlohmann::json::exception& error) {
    FailUser("{}: not a row of results ({})", source, error.what());
  }
}

std::string ToCsv(const std::vector<ResultRow>& rows) {
  std::string text;
  const ResultRow none;
  const char* comma = "";
  VisitRow(none, [&](const char* key, const auto&) {
    text += fmt::format("{}{}", std::exchange(comma, ","), key);
  });
  text += "\n";
  for (const ResultRow& row : rows) {
    comma = "";
    VisitRow(row, [&](const char*, const auto& value) {
      text += fmt::format("{}{}", std::exchange(comma, ","), ToField(ToValue(value)));
    });
    text += "\n";
  }
  return text;
}

}  // namespace jupiter
