#include "model/medusa/ranks.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "model/sampling/finite_check.h"

namespace jupiter {
namespace {

// Place of `token` among the choices of a head.
std::uint8_t RankOf(std::span<const std::int32_t> choices, std::int32_t token) {
  return static_cast<std::uint8_t>(std::find(choices.begin(), choices.end(), token) -
                                   choices.begin());
}

}  // namespace

RankedText RankText(MedusaHeads& heads, Device& device, const Text& text, int ranks,
                    const std::vector<bool>& novel) {
  JUPITER_CHECK(ranks >= 1 && ranks <= kMostRanks && novel.size() == text.tokens.size());
  RankedText ranked{heads.count(), ranks, {}, {}};
  const std::int64_t hidden = std::ssize(text.rows) / (std::ssize(text.tokens) - 1);
  const auto each = static_cast<std::size_t>(ranks);
  std::vector<std::int32_t> ids(each * static_cast<std::size_t>(heads.count()));
  std::vector<float> values(ids.size());
  const Tensor row = device.Allocate(DType::kF32, 1, hidden);
  const std::int64_t end = std::ssize(text.tokens) - 1 - heads.count();
  for (std::int64_t p = text.first_position(); p < end; ++p) {
    device.Import(HostView(text.rows.data() + p * hidden, 1, hidden), row.view());
    heads.TopK(row.view(), ranks, ids, values);
    CheckDraftLogits(values, fmt::format("the draft heads at token {} of a text", p));
    for (std::size_t head = 0; head < static_cast<std::size_t>(heads.count()); ++head) {
      const std::int32_t token = text.tokens[static_cast<std::size_t>(p) + 2 + head];
      ranked.rank.push_back(RankOf(std::span(ids).subspan(head * each, each), token));
    }
    ranked.counted.push_back(novel[static_cast<std::size_t>(p)]);
  }
  return ranked;
}

}  // namespace jupiter
