#include "model/loaders/open_checkpoint.h"

#include <filesystem>
#include <system_error>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/mapped_file.h"
#include "model/loaders/gguf_checkpoint.h"
#include "model/loaders/llama2c.h"
#include "model/loaders/safetensors_checkpoint.h"
#include "model/loaders/synthetic.h"

namespace jupiter {
namespace {

constexpr std::string_view kChoices =
    "give a GGUF file, a Hugging Face directory, a llama2.c .bin file or synthetic:<shape>";

bool IsSynthetic(const std::string& model) { return model.starts_with("synthetic:"); }

void RefuseOtherFiles(const MappedFile& file) {
  const std::string extension = std::filesystem::path(file.path()).extension().string();
  if (extension == ".safetensors" || extension == ".json") {
    FailUser(
        "{}: give the directory that holds config.json and the safetensors files, not one of "
        "the files",
        file.path());
  }
  if (extension == ".gguf") {
    FailUser("{}: not a GGUF file: it does not begin with \"GGUF\"", file.path());
  }
  if (file.bytes().empty()) FailUser("{}: the file is empty; {}", file.path(), kChoices);
}

}  // namespace

std::unique_ptr<Checkpoint> OpenCheckpoint(const std::string& model) {
  if (IsSynthetic(model)) return OpenSynthetic(model);
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(model, error);
  if (!std::filesystem::exists(status)) {
    FailUser("{}: no such model: {}; {}", Quote(model),
             error ? error.message() : "the path does not exist", kChoices);
  }
  if (std::filesystem::is_directory(status)) return OpenSafetensors(model);
  std::shared_ptr<const MappedFile> file = MappedFile::Open(model);
  if (LooksLikeGguf(*file)) return LoadGguf(std::move(file));
  RefuseOtherFiles(*file);
  return LoadLlama2c(std::move(file));
}

bool IsLlama2c(const std::string& model) {
  std::error_code error;
  return !IsSynthetic(model) && std::filesystem::is_regular_file(model, error) &&
         !LooksLikeGguf(*MappedFile::Open(model));
}

}  // namespace jupiter
