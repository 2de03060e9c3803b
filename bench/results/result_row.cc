#include "bench/results/result_row.h"

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

// All but the parts per rank.
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
  visit("valid", row.valid);
  visit("e2e_s", row.e2e_s);
  visit("ttft_s", row.ttft_s);
  visit("prefill_ms_per_token", row.prefill_ms_per_token);
  visit("decode_ms_per_token", row.decode_ms_per_token);
  visit("skeleton_s", row.skeleton_s);
  visit("round_s", row.round_s);
  visit("in_flight", row.in_flight);
  visit("utilisation", row.utilisation);
  visit("formula_round_s", row.formula_round_s);
  visit("formula_in_flight", row.formula_in_flight);
  visit("formula_at_work", row.formula_at_work);
  visit("formula_utilisation", row.formula_utilisation);
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

template <typename Value>
void FromValue(const Json& json, Value& value) {
  value = json.get<Value>();
}
template <typename Value>
void FromValue(const Json& json, std::optional<Value>& value) {
  value.reset();
  if (!json.is_null()) value = json.get<Value>();
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
  VisitRow(row, [&](const char* key, auto& value) { FromValue(json.at(key), value); });
  for (const Json& entry : json.at("per_rank")) {
    RankResult& rank = row.per_rank.emplace_back();
    VisitRank(rank, [&](const char* key, auto& value) { FromValue(entry.at(key), value); });
  }
  return row;
}

}  // namespace

std::string ToJson(const ResultRow& row) {
  Json json;
  json["schema_version"] = kResultSchemaVersion;
  VisitRow(row, [&](const char* key, const auto& value) { json[key] = ToValue(value); });
  Json& ranks = json["per_rank"] = Json::array();
  for (const RankResult& rank : row.per_rank) {
    Json& entry = ranks.emplace_back();
    VisitRank(rank, [&](const char* key, const auto& value) { entry[key] = ToValue(value); });
  }
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
    ResultRow row = FromJson(json);
    if (row.e2e_s && !(row.ttft_s && row.decode_ms_per_token)) {
      FailUser("{}: a row with e2e_s, but without ttft_s or decode_ms_per_token", source);
    }
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
