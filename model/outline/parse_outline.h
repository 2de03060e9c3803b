// From the text of an outline, as models write them, to its points.
//
// Grammar. A point is a line that begins with a label, and lasts until the line ends ("**", bold in
// Markdown, is taken out first):
//
//   line   = marks label text { label text }
//   marks  = any of: white space, '>', '#', '-', '*', '+', U+2022 (quotes, headings, bullets)
//   label  = [ "(" | word ] number close
//   word   = "point" | "part" | "step" | "item" | "section", in any case, then white space
//   number = 1 to 3 digits, not 0
//   close  = ( "." | ")" ) [ "." | ")" | ":" ] | ":" | full-width ".", ")", ":" | U+3001
//          | white space dash white space  (in the first label of a line)
//
// White space may come before the close of a line's first label, and "\" (Markdown) before "." and
// ")" of any. "." and ")" are not followed by a digit ("3.5 million" is no label), ":" is followed
// by white space ("10:30" is none). A second label on the same line must have the next number, with
// white space before it, and white space or the line's end after it. A line that begins with prose
// has points only if the labels 1 and 2 are in it.
//
// White space and ",;" at the ends of texts are dropped. Where the line ends after its label, the
// next line with text and without a label is the text. All other lines are prose and ignored.
// Points without text do not count; of equal numbers the first counts. Points keep their order.
// Lines end with LF, CRLF or CR.
//
// After Skeleton-of-Thought (Ning et al., ICLR 2024, arXiv 2307.15337), whose pattern knows "1."
// only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jupiter {

struct OutlinePoint {
  int number = 0;    // as written
  std::string text;  // one line, not empty
};

struct ParsedOutline {
  std::vector<OutlinePoint> points;
  int duplicates = 0;  // points dropped for their numbers
  int beyond_cap = 0;  // points dropped because there were too many
  // Fewer than two points are not worth an outline: the question is answered in one piece.
  bool usable() const { return points.size() >= 2; }
};

inline constexpr int kMostOutlinePoints = 10;

// Never throws: what is no outline has no points. Keeps `most` points; linear in the text.
ParsedOutline ParseOutline(std::string_view text, int most = kMostOutlinePoints);

// For a text that was cut off because it became too long: without the last point, if that is on the
// last line, where it may be cut.
ParsedOutline ParseCutOutline(std::string_view text, int most = kMostOutlinePoints);

// "1. Dogs\n2. Cats": the outline as prompts show it, without the text around it.
std::string OutlineText(const std::vector<OutlinePoint>& points);

// Why there is no outline to follow, for the user. CHECKs that it is not usable.
std::string WhyNoOutline(const ParsedOutline& outline);

}  // namespace jupiter
