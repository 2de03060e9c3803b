// The flags of Google Benchmark, refused in our words when they are wrong.
#pragma once

#include <string>
#include <vector>

namespace jupiter {

// Hands the flags to Google Benchmark. Throws UserError for those that it does not know, and for
// values at which it would end this process and leave the other ranks waiting. `program` is
// argv[0]; Google Benchmark keeps the pointer.
void InitialiseBenchmark(char* program, std::vector<std::string> flags);

// Whether the report on stdout is for people, so that tables may follow it.
bool PrintsForPeople(const std::vector<std::string>& flags);

// The file of --benchmark_out, or nothing.
std::string BenchmarkOut(const std::vector<std::string>& flags);

// False, with a line on stderr, when stdout or the file of --benchmark_out did not take the report.
// After benchmark::Shutdown.
bool ReportArrived(const std::vector<std::string>& flags);

}  // namespace jupiter
