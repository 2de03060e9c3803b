#include "bench/paper/published.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <string_view>

#include "bench/flags/text_file.h"
#include "kernels/base/check.h"
#include "planning/text/split_at_commas.h"

namespace jupiter {
namespace {

// A line of a CSV file without quotes.
struct CsvLine {
  std::string where;  // "FILE: line L"
  std::vector<std::string> fields;

  double Number(std::size_t field) const {
    const std::string& text = fields[field];
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || rest != end || !(value > 0) || !std::isfinite(value)) {
      FailUser("{}: expected a number above 0, got '{}'", where, text);
    }
    return value;
  }
  bool Oom(std::size_t field) const { return fields[field] == "OOM"; }
  int Mbps(std::size_t field) const {
    const double value = Number(field);
    if (value > 1e6 || value != std::floor(value)) {
      FailUser("{}: expected whole Mbit/s up to 1000000, got '{}'", where, fields[field]);
    }
    return static_cast<int>(value);
  }
  // Rows of Jupiter are held out: what the suite says about it is a prediction.
  const std::string& System(std::size_t field) const {
    const std::vector<std::string> known = {"SP", "M-LM", "DT", "Galaxy", "EdgeShard"};
    if (std::find(known.begin(), known.end(), fields[field]) == known.end()) {
      FailUser("{}: unknown system '{}', expected {}", where, fields[field],
               fmt::join(known, ", "));
    }
    return fields[field];
  }
};

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

template <typename Map, typename Value>
void InsertOnce(Map& map, const typename Map::key_type& key, const Value& value,
                const CsvLine& line) {
  if (!map.emplace(key, value).second) FailUser("{}: the same cell stands there twice", line.where);
}

}  // namespace

Published::Published(const std::string& folder) {
  ReadTable(folder + "/table.csv");
  ReadFigure(folder + "/figure.csv");
}

void Published::ReadTable(const std::string& path) {
  ReadCsv(path, "env,bandwidth_mbps,model,system,e2e_s", [&](const CsvLine& line) {
    PublishedCell cell{line.Oom(4), 0};
    if (!cell.oom) cell.seconds = line.Number(4);
    InsertOnce(cells_, {line.fields[0], line.Mbps(1), line.fields[2], "", line.System(3)}, cell,
               line);
  });
}

void Published::ReadFigure(const std::string& path) {
  const std::string header = "env,model,bandwidth_mbps,phase,system,ms_per_token,uncertainty_ms";
  ReadCsv(path, header, [&](const CsvLine& line) {
    PublishedBar bar{line.Oom(5), 0, 0};
    if (!bar.oom) {
      bar.ms_per_token = line.Number(5);
      bar.uncertainty_ms = line.Number(6);
    }
    InsertOnce(bars_,
               {line.fields[0], line.Mbps(2), line.fields[1], line.fields[3], line.System(4)}, bar,
               line);
  });
}

const PublishedCell* Published::Cell(const std::string& env, double mbps, const std::string& model,
                                     std::string_view system) const {
  if (mbps != std::floor(mbps)) return nullptr;
  const auto found = cells_.find({env, static_cast<int>(mbps), model, "", std::string(system)});
  return found == cells_.end() ? nullptr : &found->second;
}

const PublishedBar* Published::Bar(const std::string& env, double mbps, const std::string& model,
                                   const std::string& phase, std::string_view system) const {
  if (mbps != std::floor(mbps)) return nullptr;
  const auto found = bars_.find({env, static_cast<int>(mbps), model, phase, std::string(system)});
  return found == bars_.end() ? nullptr : &found->second;
}

}  // namespace jupiter
