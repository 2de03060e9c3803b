#include "parallel/decoding/step_result.h"

#include <cstring>
#include <span>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

class Writer {
 public:
  void Int(std::int64_t value) { values_.push_back(static_cast<std::int32_t>(value)); }
  void Ints(const std::vector<std::int32_t>& values) {
    Int(std::ssize(values));
    values_.insert(values_.end(), values.begin(), values.end());
  }
  Message Take() const {
    Message message(values_.size() * sizeof(std::int32_t), 0);
    std::memcpy(message.header().data(), values_.data(), message.header().size());
    return message;
  }

 private:
  std::vector<std::int32_t> values_;
};

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, int peer) : bytes_(bytes), peer_(peer) {}
  std::int32_t Int() {
    std::int32_t value = 0;
    if (bytes_.size() < sizeof value) Fail("ends early");
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_ = bytes_.subspan(sizeof value);
    return value;
  }
  std::size_t Count() {
    const std::int32_t count = Int();
    if (count < 0 || static_cast<std::size_t>(count) > bytes_.size() / sizeof count) {
      Fail(fmt::format("announces {} numbers and ends early", count));
    }
    return static_cast<std::size_t>(count);
  }
  std::vector<std::int32_t> Ints() {
    std::vector<std::int32_t> values(Count());
    for (std::int32_t& value : values) value = Int();
    return values;
  }
  void ExpectEnd() const {
    if (!bytes_.empty()) Fail(fmt::format("has {} bytes too many", bytes_.size()));
  }
  [[noreturn]] void Fail(const std::string& problem) const {
    throw PeerError(fmt::format("rank {}: a message with tokens {}", peer_, problem));
  }

 private:
  std::span<const std::byte> bytes_;
  int peer_;
};

void Write(const StepResult& result, Writer& writer) {
  writer.Ints(result.rows);
  writer.Ints(result.tokens);
  for (std::uint64_t hash : result.logits_hashes) {
    writer.Int(static_cast<std::int32_t>(hash & 0xffffffffu));
    writer.Int(static_cast<std::int32_t>(hash >> 32));
  }
  writer.Int(std::ssize(result.candidates));
  for (const std::vector<std::int32_t>& of_depth : result.candidates) writer.Ints(of_depth);
}

StepResult ReadResult(Reader& reader) {
  StepResult result;
  result.rows = reader.Ints();
  result.tokens = reader.Ints();
  for (std::size_t i = 0; i < result.tokens.size(); ++i) {
    const auto low = static_cast<std::uint32_t>(reader.Int());
    const auto high = static_cast<std::uint32_t>(reader.Int());
    result.logits_hashes.push_back(low | std::uint64_t{high} << 32);
  }
  for (std::size_t depths = reader.Count(); depths > 0; --depths) {
    result.candidates.push_back(reader.Ints());
  }
  if (!result.rows.empty() && result.rows.size() != result.tokens.size()) {
    reader.Fail(fmt::format("has {} rows and {} tokens", result.rows.size(), result.tokens.size()));
  }
  return result;
}

}  // namespace

Message ToMessage(const std::vector<StepResult>& results) {
  Writer writer;
  for (const StepResult& result : results) Write(result, writer);
  return writer.Take();
}

std::vector<StepResult> ReadStepResults(const Message& message, int peer, std::size_t items) {
  Reader reader(message.header(), peer);
  std::vector<StepResult> results;
  for (std::size_t i = 0; i < items; ++i) results.push_back(ReadResult(reader));
  reader.ExpectEnd();
  return results;
}

}  // namespace jupiter
