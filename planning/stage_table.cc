#include "planning/stage_table.h"

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

StageTable::StageTable(int source, const Seconds1& embed, const Seconds1& head,
                       const std::vector<Seconds1>& send, const Bytes1& fixed, const Bytes1& budget,
                       std::int64_t embed_bytes, std::int64_t head_bytes)
    : source_(source),
      embed_(embed),
      head_(head),
      send_(send),
      fixed_(fixed),
      budget_(budget),
      embed_bytes_(embed_bytes),
      head_bytes_(head_bytes) {
  const std::size_t devices = budget.size();
  JUPITER_CHECK(devices > 0 && source >= 0 && Index(source) < devices);
  JUPITER_CHECK(send.size() == devices);
  JUPITER_CHECK(embed_bytes >= 0 && head_bytes >= 0);
  CheckNumbers(embed, devices);
  CheckNumbers(head, devices);
  CheckNumbers(fixed, devices);
  CheckNumbers(budget, devices);
  for (const Seconds1& row : send) CheckNumbers(row, devices);
}

void StageTable::AddLayers(const std::vector<Seconds1>& seconds, const Bytes1& bytes) {
  JUPITER_CHECK(!bytes.empty() && seconds.size() == budget_.size());
  CheckNumbers(bytes, bytes.size());
  layers_ = static_cast<int>(bytes.size());
  bytes_until_ = PrefixSums(bytes);
  for (const Seconds1& row : seconds) {
    CheckNumbers(row, bytes.size());
    seconds_until_.push_back(PrefixSums(row));
  }
}

double StageTable::Seconds(int device, int begin, int end) const {
  const Seconds1& until = seconds_until_[Index(device)];
  double seconds = until[Index(end)] - until[Index(begin)];
  if (device == source_) seconds += embed_[Index(device)];
  if (end == layers_) seconds += head_[Index(device)];
  return seconds;
}

std::int64_t StageTable::Bytes(int device, int begin, int end) const {
  std::int64_t bytes =
      fixed_[Index(device)] + bytes_until_[Index(end)] - bytes_until_[Index(begin)];
  if (device == source_) bytes += embed_bytes_;
  if (end == layers_) bytes += head_bytes_;
  return bytes;
}

std::int64_t StageTable::Room(int device) const {
  return Budget(device) - fixed_[Index(device)] - (device == source_ ? embed_bytes_ : 0);
}

}  // namespace jupiter
