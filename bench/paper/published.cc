#include "bench/paper/published.h"

#include <cmath>
#include <utility>

#include "bench/paper/csv.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

template <typename Map, typename Value>
void InsertOnce(Map& map, const typename Map::key_type& key, const Value& value,
                const CsvLine& line) {
  if (!map.emplace(key, value).second) FailUser("{}: the same cell stands there twice", line.where);
}

}  // namespace

Published::Published(const std::string& folder, std::vector<std::string> systems)
    : systems_(std::move(systems)) {
  ReadTable(folder + "/table.csv");
  ReadFigure(folder + "/figure.csv");
}

const std::string& Published::SystemOf(const CsvLine& line, std::size_t field) const {
  return line.OneOf(field, systems_, "system");
}

void Published::ReadTable(const std::string& path) {
  ReadCsv(path, "env,bandwidth_mbps,model,system,e2e_s", [&](const CsvLine& line) {
    PublishedCell cell{line.Oom(4), 0};
    if (!cell.oom) cell.seconds = line.Number(4);
    InsertOnce(cells_, {line.fields[0], line.Mbps(1), line.fields[2], "", SystemOf(line, 3)}, cell,
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
               {line.fields[0], line.Mbps(2), line.fields[1], line.fields[3], SystemOf(line, 4)},
               bar, line);
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
