#include "parallel/decoding/step_result.h"

#include <cstring>
#include <span>

#include "kernels/base/check.h"
#include "model/batch/int_message.h"

namespace jupiter {
namespace {

void Write(const StepResult& result, IntWriter& writer) {
  writer.Ints(result.rows);
  writer.Ints(result.tokens);
  for (std::uint64_t hash : result.logits_hashes) {
    writer.Int(static_cast<std::int32_t>(hash & 0xffffffffu));
    writer.Int(static_cast<std::int32_t>(hash >> 32));
  }
  writer.Int(std::ssize(result.candidates));
  for (const std::vector<std::int32_t>& of_depth : result.candidates) writer.Ints(of_depth);
}

StepResult ReadResult(IntReader& reader) {
  StepResult result;
  result.rows = reader.Ints();
  result.tokens = reader.Ints();
  for (std::size_t i = 0; i < result.tokens.size(); ++i) {
    const auto low = static_cast<std::uint32_t>(reader.Int());
    const auto high = static_cast<std::uint32_t>(reader.Int());
    result.logits_hashes.push_back(low | std::uint64_t{high} << 32);
  }
  for (std::int32_t depths = reader.Count(); depths > 0; --depths) {
    result.candidates.push_back(reader.Ints());
  }
  if (!result.rows.empty() && result.rows.size() != result.tokens.size()) {
    reader.Fail(fmt::format("has {} rows and {} tokens", result.rows.size(), result.tokens.size()));
  }
  return result;
}

}  // namespace

Message ToMessage(const std::vector<StepResult>& results) {
  IntWriter writer;
  for (const StepResult& result : results) Write(result, writer);
  const std::span<const std::byte> bytes = writer.bytes();
  Message message(bytes.size(), 0);
  std::memcpy(message.header().data(), bytes.data(), bytes.size());
  return message;
}

std::vector<StepResult> ReadStepResults(const Message& message, int peer, std::size_t items) {
  IntReader reader(message.header(), fmt::format("rank {}: a message with tokens", peer));
  std::vector<StepResult> results;
  for (std::size_t i = 0; i < items; ++i) results.push_back(ReadResult(reader));
  reader.ExpectEnd();
  return results;
}

}  // namespace jupiter
