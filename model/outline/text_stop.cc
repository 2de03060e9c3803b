#include "model/outline/text_stop.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr std::string_view kWhite = " \t\r\n";

bool IsWhite(std::string_view text) {
  return text.find_first_not_of(kWhite) == std::string_view::npos;
}

// Where the marker is in the text, from `visible` on when it is white space.
std::size_t FindMarker(std::string_view text, std::string_view marker, std::size_t visible) {
  return text.find(marker, IsWhite(marker) ? visible : 0);
}

// Bytes at the end of the text that a marker could begin with.
std::size_t PartOfMarker(std::string_view text, std::string_view marker) {
  for (std::size_t size = std::min(text.size(), marker.size() - 1); size > 0; --size) {
    if (marker.starts_with(text.substr(text.size() - size))) return size;
  }
  return 0;
}

}  // namespace

std::string_view Name(StopReason reason) {
  switch (reason) {
    case StopReason::kNone: return "not over";
    case StopReason::kEnd: return "end";
    case StopReason::kLength: return "length";
    case StopReason::kMarker: return "next point";
  }
  return "";
}

TextStop::TextStop(const Tokenizer* tokenizer, StopRule rule)
    : tokenizer_(tokenizer), rule_(std::move(rule)) {
  JUPITER_CHECK(rule_.max_tokens >= 1, "{} tokens", rule_.max_tokens);
  JUPITER_CHECK(tokenizer_ != nullptr || rule_.markers.empty(), "markers without a tokenizer");
  for (const std::string& marker : rule_.markers) JUPITER_CHECK(!marker.empty(), "empty marker");
}

std::string TextStop::Push(std::int32_t token) {
  JUPITER_CHECK(!over(), "token {} behind the end", token);
  if (std::find(rule_.end_ids.begin(), rule_.end_ids.end(), token) != rule_.end_ids.end()) {
    return End();
  }
  ++tokens_;
  if (tokenizer_ != nullptr) held_ += stream_.Push(tokenizer_->Piece(token, /*first=*/false));
  std::string text = Release();
  if (!over() && tokens_ == rule_.max_tokens) {
    reason_ = StopReason::kLength;
    text += Flush();
  }
  return text;
}

std::string TextStop::End() {
  JUPITER_CHECK(!over(), "an end behind the end");
  reason_ = StopReason::kEnd;
  return Flush();
}

std::string TextStop::Release() {
  const std::size_t visible =
      visible_ ? 0 : std::min(held_.find_first_not_of(kWhite), held_.size());
  std::size_t end = held_.size();
  std::size_t kept = 0;
  for (const std::string& marker : rule_.markers) {
    const std::size_t at = FindMarker(held_, marker, visible);
    if (at != std::string::npos) {
      reason_ = StopReason::kMarker;
      end = std::min(end, at);
    }
    kept = std::max(kept, PartOfMarker(held_, marker));
  }
  if (!over()) end -= kept;
  std::string text = held_.substr(0, end);
  held_ = over() ? std::string() : held_.substr(end);
  visible_ = visible_ || !IsWhite(text);
  return text;
}

std::string TextStop::Flush() {
  std::string text = std::exchange(held_, {});
  return text + stream_.Finish();
}

}  // namespace jupiter
