// Ways to count the seconds of an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/paper/row_index.h"

namespace jupiter {

enum class Accounting : std::uint8_t {
  kWhole,      // from the question to the last word, everything counted
  kPublished,  // prompt tokens x prefill of the plain question + generated tokens x milliseconds
               // per token from the first token to the last: an outline and its prompts do not
               // count
};

// By the published way. `answer` under some policy, `question` decoded plainly by the same system;
// nothing where either lacks what it takes.
std::optional<double> PublishedWay(const ResultRow& answer, const ResultRow* question);

// Of a row; nothing where it has not run or could not.
std::optional<double> SecondsOf(const RowIndex& rows, const std::string& profile,
                                const TableRow& row, const std::string& system,
                                const std::string& policy, Accounting accounting);

}  // namespace jupiter
