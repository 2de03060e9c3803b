#include "bench/comparison/accounting.h"

namespace jupiter {

std::optional<double> PublishedWay(const ResultRow& answer, const ResultRow* question) {
  if (question == nullptr || !question->prefill_ms_per_token || !answer.decode_ms_per_token) {
    return std::nullopt;
  }
  return answer.prompt_tokens * *question->prefill_ms_per_token / 1e3 +
         answer.gen_tokens / 1e3 * *answer.decode_ms_per_token;
}

std::optional<double> SecondsOf(const RowIndex& rows, const std::string& profile,
                                const TableRow& row, const std::string& system,
                                const std::string& policy, Accounting accounting) {
  const ResultRow* found = rows.Find(profile, row, system, policy);
  if (found == nullptr) return std::nullopt;
  if (accounting == Accounting::kWhole) return found->e2e_s;
  return PublishedWay(*found, rows.Find(profile, row, system, "plain"));
}

}  // namespace jupiter
