#include "bench/report/reference.h"

#include <charconv>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "bench/flags/text_file.h"
#include "kernels/base/check.h"
#include "kernels/device.h"
#include "model/sampling/logits_hash.h"
#include "planning/text/json_reader.h"

namespace jupiter {
namespace {

std::vector<std::int32_t> ReadIds(const nlohmann::json& json, const std::string& path) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (!json.is_array()) FailUser("{}: not a reference file: token ids are no list", path);
  std::vector<std::int32_t> ids;
  for (const nlohmann::json& id : json) {
    // The JSON library would cut other numbers to fit.
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() > kMost) {
      FailUser("{}: not a reference file: {} is no token id", path, DumpJson(id));
    }
    ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

std::uint64_t ReadHash(std::string_view text, const std::string& path) {
  std::uint64_t hash = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, hash, 16);
  if (text.size() != 16 || result.ec != std::errc() || result.ptr != end) {
    FailUser("{}: not a reference file: a hash is not 16 hexadecimal digits", path);
  }
  return hash;
}

// Logits of another version differ in their bits, and so do their hashes.
void CheckNumerics(const nlohmann::json& json, const std::string& path) {
  const nlohmann::json numerics = json.value("numerics", nlohmann::json(1));
  if (numerics == kNumericsVersion) return;
  FailUser(
      "{}: its logits have numerics version {}, this program computes version {}; make the file "
      "anew with --save-reference",
      path, DumpJson(numerics), kNumericsVersion);
}

}  // namespace

Comparison Compare(const Reference& reference, const Generation& generation) {
  if (generation.tokens.size() != reference.tokens.size()) {
    return {Verdict::kInvalid, fmt::format("{} tokens, the reference has {}",
                                           generation.tokens.size(), reference.tokens.size())};
  }
  for (std::size_t i = 0; i < reference.tokens.size(); ++i) {
    if (generation.tokens[i] != reference.tokens[i]) {
      return {Verdict::kInvalid, fmt::format("token {} is {}, the reference has {}", i,
                                             generation.tokens[i], reference.tokens[i])};
    }
    if (generation.logits_hashes[i] != reference.logits_hashes[i]) {
      return {Verdict::kInvalid,
              fmt::format("the logits of token {} differ from the reference's", i)};
    }
  }
  return {Verdict::kValid,
          fmt::format("{} tokens and their logits agree bit by bit", generation.tokens.size())};
}

std::uint64_t HashTokens(const std::vector<std::int32_t>& tokens) {
  std::uint64_t hash = 0;
  for (std::int32_t token : tokens) hash = CombineHash(hash, static_cast<std::uint64_t>(token));
  return hash;
}

std::uint64_t HashAllLogits(const std::vector<std::uint64_t>& hashes) {
  std::uint64_t hash = 0;
  for (std::uint64_t value : hashes) hash = CombineHash(hash, value);
  return hash;
}

void SaveReference(const Reference& reference, const std::string& path) {
  nlohmann::ordered_json json;
  json["jupiter_reference"] = 1;
  json["numerics"] = kNumericsVersion;
  json["model"] = reference.model;
  json["prompt"] = reference.prompt;
  json["tokens"] = reference.tokens;
  // As text: not every JSON reader keeps 64 bits of a number.
  json["logits_hashes"] = nlohmann::ordered_json::array();
  for (std::uint64_t hash : reference.logits_hashes) {
    json["logits_hashes"].push_back(fmt::format("{:016x}", hash));
  }
  std::ofstream file(path);
  file << DumpJson(json, 1) << '\n';
  if (!file.flush()) FailUser("{}: cannot be written", path);
}

Reference LoadReference(const std::string& path) {
  const std::optional<std::string> text = ReadTextFile(path);
  if (!text) FailUser("{}: cannot be read; make one with --save-reference", path);
  Reference reference;
  try {
    const nlohmann::json json = nlohmann::json::parse(*text);
    if (json.at("jupiter_reference") != 1) FailUser("{}: an unknown version of reference", path);
    CheckNumerics(json, path);
    json.at("model").get_to(reference.model);
    reference.prompt = ReadIds(json.at("prompt"), path);
    reference.tokens = ReadIds(json.at("tokens"), path);
    for (const nlohmann::json& hash : json.at("logits_hashes")) {
      reference.logits_hashes.push_back(ReadHash(hash.get<std::string>(), path));
    }
  } catch (const nlohmann::json::exception& error) {
    FailUser("{}: not a reference file: {}", path, error.what());
  }
  if (reference.tokens.size() != reference.logits_hashes.size()) {
    FailUser("{}: {} tokens but {} hashes", path, reference.tokens.size(),
             reference.logits_hashes.size());
  }
  return reference;
}

void CheckReferenceFits(const Reference& reference, const std::string& path,
                        const std::string& model, const std::vector<std::int32_t>& prompt) {
  if (reference.model != model) {
    FailUser("{}: made for a model with fingerprint {}, this one has {}", path, reference.model,
             model);
  }
  if (reference.prompt != prompt) {
    FailUser("{}: made for another prompt (of {} tokens, this one has {})", path,
             reference.prompt.size(), prompt.size());
  }
}

}  // namespace jupiter
