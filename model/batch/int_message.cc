#include "model/batch/int_message.h"

#include <bit>
#include <cstring>

#include "kernels/base/check.h"

namespace jupiter {

static_assert(std::endian::native == std::endian::little, "messages are little-endian");

void IntWriter::Ints(const std::vector<std::int32_t>& values) {
  Int(std::ssize(values));
  values_.insert(values_.end(), values.begin(), values.end());
}

std::int32_t IntReader::Int() {
  std::int32_t value = 0;
  if (bytes_.size() < sizeof value) Fail("ends early");
  std::memcpy(&value, bytes_.data(), sizeof value);
  bytes_ = bytes_.subspan(sizeof value);
  return value;
}

std::int32_t IntReader::Count(std::size_t least) {
  const std::int32_t count = Int();
  if (count < 0 || static_cast<std::size_t>(count) * least * sizeof count > bytes_.size()) {
    Fail(fmt::format("announces {} entries but ends early", count));
  }
  return count;
}

std::vector<std::int32_t> IntReader::Ints() {
  std::vector<std::int32_t> values(static_cast<std::size_t>(Count()));
  for (std::int32_t& value : values) value = Int();
  return values;
}

void IntReader::ExpectEnd() const {
  if (!bytes_.empty()) Fail(fmt::format("has {} bytes too many", bytes_.size()));
}

void IntReader::Fail(const std::string& problem) const {
  throw PeerError(fmt::format("{} {}", what_, problem));
}

}  // namespace jupiter
