// Mains of programs that need no MPI.
#pragma once

#include <functional>
#include <string>

namespace jupiter {

// Runs the body and turns errors into one line on stderr and exit codes, as RunBody does: 2 for
// UserError, 3 for everything else. --help prints its text and returns 0.
int RunTool(const std::function<int()>& body);

// Writes text to stdout. Throws UserError when that fails.
void PrintAll(const std::string& text);

}  // namespace jupiter
