#include "tests/model/tokenizers/test_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "kernels/base/check.h"

namespace jupiter {

namespace fs = std::filesystem;

std::string ModelFile(const std::string& name) {
  const char* const folder = std::getenv("JUPITER_TEST_MODELS");
  if (folder == nullptr) return "";
  const fs::path path = fs::path(folder) / name;
  return fs::exists(path) ? path.string() : "";
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TempFolder::TempFolder() {
  std::string name = (fs::temp_directory_path() / "jupiter_tokenizers_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TempFolder::Write(const std::string& name, const std::string& content) const {
  const fs::path path = fs::path(path_) / name;
  std::ofstream(path, std::ios::binary) << content;
  return path.string();
}

std::string UserErrorOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  ADD_FAILURE() << "no UserError";
  return "";
}

}  // namespace jupiter
