#include "bench/results/results_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>

#include "bench/flags/text_file.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRowFiles[] = {"results.jsonl", "wall.jsonl"};
constexpr const char* kSideFiles[] = {"plans.jsonl", "timestamps.jsonl", "planner_seconds.jsonl"};
constexpr const char* kSettings = "run.json";

std::string FileOfRow(const ResultRow& row) {
  return row.clock == "wall" ? "wall.jsonl" : "results.jsonl";
}

[[noreturn]] void FailWrite(const std::string& path) {
  FailUser("{}: cannot be written: {}", path, std::strerror(errno));
}

// Closes the file, too.
void WriteAll(int file, const std::string& path, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) {
      const int reason = errno;
      close(file);
      errno = reason;
      FailWrite(path);
    }
    done += static_cast<std::size_t>(std::max<ssize_t>(written, 0));
  }
  if (close(file) != 0) FailWrite(path);
}

// In one write, so that a kill leaves a whole line or a torn last one.
void AppendLine(const std::string& path, const std::string& line) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) FailWrite(path);
  WriteAll(file, path, line + "\n");
}

// Through a file beside it: a kill leaves the old text or the new one.
void Replace(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  std::error_code error;
  fs::remove(fresh, error);
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) FailWrite(fresh);
  WriteAll(file, fresh, text);
  fs::rename(fresh, path, error);
  if (error) FailUser("{}: cannot be written: {}", path, error.message());
}

// Whole lines that are worth keeping; a last line without its end is torn.
std::vector<std::string> KeepLines(const std::string& path,
                                   const std::function<bool(const std::string&)>& keep) {
  std::vector<std::string> kept;
  std::string text;
  const std::string all = ReadTextFile(path).value_or("");
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = all.find('\n', begin);
    if (end == std::string::npos) break;
    const std::string line = all.substr(begin, end - begin);
    begin = end + 1;
    if (!keep(line)) continue;
    kept.push_back(line);
    text += line + "\n";
  }
  if (text != all) Replace(path, text);
  return kept;
}

// Of a line of a side file; empty where it has none.
std::string NameIn(const std::string& line) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("name") || !json["name"].is_string()) return {};
  return json["name"].get<std::string>();
}

using Leaves = std::map<std::string, std::string>;

// Every value of a text of JSON by its path, such as "1/flags/--n-gen"; none where it is no JSON.
Leaves LeavesOf(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  Leaves leaves;
  if (!json.is_structured()) return leaves;
  const nlohmann::json flat = json.flatten();
  for (const auto& [path, value] : flat.items()) leaves[path.substr(1)] = value.dump();
  return leaves;
}

// Where settings differ, the first few places.
std::string Differences(const std::string& earlier, const std::string& now) {
  constexpr std::size_t kMostTold = 3;
  const Leaves was = LeavesOf(earlier), is = LeavesOf(now);
  Leaves both = was;
  both.insert(is.begin(), is.end());
  const auto show = [](const Leaves& leaves, const std::string& path) {
    const auto found = leaves.find(path);
    return found == leaves.end() ? std::string("nothing") : found->second;
  };
  std::string text;
  std::size_t count = 0;
  for (const auto& [path, value] : both) {
    const std::string old = show(was, path), fresh = show(is, path);
    if (old == fresh || ++count > kMostTold) continue;
    text += fmt::format("{}{} was {}, is {}", text.empty() ? "" : "; ", path, old, fresh);
  }
  if (count > kMostTold) text += fmt::format("; and {} more", count - kMostTold);
  return text;
}

}  // namespace

ResultsFolder::ResultsFolder(std::string path, const std::string& settings, bool resume)
    : path_(std::move(path)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error || !fs::is_directory(path_)) FailUser("--out {}: no folder can be made there", path_);
  lock_ = std::make_unique<FolderLock>(path_);
  if (lock_->taken()) {
    FailUser("--out {}: another run writes there; wait for its end, or give another folder", path_);
  }
  const std::optional<std::string> earlier = ReadTextFile(In(kSettings));
  if (earlier && !resume) {
    FailUser("--out {}: has results already; --resume goes on with them, or give another folder",
             path_);
  }
  if (earlier && *earlier != settings + "\n") {
    FailUser(
        "--out {}: its results are of a run with other settings (run.json: {}); give another "
        "folder, or the same flags and files",
        path_, Differences(*earlier, settings));
  }
  if (earlier) {
    TakeUp();
  } else {
    for (const char* file : kRowFiles) {
      if (!fs::exists(In(file))) continue;
      FailUser("--out {}: has {}, but no {} that says of which run; give another folder", path_,
               file, kSettings);
    }
    Replace(In(kSettings), settings + "\n");
  }
}

FolderLock::FolderLock(const std::string& path)
    : file_(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  // Some network file systems have no locks: they go without.
  taken_ = file_ >= 0 && flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) close(file_);
}

void ResultsFolder::TakeUp() {
  for (const char* file : kRowFiles) {
    int number = 0;
    KeepLines(In(file), [&](const std::string& line) {
      Remember(ParseResultRow(line, fmt::format("{}: line {}", In(file), ++number)));
      return true;
    });
  }
  for (const char* file : kSideFiles) {
    KeepLines(In(file), [&](const std::string& line) { return Find(NameIn(line)) != nullptr; });
  }
}

void ResultsFolder::Remember(const ResultRow& row) {
  if (!by_name_.emplace(row.name, rows_.size()).second) {
    FailUser("{}: the row {} stands there twice; give another folder", path_, row.name);
  }
  rows_.push_back(row);
}

const ResultRow* ResultsFolder::Find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &rows_[found->second];
}

void ResultsFolder::Add(const ResultRow& row, const std::vector<SideLine>& side) {
  for (const auto& [file, line] : side) AppendLine(In(file + ".jsonl"), line);
  AppendLine(In(FileOfRow(row)), ToJson(row));
  Remember(row);
}

void ResultsFolder::Write(const std::string& file, const std::string& text) const {
  Replace(In(file), text);
}

}  // namespace jupiter
