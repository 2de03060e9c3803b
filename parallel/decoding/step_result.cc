#include "parallel/decoding/step_result.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <span>

#include "kernels/base/check.h"
#include "model/batch/int_message.h"
#include "parallel/transport/peer_bytes.h"

namespace jupiter {
namespace {

// In place of the number of rows of the first result.
constexpr std::int32_t kError = -1;

void WriteResult(const StepResult& result, IntWriter& writer) {
  writer.Ints(result.rows);
  writer.Ints(result.tokens);
  for (std::uint64_t hash : result.logits_hashes) {
    writer.Int(static_cast<std::int32_t>(hash & 0xffffffffu));
    writer.Int(static_cast<std::int32_t>(hash >> 32));
  }
  writer.Int(std::ssize(result.candidates));
  for (const std::vector<std::int32_t>& of_depth : result.candidates) writer.Ints(of_depth);
}

Message MessageOf(const IntWriter& writer) {
  const std::span<const std::byte> bytes = writer.bytes();
  Message message(bytes.size(), 0);
  std::memcpy(message.header().data(), bytes.data(), bytes.size());
  return message;
}

// Nothing when the message has results.
std::optional<SequenceError> ParseError(std::span<const std::byte> bytes) {
  IntReader reader(bytes, "a message with an error");
  if (reader.Int() != kError) return std::nullopt;
  const std::int32_t sequence = reader.Int();
  std::string line;
  for (std::int32_t byte : reader.Ints()) {
    if (byte < ' ' || byte > 255) reader.Fail(fmt::format("has a line with the byte {}", byte));
    line += static_cast<char>(byte);
  }
  reader.ExpectEnd();
  return SequenceError(sequence, line);
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
  return result;
}

// Whether the head can have said this of the item.
bool Answers(const StepResult& result, const AskedItem& item, std::int32_t vocab) {
  const auto are_tokens = [vocab](const std::vector<std::int32_t>& ids) {
    return std::all_of(ids.begin(), ids.end(),
                       [vocab](std::int32_t id) { return id >= 0 && id < vocab; });
  };
  const auto rises = [](const std::vector<std::int32_t>& rows) {
    return std::adjacent_find(rows.begin(), rows.end(), std::greater_equal<>()) == rows.end();
  };
  const std::size_t tokens = result.tokens.size();
  const bool counts = item.rows == 0 ? result.rows.empty() && tokens == 1
                                     : result.rows.size() == tokens && (tokens > 0 || item.follows);
  const bool in_range =
      result.rows.empty() || (result.rows.front() >= 0 && result.rows.back() < item.rows);
  return counts && in_range && rises(result.rows) && are_tokens(result.tokens) &&
         std::all_of(result.candidates.begin(), result.candidates.end(), are_tokens);
}

std::vector<StepResult> ParseResults(std::span<const std::byte> bytes,
                                     const std::vector<AskedItem>& items, std::int32_t vocab) {
  IntReader reader(bytes, "a message with tokens");
  std::vector<StepResult> results;
  for (const AskedItem& item : items) {
    results.push_back(ReadResult(reader));
    if (Answers(results.back(), item, vocab)) continue;
    reader.Fail(fmt::format("has {} rows and {} tokens that are no answer to an item of {} rows",
                            results.back().rows.size(), results.back().tokens.size(), item.rows));
  }
  reader.ExpectEnd();
  return results;
}

}  // namespace

std::vector<AskedItem> AskedItems(const Batch& batch) {
  std::vector<AskedItem> asked;
  for (const BatchItem& item : batch.items) {
    if (item.head_rows.empty()) continue;
    const auto rows = static_cast<std::int32_t>(item.tokens.size());
    asked.push_back({item.provisional ? rows : 0, item.follows >= 0});
  }
  return asked;
}

Message ToMessage(const std::vector<StepResult>& results) {
  IntWriter writer;
  for (const StepResult& result : results) WriteResult(result, writer);
  return MessageOf(writer);
}

Message ToMessage(const SequenceError& error) {
  std::vector<std::int32_t> line;
  for (const char* byte = error.what(); *byte != '\0'; ++byte) {
    line.push_back(static_cast<unsigned char>(*byte));
  }
  IntWriter writer;
  writer.Int(kError);
  writer.Int(error.sequence());
  writer.Ints(line);
  return MessageOf(writer);
}

std::vector<StepResult> ReadStepResults(const Transport& transport, const Message& message,
                                        int peer, const std::vector<AskedItem>& items,
                                        std::int32_t vocab) {
  std::optional<SequenceError> error;
  std::vector<StepResult> results;
  ParsePeer(transport, peer, "the next tokens", [&] {
    error = ParseError(message.header());
    if (!error) results = ParseResults(message.header(), items, vocab);
  });
  if (error) throw *error;
  return results;
}

}  // namespace jupiter
