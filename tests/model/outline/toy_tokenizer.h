// A vocabulary small enough to see through: bytes, longer pieces, control tokens.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model/tokenizers/tokenizer.h"

namespace jupiter {

// Byte b is id b. Then come the pieces, which Encode never gives, then the controls, the first of
// which is BOS and the second ends texts. As sentencepiece does, Encode puts a space in front.
class ToyTokenizer final : public Tokenizer {
 public:
  explicit ToyTokenizer(std::vector<std::string> pieces = {},
                        std::vector<std::string> controls = {"<s>", "</s>"})
      : pieces_(std::move(pieces)), controls_(std::move(controls)) {
    bos_ = FirstControl();
    adds_bos_ = true;
    end_ids_ = {FirstControl() + 1};
  }

  std::vector<std::int32_t> Encode(std::string_view text) const override {
    return text.empty() ? std::vector<std::int32_t>()
                        : EncodeContinuation(std::string(" ").append(text));
  }
  std::vector<std::int32_t> EncodeContinuation(std::string_view text) const override {
    std::vector<std::int32_t> ids;
    for (char c : text) ids.push_back(static_cast<unsigned char>(c));
    return ids;
  }
  std::optional<std::int32_t> FindSpecial(std::string_view name) const override {
    const auto found = std::find(controls_.begin(), controls_.end(), name);
    if (found == controls_.end()) return std::nullopt;
    return FirstControl() + static_cast<std::int32_t>(found - controls_.begin());
  }
  std::string Piece(std::int32_t id, bool /*first*/) const override {
    if (id < kBytes) return {static_cast<char>(id)};
    return id < FirstControl() ? pieces_[static_cast<std::size_t>(id - kBytes)] : "";
  }
  int vocab_size() const override {
    return FirstControl() + static_cast<std::int32_t>(controls_.size());
  }

  static std::int32_t PieceId(int index) { return kBytes + index; }

 private:
  static constexpr std::int32_t kBytes = 256;

  std::int32_t FirstControl() const { return kBytes + static_cast<std::int32_t>(pieces_.size()); }

  std::vector<std::string> pieces_;
  std::vector<std::string> controls_;
};

}  // namespace jupiter
