#include "bench/paper/csv.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "bench/flags/text_file.h"
#include "kernels/base/check.h"
#include "planning/text/split_at_commas.h"

namespace jupiter {

double CsvLine::Number(std::size_t field) const {
  const std::string& text = fields[field];
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || !(value > 0) || !std::isfinite(value)) {
    FailUser("{}: expected a number above 0, got '{}'", where, text);
  }
  return value;
}

int CsvLine::Mbps(std::size_t field) const {
  const double value = Number(field);
  if (value > 1e6 || value != std::floor(value)) {
    FailUser("{}: expected whole Mbit/s up to 1000000, got '{}'", where, fields[field]);
  }
  return static_cast<int>(value);
}

const std::string& CsvLine::OneOf(std::size_t field, const std::vector<std::string>& known,
                                  const char* what) const {
  if (std::find(known.begin(), known.end(), fields[field]) == known.end()) {
    FailUser("{}: unknown {} '{}', expected {}", where, what, fields[field],
             fmt::join(known, ", "));
  }
  return fields[field];
}

void ReadCsv(const std::string& path, const std::string& header,
             const std::function<void(const CsvLine&)>& take) {
  const std::optional<std::string> text = ReadTextFile(path);
  if (!text) FailUser("{}: no such file, or it cannot be read", path);
  const std::size_t columns = SplitAtCommas(header).size();
  int number = 0;
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    std::string line = text->substr(begin, end - begin);
    begin = end + 1;
    const std::string where = fmt::format("{}: line {}", path, ++number);
    if (number == 1) {
      if (line != header) FailUser("{}: expected the header {}, got {}", where, header, line);
      continue;
    }
    if (line.empty()) continue;
    std::erase(line, '\r');
    const std::vector<std::string_view> fields = SplitAtCommas(line);
    CsvLine parsed{where, {fields.begin(), fields.end()}};
    if (parsed.fields.size() != columns) {
      FailUser("{}: {} fields, expected {}", where, parsed.fields.size(), columns);
    }
    take(parsed);
  }
}

}  // namespace jupiter
