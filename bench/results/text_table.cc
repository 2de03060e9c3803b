#include "bench/results/text_table.h"

#include <algorithm>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::vector<std::size_t> ColumnWidths(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (const std::string& cell : table.header) widths.push_back(cell.size());
  for (const auto& row : table.rows) {
    JUPITER_CHECK(row.size() == widths.size(), "{} cells for {} columns", row.size(),
                  widths.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  return widths;
}

std::string AlignedLine(const std::vector<std::string>& cells,
                        const std::vector<std::size_t>& widths, int left) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool first_columns = static_cast<int>(i) < left;
    line += first_columns ? fmt::format("{:<{}}", cells[i], widths[i])
                          : fmt::format("{:>{}}", cells[i], widths[i]);
    line += "  ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string MarkdownLine(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

}  // namespace

std::string ToText(const TextTable& table, int left) {
  const std::vector<std::size_t> widths = ColumnWidths(table);
  std::string text = table.title + "\n" + AlignedLine(table.header, widths, left);
  for (const auto& row : table.rows) text += AlignedLine(row, widths, left);
  return text;
}

std::string ToMarkdown(const TextTable& table, int left) {
  ColumnWidths(table);
  std::vector<std::string> rule;
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    rule.emplace_back(static_cast<int>(i) < left ? "---" : "---:");
  }
  std::string text = "**" + table.title + "**\n\n" + MarkdownLine(table.header);
  text += MarkdownLine(rule);
  for (const auto& row : table.rows) text += MarkdownLine(row);
  return text;
}

}  // namespace jupiter
