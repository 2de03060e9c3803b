// What was published about the paper's experiments, see experiments/paper/published/README.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace jupiter {

struct CsvLine;

struct PublishedCell {
  bool oom = false;
  double seconds = 0;
};

struct PublishedBar {
  bool oom = false;
  double ms_per_token = 0;
  double uncertainty_ms = 0;  // of the reading, 95 %
};

class Published {
 public:
  // table.csv and figure.csv of a folder, with rows of these systems, by default the baselines.
  // Throws UserError "FILE: line L: ..." for what is wrong, rows of other systems included.
  explicit Published(const std::string& folder, std::vector<std::string> systems = {
                                                    "SP", "M-LM", "DT", "Galaxy", "EdgeShard"});

  // Null where nothing was published. `system` as there: "M-LM".
  const PublishedCell* Cell(const std::string& env, double mbps, const std::string& model,
                            std::string_view system) const;
  // `phase`: prefill or decode.
  const PublishedBar* Bar(const std::string& env, double mbps, const std::string& model,
                          const std::string& phase, std::string_view system) const;

 private:
  using Key = std::tuple<std::string, int, std::string, std::string, std::string>;
  void ReadTable(const std::string& path);
  void ReadFigure(const std::string& path);
  const std::string& SystemOf(const CsvLine& line, std::size_t field) const;

  std::vector<std::string> systems_;
  std::map<Key, PublishedCell> cells_;
  std::map<Key, PublishedBar> bars_;
};

}  // namespace jupiter
