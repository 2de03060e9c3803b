#include "planning/cost/expected_bytes.h"

namespace jupiter {
namespace {

constexpr std::int64_t kFrame = 32;
constexpr std::int64_t kAlignment = 64;
constexpr std::int64_t kInt = 4;

std::int64_t Padded(std::int64_t header) {
  return (kFrame + header + kAlignment - 1) / kAlignment * kAlignment;
}

// Every batch: kind and phase; openings of 3 numbers; items; closings, none here. A list begins
// with its count.
std::int64_t BatchHeader(std::int64_t openings, std::int64_t item_numbers) {
  const std::int64_t numbers = 2 + (1 + 3 * openings) + (1 + item_numbers) + 1;
  return Padded(numbers * kInt);
}

}  // namespace

MessageBytes AnnouncedBlock(std::int64_t rows, bool opens, std::int64_t head_rows) {
  // Sequence, accepted rows, tokens, parents, provisional flag, head rows.
  const std::int64_t item = 1 + 1 + (1 + rows) + 1 + 1 + (1 + head_rows);
  return {BatchHeader(opens ? 1 : 0, item), 0};
}

MessageBytes HiddenMessage(std::int64_t rows, std::int64_t hidden, DType wire, bool opens,
                           std::int64_t head_rows) {
  return {AnnouncedBlock(rows, opens, head_rows).header, rows * RowBytes(wire, hidden)};
}

MessageBytes OpeningMessage() { return {BatchHeader(1, 0), 0}; }

MessageBytes LastMessage() { return {Padded(kInt), 0}; }

MessageBytes TokenMessage() {
  // No accepted rows; one token with its hash of 64 bits; no candidates.
  return {Padded((1 + (1 + 1 + 2) + 1) * kInt), 0};
}

MessageBytes PieceMessage(std::int64_t payload) { return {Padded(0), payload}; }

}  // namespace jupiter
