#include "planning/expected_bytes.h"

namespace jupiter {
namespace {

constexpr std::int64_t kFrame = 32;
constexpr std::int64_t kAlignment = 64;
constexpr std::int64_t kInt = 4;

std::int64_t Padded(std::int64_t header) {
  return (kFrame + header + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

MessageBytes HiddenMessage(std::int64_t rows, std::int64_t hidden, DType wire, bool opens,
                           std::int64_t head_rows) {
  // Kind; openings of 3 numbers; one item: sequence, accepted rows, tokens, parents, provisional
  // flag, head rows, where lists have a count in front; closings.
  const std::int64_t numbers =
      1 + (1 + (opens ? 3 : 0)) + 1 + (1 + 1 + (1 + rows) + 1 + 1 + (1 + head_rows)) + 1;
  return {Padded(numbers * kInt), rows * RowBytes(wire, hidden)};
}

MessageBytes TokenMessage() {
  constexpr std::int64_t kTokenAndLogitsHash = 16;
  return {Padded(kTokenAndLogitsHash), 0};
}

}  // namespace jupiter
