// What was found of an answer, or of all answers of a row.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace jupiter {

enum class Verdict : std::uint8_t {
  kValid,      // the tokens and logits of the reference, to the last bit
  kInvalid,    // others
  kUnchecked,  // there is no reference, or nothing was computed
  kSkipped,    // it could not run
};

// In reports: VALID, INVALID, UNCHECKED, SKIPPED.
std::string_view Name(Verdict verdict);

// In rows of results: exact, invalid, not_checked. What could not run was not checked either; that
// row has a reason and no times.
std::string_view KeyOf(Verdict verdict);
// Nothing for text that is no key.
std::optional<Verdict> FindVerdict(std::string_view key);

}  // namespace jupiter
