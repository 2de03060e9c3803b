#include "model/tokenizers/open_tokenizer.h"

#include <filesystem>

#include "kernels/base/check.h"
#include "model/checkpoint/mapped_file.h"
#include "model/loaders/gguf_file.h"
#include "model/tokenizers/gguf_tokenizer.h"
#include "model/tokenizers/hf_tokenizer.h"
#include "model/tokenizers/llama2c_tokenizer.h"
#include "model/tokenizers/synthetic_tokenizer.h"

namespace jupiter {
namespace {

namespace fs = std::filesystem;

std::string_view TextOf(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// tok*.bin begins with a small integer: its second byte is zero or follows no brace.
bool LooksLikeJson(const std::string& path, std::string_view text) {
  if (fs::path(path).extension() == ".json") return true;
  return text.size() >= 2 && text[0] == '{' && text[1] != '\0';
}

std::unique_ptr<Tokenizer> OpenHf(const MappedFile& file) {
  const fs::path config_path = fs::path(file.path()).replace_filename("tokenizer_config.json");
  std::error_code ignored;
  if (!fs::exists(config_path, ignored)) return OpenHfTokenizer({file.path(), TextOf(file)}, {});
  const auto config = MappedFile::Open(config_path.string());
  return OpenHfTokenizer({file.path(), TextOf(file)}, NamedText{config->path(), TextOf(*config)});
}

std::string TokenizerFileOf(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return path;
  const fs::path file = fs::path(path) / "tokenizer.json";
  if (!fs::exists(file, ignored)) {
    FailUser(
        "{}: the directory has no tokenizer.json; name one (or a GGUF file, or tok*.bin) with "
        "--tokenizer",
        path);
  }
  return file.string();
}

}  // namespace

std::unique_ptr<Tokenizer> OpenTokenizer(const std::string& path) {
  if (path.starts_with("synthetic:")) return std::make_unique<SyntheticTokenizer>();
  const auto file = MappedFile::Open(TokenizerFileOf(path));
  const std::string_view text = TextOf(*file);
  if (text.starts_with("GGUF")) return OpenGgufTokenizer(GgufFile(file));
  if (LooksLikeJson(file->path(), text)) return OpenHf(*file);
  return OpenLlama2cTokenizer(file->path(), text);
}

}  // namespace jupiter
