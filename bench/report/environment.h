// Where and with what results were made.
#pragma once

#include <string>
#include <vector>

#include "parallel/transport/context.h"

namespace jupiter {

// A JSON document: date, commit and build, MPI, processor, cores, memory, governor, load, the
// environment variables that this suite reads, and `arguments` (of the command line).
std::string DescribeEnvironment(const Context& context, const std::vector<std::string>& arguments);

// The build alone, one line of JSON: rows of another build are not continued.
std::string DescribeBuild();

}  // namespace jupiter
