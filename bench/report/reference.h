// What a run is compared with: the tokens and logits of another run of the same request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/report/verdict.h"
#include "parallel/decoding/request.h"

namespace jupiter {

struct Reference {
  std::string model;  // fingerprint
  std::vector<std::int32_t> prompt;
  std::vector<std::int32_t> tokens;
  std::vector<std::uint64_t> logits_hashes;  // per token
};

struct Comparison {
  Verdict verdict = Verdict::kUnchecked;
  std::string detail;  // what differs first, what agreed, or why there is no reference
};

// Tokens and logits must agree to the last bit, over the length of the reference.
Comparison Compare(const Reference& reference, const Generation& generation);

// One number for all tokens, one for all logits.
std::uint64_t HashTokens(const std::vector<std::int32_t>& tokens);
std::uint64_t HashAllLogits(const std::vector<std::uint64_t>& hashes);

// A JSON file. Both throw UserError naming the path; Load also when the file is not a reference.
void SaveReference(const Reference& reference, const std::string& path);
Reference LoadReference(const std::string& path);
// Throws UserError unless the reference was made for this model and prompt.
void CheckReferenceFits(const Reference& reference, const std::string& path,
                        const std::string& model, const std::vector<std::int32_t>& prompt);

}  // namespace jupiter
