// Text that every report can hold.
#pragma once

#include <string>

namespace jupiter {

// With U+FFFD for bytes that are no UTF-8: names of files may have them, JSON may not.
std::string ReportText(const std::string& text);

}  // namespace jupiter
