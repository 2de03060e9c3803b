// What a refusal says, and texts to be refused.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "kernels/base/check.h"

namespace jupiter {

// The line of the UserError that the action throws.
inline std::string RefusalOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    const std::string line = error.what();
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    return line;
  }
  return "no error";
}

// `text` with the first `from` replaced, which must be there.
inline std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace jupiter
