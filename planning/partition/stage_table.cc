#include "planning/partition/stage_table.h"

#include <cmath>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

void CheckNumbers(const std::vector<double>& numbers, std::size_t size) {
  JUPITER_CHECK(numbers.size() == size, "{} numbers for {}", numbers.size(), size);
  for (double number : numbers) JUPITER_CHECK(std::isfinite(number) && number >= 0, "{}", number);
}

void CheckNumbers(const std::vector<std::int64_t>& numbers, std::size_t size) {
  JUPITER_CHECK(numbers.size() == size, "{} numbers for {}", numbers.size(), size);
  for (std::int64_t number : numbers) JUPITER_CHECK(number >= 0, "{}", number);
}

// Of the first 0, 1, ... numbers.
template <typename T>
std::vector<T> PrefixSums(const std::vector<T>& numbers) {
  std::vector<T> sums = {T{0}};
  for (T number : numbers) sums.push_back(sums.back() + number);
  return sums;
}

}  // namespace

StageTable::StageTable(const StageProblem& problem, int source)
    : problem_(problem), source_(source), layers_(static_cast<int>(problem.layer_bytes.size())) {
  const std::size_t devices = problem.budget.size();
  const std::size_t layers = problem.layer_bytes.size();
  JUPITER_CHECK(devices > 0 && source >= 0 && Index(source) < devices);
  JUPITER_CHECK(problem.send_seconds.size() == devices);
  JUPITER_CHECK(!problem.layer_bytes.empty() && problem.layer_seconds.size() == devices);
  JUPITER_CHECK(problem.shared_bytes >= 0 && problem.shared_bytes <= problem.embed_bytes &&
                problem.shared_bytes <= problem.head_bytes);
  JUPITER_CHECK(problem.names.empty() || problem.names.size() == devices);
  CheckNumbers(problem.embed_seconds, devices);
  CheckNumbers(problem.head_seconds, devices);
  CheckNumbers(problem.fixed_bytes, devices);
  CheckNumbers(problem.budget, devices);
  for (const std::vector<double>& row : problem.send_seconds) CheckNumbers(row, devices);
  CheckNumbers(problem.layer_bytes, layers);
  bytes_until_ = PrefixSums(problem.layer_bytes);
  for (const std::vector<double>& row : problem.layer_seconds) {
    CheckNumbers(row, layers);
    seconds_until_.push_back(PrefixSums(row));
  }
}

double StageTable::Seconds(int device, int begin, int end) const {
  const std::vector<double>& until = seconds_until_[Index(device)];
  double seconds = until[Index(end)] - until[Index(begin)];
  if (device == source_) seconds += problem_.embed_seconds[Index(device)];
  return end == layers_ ? seconds + problem_.head_seconds[Index(device)] : seconds;
}

std::int64_t StageTable::Bytes(int device, int begin, int end) const {
  std::int64_t bytes =
      problem_.fixed_bytes[Index(device)] + bytes_until_[Index(end)] - bytes_until_[Index(begin)];
  if (device == source_) bytes += problem_.embed_bytes;
  if (end == layers_) bytes += problem_.head_bytes;
  return device == source_ && end == layers_ ? bytes - problem_.shared_bytes : bytes;
}

std::int64_t StageTable::Room(int device) const {
  return Budget(device) - problem_.fixed_bytes[Index(device)] -
         (device == source_ ? problem_.embed_bytes : 0);
}

}  // namespace jupiter
