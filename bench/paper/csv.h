// CSV files without quotes, as the paper's rows are kept.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace jupiter {

struct CsvLine {
  std::string where;  // "FILE: line L"
  std::vector<std::string> fields;

  // Each throws UserError with `where` for what it is not.
  double Number(std::size_t field) const;  // above 0
  int Mbps(std::size_t field) const;       // whole
  bool Oom(std::size_t field) const { return fields[field] == "OOM"; }
  const std::string& OneOf(std::size_t field, const std::vector<std::string>& known,
                           const char* what) const;
};

// Hands every line after the header to `take`. Throws UserError for a file that cannot be read, has
// another header, or a line with another number of fields.
void ReadCsv(const std::string& path, const std::string& header,
             const std::function<void(const CsvLine&)>& take);

}  // namespace jupiter
