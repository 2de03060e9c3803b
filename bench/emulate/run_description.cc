#include "bench/emulate/run_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace jupiter {
namespace {

// Takes " KEY123" off the end of the text.
bool TakeCount(std::string_view& text, std::string_view key) {
  const std::size_t space = text.rfind(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view word = text.substr(space + 1);
  if (word.size() <= key.size() || word.substr(0, key.size()) != key) return false;
  const std::string_view digits = word.substr(key.size());
  if (!std::all_of(digits.begin(), digits.end(),
                   [](unsigned char c) { return std::isdigit(c) != 0; })) {
    return false;
  }
  text = text.substr(0, space);
  return true;
}

}  // namespace

std::string DescribeRun(const std::string& model, int prompt_tokens, int tokens, int step_rows,
                        const Plan& plan) {
  return fmt::format("{} pp{} tg{} rows{} {}", model, prompt_tokens, tokens, step_rows,
                     ToJson(plan));
}

std::optional<RunDescription> ParseRunDescription(const std::string& description,
                                                  const std::string& source) {
  // Names of models may have braces; the counts come between them and the plan.
  for (std::size_t at = description.find(" {"); at != std::string::npos;
       at = description.find(" {", at + 1)) {
    std::string_view before = std::string_view(description).substr(0, at);
    constexpr std::array<std::string_view, 3> kCounts = {"rows", "tg", "pp"};
    if (!std::all_of(kCounts.begin(), kCounts.end(),
                     [&](std::string_view key) { return TakeCount(before, key); })) {
      continue;
    }
    return RunDescription{std::string(before), ParsePlan(description.substr(at + 1), source)};
  }
  return std::nullopt;
}

}  // namespace jupiter
