// --outline: whether questions are answered by way of an outline, and whose.
#pragma once

#include <cstdint>
#include <string>

#include "model/outline/parse_outline.h"

namespace jupiter {

struct OutlineFlag {
  enum class Mode : std::uint8_t {
    kNever,
    kAuto,    // where the router says that it suits the question
    kAlways,  // where the model's outline can be used
    kFile,    // the outline of a file, for every question
  };
  Mode mode = Mode::kNever;
  std::string file;  // of kFile
};

// "auto", "always", "never" or "file:POINTS". Throws UserError that names the flag.
OutlineFlag ParseOutlineFlag(const std::string& text);

// The points of a text file, read as the outlines of models are (model/outline/parse_outline.h).
// Unlike a model, a user can mend it: throws UserError for fewer than two points, more than `most`,
// and numbers that stand twice.
std::vector<OutlinePoint> ReadOutlineFile(const std::string& path, int most);

}  // namespace jupiter
