#include "bench/measure/case_filter.h"

#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::regex Compile(const std::string& expression, const std::string& filter) {
  try {
    return std::regex(expression, std::regex::extended | std::regex::nosubs);
  } catch (const std::regex_error& error) {
    FailUser("--benchmark_filter={}: not a regular expression ({})", filter, error.what());
  }
}

}  // namespace

CaseFilter::CaseFilter(const std::string& text)
    : negative_(text.rfind('-', 0) == 0),
      expression_(
          Compile(text.empty() || text == "all" ? "." : text.substr(negative_ ? 1 : 0), text)) {}

bool CaseFilter::Selects(const std::string& name) const {
  return std::regex_search(name, expression_) != negative_;
}

}  // namespace jupiter
