#include "model/loaders/medusa_layout.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"

namespace jupiter {
namespace {

struct ParsedName {
  std::string prefix;
  int head = 0;
  int part = 0;  // the block, or the number of blocks before an output matrix
  bool output = false;
};

// Whole numbers as they are written by machines: digits alone, no leading zeros.
std::optional<int> ParseIndex(std::string_view text) {
  int index = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, index);
  const bool whole = error == std::errc() && last == end && index >= 0;
  return whole && std::to_string(index) == text ? std::optional(index) : std::nullopt;
}

std::vector<std::string_view> SplitAtDots(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    parts.push_back(text.substr(0, dot));
    text.remove_prefix(dot + 1);
  }
  parts.push_back(text);
  return parts;
}

std::optional<ParsedName> ParseName(const std::string& name) {
  const std::vector<std::string_view> parts = SplitAtDots(name);
  const auto number = std::find_if(parts.begin(), parts.end(), [](std::string_view part) {
    return ParseIndex(part).has_value();
  });
  const auto left = parts.end() - number;
  if (left != 3 && left != 4) return std::nullopt;
  const std::optional<int> part = ParseIndex(number[1]);
  if (!part.has_value()) return std::nullopt;
  const bool block =
      left == 4 && number[2] == "linear" && (number[3] == "weight" || number[3] == "bias");
  const bool output = left == 3 && number[2] == "weight";
  if (!block && !output) return std::nullopt;
  const auto prefix = static_cast<std::size_t>(number->data() - name.data());
  return ParsedName{name.substr(0, prefix), *ParseIndex(*number), *part, output};
}

ParsedName ParseOrRefuse(const std::string& path, const std::string& name) {
  const std::optional<ParsedName> parsed = ParseName(name);
  if (!parsed.has_value()) {
    FailUser(
        "{}: tensor {} is not one of Medusa heads, which have names such as 0.0.linear.weight, "
        "0.0.linear.bias and 0.1.weight",
        path, Quote(name));
  }
  if (parsed->head >= kMostMedusaHeads || parsed->part > kMostMedusaBlocks) {
    FailUser("{}: tensor {}: expected at most {} heads of at most {} blocks", path, Quote(name),
             kMostMedusaHeads, kMostMedusaBlocks);
  }
  return *parsed;
}

// Which numbers occur, and what has them.
struct Found {
  std::set<int> heads;
  std::set<std::string> prefixes;
  int blocks = 0;
  std::vector<std::pair<ParsedName, std::string>> outputs;
};

Found FindAll(const std::string& path, const std::vector<std::string>& names) {
  Found found;
  for (const std::string& name : names) {
    const ParsedName parsed = ParseOrRefuse(path, name);
    found.heads.insert(parsed.head);
    found.prefixes.insert(parsed.prefix);
    if (parsed.output) {
      found.outputs.emplace_back(parsed, name);
    } else {
      found.blocks = std::max(found.blocks, parsed.part + 1);
    }
  }
  return found;
}

void CheckNoGap(const std::string& path, const std::set<int>& heads) {
  int next = 0;
  for (const int head : heads) {
    if (head != next) {
      FailUser("{}: holds head {} but no head {}; heads are counted from 0 without gaps", path,
               head, next);
    }
    ++next;
  }
}

}  // namespace

std::string MedusaBlockWeight(int head, int block) {
  return fmt::format("{}.{}.linear.weight", head, block);
}

std::string MedusaBlockBias(int head, int block) {
  return fmt::format("{}.{}.linear.bias", head, block);
}

std::string MedusaOutput(int head, int blocks) { return fmt::format("{}.{}.weight", head, blocks); }

std::vector<TensorInfo> MedusaTensors(const MedusaLayout& layout, const ModelConfig& config) {
  std::vector<TensorInfo> tensors;
  for (int head = 0; head < layout.heads; ++head) {
    for (int block = 0; block < layout.blocks; ++block) {
      tensors.push_back(
          {MedusaBlockWeight(head, block), DType::kF32, config.hidden, config.hidden});
      tensors.push_back({MedusaBlockBias(head, block), DType::kF32, 1, config.hidden});
    }
    if (!layout.own_output) continue;
    tensors.push_back(
        {MedusaOutput(head, layout.blocks), DType::kF32, config.vocab, config.hidden});
  }
  return tensors;
}

MedusaNames ReadMedusaNames(const std::string& path, const std::vector<std::string>& names) {
  const Found found = FindAll(path, names);
  if (found.heads.empty()) FailUser("{}: the file holds no tensors, expected Medusa heads", path);
  if (found.prefixes.size() > 1) {
    FailUser("{}: names begin with {} and with {}, expected the same for all heads", path,
             Quote(*found.prefixes.begin()), Quote(*found.prefixes.rbegin()));
  }
  CheckNoGap(path, found.heads);
  for (const auto& [output, name] : found.outputs) {
    if (output.part == found.blocks) continue;
    FailUser(
        "{}: tensor {} is missing or misplaced: heads have {} blocks here, so an output "
        "matrix is {}; found {}",
        path, Quote(*found.prefixes.begin() + MedusaOutput(output.head, found.blocks)),
        found.blocks, Quote(MedusaOutput(output.head, found.blocks)), Quote(name));
  }
  return {{static_cast<int>(found.heads.size()), found.blocks, !found.outputs.empty()},
          *found.prefixes.begin()};
}

}  // namespace jupiter
