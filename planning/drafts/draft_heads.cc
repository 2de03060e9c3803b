#include "planning/drafts/draft_heads.h"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

#include "kernels/base/check.h"

namespace jupiter {

DraftHeads ParseDraftHeads(std::string_view text, DType weight) {
  DraftHeads drafts;
  drafts.weight = weight;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, drafts.heads);
  const std::string_view rest(end, static_cast<std::size_t>(last - end));
  drafts.own_output = rest == ":own";
  const bool known = rest.empty() || drafts.own_output;
  if (error != std::errc() || !known || drafts.heads < 0 || drafts.heads > kMostDraftHeads) {
    FailUser(
        "--draft-heads '{}': expected a number of heads up to {}, with :own when each has an "
        "output matrix of its own, such as 4 or 4:own",
        text, kMostDraftHeads);
  }
  return drafts;
}

std::string ToString(const DraftHeads& drafts) {
  return fmt::format(
      "{} draft heads with {} ({}), trees of {} rows", drafts.heads,
      drafts.own_output ? "output matrices of their own" : "the model's output matrix",
      Name(drafts.weight), drafts.tree_rows);
}

std::int64_t DraftWeightBytes(const ModelShape& shape, const DraftHeads& drafts) {
  const std::int64_t hidden = shape.config.hidden;
  const std::int64_t own =
      drafts.own_output ? StoredBytes(drafts.weight, shape.config.vocab, hidden) : 0;
  const std::int64_t block =
      StoredBytes(drafts.weight, hidden, hidden) + RowBytes(DType::kF32, hidden);
  return drafts.heads * (block + own);
}

std::int64_t DraftActivationBytes(const ModelShape& shape, const DraftHeads& drafts) {
  if (!drafts.any()) return 0;
  const std::int64_t logits = RowBytes(DType::kF32, shape.config.vocab);
  const std::int64_t hidden = RowBytes(DType::kF32, shape.config.hidden);
  return (drafts.tree_rows - 1 + drafts.heads) * (logits + hidden);
}

}  // namespace jupiter
