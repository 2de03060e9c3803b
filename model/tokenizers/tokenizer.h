// Text to token ids and back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jupiter {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // Ids of the text, without BOS. Special tokens in the text are not recognised: text is data.
  // Bytes that are not UTF-8 are encoded as bytes where the vocabulary can.
  virtual std::vector<std::int32_t> Encode(std::string_view text) const = 0;
  // The same for text that goes on where other text or a control token ended: vocabularies that put
  // a space before a text put none here. No token spans the border.
  virtual std::vector<std::int32_t> EncodeContinuation(std::string_view text) const {
    return Encode(text);
  }
  // The token that chat formats write by its name, such as "<|im_start|>": a control token, or one
  // that was added to the vocabulary. Encode never gives control tokens.
  virtual std::optional<std::int32_t> FindSpecial(std::string_view /*name*/) const {
    return std::nullopt;
  }
  // The bytes a token stands for; control tokens (BOS, EOS, ...) give none. With `first` the token
  // opens the text: vocabularies that prefix a space drop it again.
  virtual std::string Piece(std::int32_t id, bool first) const = 0;
  virtual int vocab_size() const = 0;

  std::string Decode(std::span<const std::int32_t> ids) const;
  // Encode with BOS in front when the vocabulary asks for it: what a model is given as a prompt.
  std::vector<std::int32_t> EncodePrompt(std::string_view text) const;
  std::optional<std::int32_t> bos() const { return bos_; }
  bool adds_bos() const { return adds_bos_; }
  // Ids that end a text (EOS, end of turn).
  const std::vector<std::int32_t>& end_ids() const { return end_ids_; }

 protected:
  std::optional<std::int32_t> bos_;
  bool adds_bos_ = false;
  std::vector<std::int32_t> end_ids_;
};

}  // namespace jupiter
