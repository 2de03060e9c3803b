// Compares the bits of every op of the `cpu` device with a committed file, on every instruction set
// of this processor and with one and three threads. A plain program, so that it runs anywhere:
//   numerics_vectors GOLDEN_FILE            compares; exit code 1 on a difference
//   numerics_vectors --cuda GOLDEN_FILE     compares the bits of the `cuda` device, on a card
//   numerics_vectors --write GOLDEN_FILE    writes the file anew (and kNumericsVersion changes)
#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <string>

#include "kernels/base/check.h"
#include "kernels/base/math.h"
#include "kernels/make_device.h"
#include "tests/kernels/op_cases.h"
#include "tests/kernels/test_inputs.h"

namespace jupiter {
namespace {

using Hashes = std::map<std::string, std::string>;

std::string Hex(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

std::uint64_t HashOf(const std::vector<std::byte>& bytes) {
  return HashBytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// The functions that rotary tables are made with.
std::uint64_t HashOfMath() {
  std::uint64_t hash = 0;
  for (int i = 0; i < 1000; ++i) {
    const double x = 0.37 * i * i;
    for (double value : {DeterministicSin(x), DeterministicCos(x), DeterministicLog(x + 1),
                         DeterministicExp(-x / 100), DeterministicPow(x + 1, -0.73)}) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      hash = Mix64(hash ^ bits);
    }
  }
  return hash;
}

Hashes Compute(Device& device) {
  Hashes hashes;
  for (const OpCase& op : AllOpCases())
    hashes[op.name] = Hex(HashOf(op.run(device, AllRows(op.rows))));
  hashes["math"] = Hex(HashOfMath());
  return hashes;
}

Hashes Read(const char* path) {
  Hashes hashes;
  std::ifstream file(path);
  std::string name, hash;
  while (file >> name >> hash) hashes[name] = hash;
  return hashes;
}

bool Write(const char* path) {
  std::ofstream file(path);
  for (const auto& [name, hash] : Compute(*MakeDevice("cpu", {1, "portable"}))) {
    file << name << ' ' << hash << '\n';
  }
  return static_cast<bool>(file);
}

// Prints what differs; returns how many.
int CountDifferences(const Hashes& expected, const Hashes& actual, const std::string& where) {
  int differences = 0;
  for (const auto& [name, hash] : actual) {
    const auto found = expected.find(name);
    if (found != expected.end() && found->second == hash) continue;
    std::printf("%s: %s is %s, expected %s\n", where.c_str(), name.c_str(), hash.c_str(),
                found == expected.end() ? "nothing" : found->second.c_str());
    ++differences;
  }
  return differences;
}

// Returns how many hashes differ, or are missing.
int CompareDevice(Device& device, const Hashes& expected) {
  const Hashes actual = Compute(device);
  const int found = CountDifferences(expected, actual, device.Describe());
  std::printf("%s: %zu of %zu hashes agree\n", device.Describe().c_str(), actual.size() - found,
              expected.size());
  return found + (actual.size() != expected.size());
}

int CompareProcessor(const Hashes& expected) {
  int differences = 0;
  for (const std::string& isa : IsaNames()) {
    for (int threads : {1, 3}) {
      differences += CompareDevice(*MakeDevice("cpu", {threads, isa}), expected);
    }
  }
  return differences;
}

int Compare(const char* path, bool cuda) {
  const Hashes expected = Read(path);
  if (expected.empty()) {
    std::printf("%s: no hashes found; give the path of numerics_golden.txt\n", path);
    return 1;
  }
  try {
    const int differences =
        cuda ? CompareDevice(*MakeDevice("cuda", {}), expected) : CompareProcessor(expected);
    return differences == 0 ? 0 : 1;
  } catch (const UserError& error) {
    std::printf("%s\n", error.what());
    return 2;
  }
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  const std::string flag = argc == 3 ? argv[1] : "";
  if (argc == 2) return jupiter::Compare(argv[1], false);
  if (flag == "--cuda") return jupiter::Compare(argv[2], true);
  if (flag == "--write") return jupiter::Write(argv[2]) ? 0 : 1;
  std::printf("usage: numerics_vectors [--write | --cuda] GOLDEN_FILE\n");
  return 2;
}
