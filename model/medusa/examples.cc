#include "model/medusa/examples.h"

#include "kernels/base/check.h"

namespace jupiter {

void AddExamples(const Text& text, const std::vector<bool>& novel, Examples& examples) {
  JUPITER_CHECK(novel.size() == text.tokens.size());
  examples.targets.resize(static_cast<std::size_t>(examples.heads));
  const auto size = std::ssize(text.tokens);
  for (std::int64_t p = text.first_position(); p < size - 2; ++p) {
    if (!novel[static_cast<std::size_t>(p)]) continue;
    const auto row = text.rows.begin() + p * examples.hidden;
    examples.rows.insert(examples.rows.end(), row, row + examples.hidden);
    for (std::int64_t head = 0; head < examples.heads; ++head) {
      const std::int64_t at = p + 2 + head;
      examples.targets[static_cast<std::size_t>(head)].push_back(
          at < size ? text.tokens[static_cast<std::size_t>(at)] : -1);
    }
  }
}

}  // namespace jupiter
