// Which arguments of a program are Google Benchmark's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jupiter {

// Appends them to `benchmark`, where the last of several wins; returns the others, the program's
// name first.
std::vector<const char*> TakeBenchmarkArguments(int argc, const char* const* argv,
                                                std::vector<std::string>& benchmark);

// Whether the flag says how often, how long or in which order rows are measured: it can change
// their numbers.
bool IsMeasuringFlag(std::string_view name);

}  // namespace jupiter
