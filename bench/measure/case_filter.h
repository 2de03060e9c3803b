// Which cases --benchmark_filter selects.
#pragma once

#include <regex>
#include <string>

namespace jupiter {

// Reads a filter as Google Benchmark does: a POSIX extended regular expression that is looked for
// in names; those without it when it begins with '-'; all of "" and "all".
class CaseFilter {
 public:
  CaseFilter() : CaseFilter("") {}
  // Throws UserError for what is no regular expression.
  explicit CaseFilter(const std::string& text);
  bool Selects(const std::string& name) const;

 private:
  bool negative_;
  std::regex expression_;
};

}  // namespace jupiter
