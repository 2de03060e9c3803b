#include "bench/report/report_text.h"

#include "planning/text/json_reader.h"

namespace jupiter {

std::string ReportText(const std::string& text) {
  return nlohmann::json::parse(DumpJson(nlohmann::json(text))).get<std::string>();
}

}  // namespace jupiter
