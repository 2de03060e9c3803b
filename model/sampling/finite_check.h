// Whether logits mean anything. A NaN or an infinity comes of damaged weights or of a value that
// was too large for its type, and so do logits that are all 0: a row whose squares do not fit f32
// is one of zeros after the norm. Whatever is drawn from them would be a wrong answer in silence.
#pragma once

#include <span>
#include <string_view>

namespace jupiter {

// Throws UserError unless all logits of a row are finite, and one of them is not 0. `whose`: "token
// 3 of the answer".
void CheckLogits(std::span<const float> logits, std::string_view whose);

// The same of a draft's best logits (see Device::TopK, which puts NaN last: with any finite logit
// there is something to draft). `source`: "--draft model:small.gguf".
void CheckDraftLogits(std::span<const float> best, std::string_view source);

}  // namespace jupiter
