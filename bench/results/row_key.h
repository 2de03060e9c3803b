// What decides whether a kept row is what would be measured now.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace jupiter {

// Facts of a run. Rows are kept for runs whose facts are all the same.
struct RowKey {
  std::string suite;
  int ranks = 0;
  // Every flag that can change a number, by name: FlagSet::Values, and BenchmarkOptions::measuring.
  // Files that they name count with what they hold.
  std::vector<std::pair<std::string, std::string>> flags;
  std::string numerics;              // the function: model fingerprint, types, version
  std::vector<std::string> devices;  // by rank: kind, instruction set, threads
  std::vector<std::string> inputs;   // what was read otherwise, whole: a shipped cluster
};

// One line of JSON; the schema version of rows is in it, too.
std::string ToJson(const RowKey& key);

// A hash of a file, or of the files in a folder and their names. Of large ones that of their size
// and of samples.
std::uint64_t FingerprintPath(const std::string& path);

}  // namespace jupiter
