#include "bench/results/row_key.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "bench/results/result_row.h"
#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "planning/text/json_text.h"

namespace jupiter {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kSample = 1 << 16;  // bytes
constexpr std::int64_t kSamples = 256;

std::uint64_t HashFile(const fs::path& path, std::uint64_t hash) {
  std::error_code error;
  const auto size = static_cast<std::int64_t>(fs::file_size(path, error));
  if (error) return hash;
  hash = HashBytes(fmt::format("{} ", size), hash);
  // From the first byte to the last; one after the other where that is all of the file.
  const std::int64_t samples = std::min(kSamples, (size + kSample - 1) / kSample);
  if (samples == kSamples) {
    // What changes between the samples shows in when the file was written.
    const auto written = fs::last_write_time(path, error).time_since_epoch().count();
    hash = HashBytes(fmt::format("{} ", error ? 0 : written), hash);
  }
  std::ifstream file(path, std::ios::binary);
  std::string bytes(kSample, '\0');
  for (std::int64_t i = 0; i < samples; ++i) {
    const std::int64_t begin =
        samples < kSamples ? i * kSample : i * (size - kSample) / (samples - 1);
    file.clear();
    file.seekg(begin);
    file.read(bytes.data(), kSample);
    hash = HashBytes({bytes.data(), static_cast<std::size_t>(file.gcount())}, hash);
  }
  return hash;
}

// The value as a whole and its parts: "ngram,medusa:FILE" names FILE.
std::vector<std::string> PossiblePaths(const std::string& value) {
  std::vector<std::string> paths = {value};
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    const std::string part = value.substr(begin, end - begin);
    paths.push_back(part);
    const std::size_t colon = part.find(':');
    if (colon != std::string::npos) paths.push_back(part.substr(colon + 1));
    begin = end + 1;
  }
  return paths;
}

// By path.
Json FilesOf(const RowKey& key) {
  Json files = Json::object();
  for (const auto& [flag, value] : key.flags) {
    for (const std::string& path : PossiblePaths(value)) {
      std::error_code error;
      if (path.empty() || !fs::exists(path, error)) continue;
      files[path] = fmt::format("{:016x}", FingerprintPath(path));
    }
  }
  return files;
}

}  // namespace

std::uint64_t FingerprintPath(const std::string& path) {
  std::vector<fs::path> files;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    for (const auto& entry : fs::directory_iterator(path, error)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  } else {
    files.emplace_back(path);
  }
  std::uint64_t hash = HashBytes("");
  for (const fs::path& file : files) {
    if (files.size() > 1) hash = HashBytes(file.filename().string(), hash);
    if (fs::is_regular_file(file, error)) hash = HashFile(file, hash);
  }
  return hash;
}

std::string ToJson(const RowKey& key) {
  Json flags = Json::object();
  for (const auto& [flag, value] : key.flags) flags[flag] = value;
  Json inputs = Json::array();
  for (const std::string& text : key.inputs) {
    inputs.push_back(fmt::format("{:016x}", HashBytes(text)));
  }
  const Json json = {{"suite", key.suite},     {"schema_version", kResultSchemaVersion},
                     {"ranks", key.ranks},     {"flags", flags},
                     {"files", FilesOf(key)},  {"numerics", key.numerics},
                     {"devices", key.devices}, {"inputs", inputs}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace jupiter
