// tok*.bin of llama2.c: any bytes, or any bytes after a good beginning.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/base/check.h"
#include "model/tokenizers/llama2c_tokenizer.h"
#include "tests/fuzz/use_tokenizer.h"

namespace {

std::string Word(std::uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

std::string Token(const std::string& text) {
  return Word(0) + Word(static_cast<std::uint32_t>(text.size())) + text;
}

// The controls and the byte tokens that every vocabulary begins with.
std::string GoodBeginning() {
  std::string bytes = Word(8) + Token("<unk>") + Token("<s>") + Token("</s>");
  for (int byte = 0; byte < 256; ++byte) bytes += Token(fmt::format("<0x{:02X}>", byte));
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const bool whole = size > 0 && data[0] % 4 == 0;
  try {
    const auto tokenizer =
        jupiter::OpenLlama2cTokenizer("fuzz", whole ? input : GoodBeginning() + input);
    jupiter::UseTokenizer(*tokenizer, input.substr(0, 1000));
  } catch (const jupiter::UserError&) {
    return 0;
  }
  return 0;
}
