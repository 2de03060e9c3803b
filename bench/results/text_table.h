// Tables for people: the same cells as aligned text and as Markdown.
#pragma once

#include <string>
#include <vector>

namespace jupiter {

struct TextTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // as many cells as the header has, each one line
};

// Columns aligned to the right, but for the first `left` ones.
std::string ToText(const TextTable& table, int left);
std::string ToMarkdown(const TextTable& table, int left);

}  // namespace jupiter
