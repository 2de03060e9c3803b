#include "planning/text/find_data.h"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

#include "kernels/base/check.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

namespace fs = std::filesystem;

bool IsFile(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// $JUPITER_DATA, if it is set. A folder that is not there would be passed over for the shipped
// files, which are not what its user asks for.
std::optional<fs::path> GivenFolder() {
  const char* const data = std::getenv("JUPITER_DATA");
  if (data == nullptr || *data == '\0') return std::nullopt;
  std::error_code error;
  if (fs::is_directory(data, error)) return data;
  FailUser(
      "JUPITER_DATA={}: no such folder; set it to a folder such as \"experiments\" of the sources, "
      "or unset it",
      Show(data));
}

// Folders that files are looked for in, in order; the empty one is where the program runs.
std::vector<fs::path> Folders(const DataKind& kind, const std::string& beside) {
  std::vector<fs::path> folders;
  if (!beside.empty()) {
    const fs::path folder = fs::path(beside).parent_path();
    folders.push_back(folder.empty() ? "." : folder);
    folders.push_back(folders.back() / ".." / kind.folder);
  }
  folders.emplace_back();
  if (const auto data = GivenFolder()) folders.push_back(*data / kind.folder);
  folders.push_back(fs::path(JUPITER_DATA_DIR) / kind.folder);
  return folders;
}

// Names of the files in the folders that hold only this kind.
std::vector<std::string> ShippedNames(const DataKind& kind, const std::vector<fs::path>& folders) {
  std::set<std::string> names;
  for (const fs::path& folder : folders) {
    if (folder.filename() != kind.folder) continue;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".yaml") names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace

std::string FindDataFile(const DataKind& kind, const std::string& name_or_path,
                         const std::string& beside) {
  const std::vector<fs::path> folders = Folders(kind, beside);
  for (const fs::path& folder : folders) {
    // An absolute path stays as it is.
    const fs::path path = folder / name_or_path;
    for (const fs::path& candidate : {path, fs::path(path.string() + ".yaml")}) {
      if (IsFile(candidate)) return candidate.lexically_normal().string();
    }
  }
  const std::vector<std::string> names = ShippedNames(kind, folders);
  if (names.empty()) {
    FailUser(
        "no {} {}, and no folder with shipped ones; set JUPITER_DATA to the "
        "folder \"experiments\" of the sources, or give a path",
        kind.what, Show(name_or_path));
  }
  FailUser("no file or shipped {} {}{}", kind.what, Show(name_or_path),
           ExpectedOneOf(name_or_path, names));
}

std::string FindExperiment(const std::string& file) {
  std::vector<fs::path> folders;
  if (const auto data = GivenFolder()) folders.push_back(*data);
  folders.emplace_back(JUPITER_DATA_DIR);
  for (const fs::path& folder : folders) {
    if (IsFile(folder / file)) return (folder / file).lexically_normal().string();
  }
  FailUser("no file {} in {}; set JUPITER_DATA to the folder \"experiments\" of the sources",
           Show(file), folders.front().string());
}

}  // namespace jupiter
