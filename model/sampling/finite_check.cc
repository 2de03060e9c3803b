#include "model/sampling/finite_check.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

bool IsFinite(float value) { return std::isfinite(value); }

}  // namespace

void CheckLogits(std::span<const float> logits, std::string_view whose) {
  const auto first = std::find_if_not(logits.begin(), logits.end(), IsFinite);
  if (first == logits.end()) return;
  const auto finite = std::count_if(first, logits.end(), IsFinite);
  const auto place = first - logits.begin();
  const float shown = std::isnan(*first) ? std::abs(*first) : *first;  // a NaN's sign says nothing
  FailUser(
      "{}: {} of {} logits are not finite, the first is that of token id {}: {}; the weights are "
      "damaged, or a value on the way is too large for its type: compare the model's file with its "
      "source, and try f32 where --wire, --residual or --kv is f16",
      whose, std::ssize(logits) - place - finite, logits.size(), place, shown);
}

void CheckDraftLogits(std::span<const float> best, std::string_view source) {
  if (std::all_of(best.begin(), best.end(), IsFinite)) return;
  FailUser(
      "{}: the logits of its drafts are not finite; its weights are damaged, or a value is too "
      "large for its type: compare the file with its source, or draft from elsewhere",
      source);
}

}  // namespace jupiter
