#include "bench/flags/outline_flag.h"

#include <optional>

#include "bench/flags/text_file.h"
#include "kernels/base/check.h"

namespace jupiter {

OutlineFlag ParseOutlineFlag(const std::string& text) {
  constexpr std::string_view kFile = "file:";
  if (text == "never") return {OutlineFlag::Mode::kNever, ""};
  if (text == "auto") return {OutlineFlag::Mode::kAuto, ""};
  if (text == "always") return {OutlineFlag::Mode::kAlways, ""};
  if (text.starts_with(kFile) && text.size() > kFile.size()) {
    return {OutlineFlag::Mode::kFile, text.substr(kFile.size())};
  }
  FailUser("--outline {}: expected auto, always, never, or file:POINTS with the path of an outline",
           text);
}

std::vector<OutlinePoint> ReadOutlineFile(const std::string& path, int most) {
  const std::optional<std::string> text = ReadTextFile(path);
  if (!text) FailUser("--outline file:{}: cannot be read", path);
  ParsedOutline outline = ParseOutline(*text, most);
  constexpr const char* kHint = "write a line \"NUMBER. TEXT\" for each point";
  if (!outline.usable()) {
    FailUser("--outline file:{}: {}; {}", path, WhyNoOutline(outline), kHint);
  }
  if (outline.duplicates > 0) {
    FailUser("--outline file:{}: points with the number of an earlier one: {}; {}", path,
             outline.duplicates, kHint);
  }
  if (outline.beyond_cap > 0) {
    FailUser("--outline file:{}: {} points, expected {} at most; join some", path,
             std::ssize(outline.points) + outline.beyond_cap, most);
  }
  return std::move(outline.points);
}

}  // namespace jupiter
