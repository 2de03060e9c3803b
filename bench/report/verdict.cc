#include "bench/report/verdict.h"

#include "kernels/base/check.h"

namespace jupiter {

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid: return "VALID";
    case Verdict::kInvalid: return "INVALID";
    case Verdict::kUnchecked: return "UNCHECKED";
    case Verdict::kSkipped: return "SKIPPED";
  }
  JUPITER_FAIL("a verdict that is none");
}

std::string_view KeyOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid: return "exact";
    case Verdict::kInvalid: return "invalid";
    case Verdict::kUnchecked:
    case Verdict::kSkipped: return "not_checked";
  }
  JUPITER_FAIL("a verdict that is none");
}

std::optional<Verdict> FindVerdict(std::string_view key) {
  for (Verdict verdict : {Verdict::kValid, Verdict::kInvalid, Verdict::kUnchecked}) {
    if (KeyOf(verdict) == key) return verdict;
  }
  return std::nullopt;
}

}  // namespace jupiter
