#include "bench/reference.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base/check.h"
#include "model/logits_hash.h"

namespace jupiter {

Verdict Compare(const Reference& reference, const Generation& generation) {
  if (generation.tokens.size() != reference.tokens.size()) {
    return {false, fmt::format("{} tokens, the reference has {}", generation.tokens.size(),
                               reference.tokens.size())};
  }
  for (std::size_t i = 0; i < reference.tokens.size(); ++i) {
    if (generation.tokens[i] != reference.tokens[i]) {
      return {false, fmt::format("token {} is {}, the reference has {}", i, generation.tokens[i],
                                 reference.tokens[i])};
    }
    if (generation.logits_hashes[i] != reference.logits_hashes[i]) {
      return {false, fmt::format("the logits of token {} differ from the reference's", i)};
    }
  }
  return {true, fmt::format("{} tokens and their logits agree bit by bit", generation.tokens.size())};
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
  json["model"] = reference.model;
  json["prompt"] = reference.prompt;
  json["tokens"] = reference.tokens;
  // As text: not every JSON reader keeps 64 bits of a number.
  for (std::uint64_t hash : reference.logits_hashes) {
    json["logits_hashes"].push_back(fmt::format("{:016x}", hash));
  }
  std::ofstream file(path);
  file << json.dump(1) << '\n';
  if (!file.flush()) FailUser("{}: cannot be written", path);
}

Reference LoadReference(const std::string& path) {
  std::ifstream file(path);
  if (!file) FailUser("{}: cannot be read; make one with --save-reference", path);
  Reference reference;
  try {
    const nlohmann::json json = nlohmann::json::parse(file);
    if (json.at("jupiter_reference") != 1) FailUser("{}: an unknown version of reference", path);
    json.at("model").get_to(reference.model);
    json.at("prompt").get_to(reference.prompt);
    json.at("tokens").get_to(reference.tokens);
    for (const nlohmann::json& hash : json.at("logits_hashes")) {
      reference.logits_hashes.push_back(std::stoull(hash.get<std::string>(), nullptr, 16));
    }
  } catch (const nlohmann::json::exception& error) {
    FailUser("{}: not a reference file: {}", path, error.what());
  } catch (const std::logic_error&) {  // of stoull
    FailUser("{}: not a reference file: a hash is not hexadecimal", path);
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
    FailUser("{}: made for another prompt ({} tokens, this one has {})", path,
             reference.prompt.size(), prompt.size());
  }
}

}  // namespace jupiter
