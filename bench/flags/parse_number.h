// Numbers of flags, whole and exact: nothing is cut off, rounded to another number or capped.
#pragma once

#include <cstdint>
#include <string>

namespace jupiter {

// Decimal. Throws UserError "FLAG TEXT: expected ..." for what is no number, or one that the type
// cannot hold. "nan" and "inf" are numbers here; ranges are the caller's business.
void ParseNumber(const std::string& flag, const std::string& text, int& value);
void ParseNumber(const std::string& flag, const std::string& text, std::int64_t& value);
void ParseNumber(const std::string& flag, const std::string& text, std::uint64_t& value);
void ParseNumber(const std::string& flag, const std::string& text, float& value);
void ParseNumber(const std::string& flag, const std::string& text, double& value);

}  // namespace jupiter
