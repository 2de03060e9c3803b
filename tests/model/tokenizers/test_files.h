// Files and errors in tests of tokenizers.
#pragma once

#include <functional>
#include <string>

namespace jupiter {

// Where real models lie (JUPITER_TEST_MODELS); "" when it is not set or has no such file.
std::string ModelFile(const std::string& name);
std::string ReadText(const std::string& path);

// A folder of the test's own, removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }
  // Writes a file and returns its path.
  std::string Write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

// The message of the UserError that the action throws, which must be one line; "" and a failure of
// the test when it throws none.
std::string UserErrorOf(const std::function<void()>& action);

}  // namespace jupiter

#define JUPITER_SKIP_WITHOUT(path, name)                                                 \
  if ((path).empty()) {                                                                  \
    GTEST_SKIP() << "set JUPITER_TEST_MODELS to a folder of models that has " << (name); \
  }
