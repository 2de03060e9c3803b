// A file mapped read-only.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace jupiter {

class MappedFile {
 public:
  // Throws UserError with the path and the system's reason.
  static std::shared_ptr<const MappedFile> Open(const std::string& path);
  // For tests and fuzzers: bytes in memory that look like a file.
  static std::shared_ptr<const MappedFile> FromBytes(std::string name, std::string bytes);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  // The pages are no longer needed; they are read again when touched.
  void DropPages() const;

 private:
  MappedFile() = default;
  std::string path_;
  std::string memory_;  // of FromBytes
  std::span<const std::byte> bytes_;
};

}  // namespace jupiter
