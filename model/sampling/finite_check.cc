#include "model/sampling/finite_check.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

bool IsFinite(float value) { return std::isfinite(value); }
bool IsZero(float value) { return value == 0; }

constexpr const char* kCauses =
    "the weights are damaged, or a value on the way is too large for its type: compare the model's "
    "file with its source, and try f32 where --wire, --residual or --kv is f16";

}  // namespace

void CheckLogits(std::span<const float> logits, std::string_view whose) {
  const auto first = std::find_if_not(logits.begin(), logits.end(), IsFinite);
  if (first == logits.end()) {
    // A norm divides by the root of a sum of squares, and makes zeros of a row where that sum is
    // infinite.
    if (logits.empty() || !std::all_of(logits.begin(), logits.end(), IsZero)) return;
    FailUser("{}: all {} logits are 0; {}", whose, logits.size(), kCauses);
  }
  const auto finite = std::count_if(first, logits.end(), IsFinite);
  const auto place = first - logits.begin();
  const float shown = std::isnan(*first) ? std::abs(*first) : *first;  // a NaN's sign says nothing
  FailUser("{}: {} of {} logits are not finite, the first is that of token id {}: {}; {}", whose,
           std::ssize(logits) - place - finite, logits.size(), place, shown, kCauses);
}

void CheckDraftLogits(std::span<const float> best, std::string_view source) {
  if (std::all_of(best.begin(), best.end(), IsFinite)) return;
  FailUser(
      "{}: the logits of its drafts are not finite; its weights are damaged, or a value is too "
      "large for its type: compare the file with its source, or draft from elsewhere",
      source);
}

}  // namespace jupiter
