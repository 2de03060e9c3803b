#include "bench/generate/requests.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "bench/flags/prompt.h"
#include "bench/flags/text_file.h"
#include "kernels/base/check.h"
#include "planning/text/json_reader.h"

namespace jupiter {
namespace {

constexpr std::size_t kMostRequests = 10'000;

std::string Place(const std::string& source, int line) {
  return fmt::format("{}: line {}", source, line);
}

// One line of the file.
class RequestReader {
 public:
  explicit RequestReader(const JsonText& json)
      : reader_(json, "a request"), place_(json.Where("")) {
    reader_.ExpectOnly({"id", "prompt", "prompt_ids", "tokens"});
  }

  TextRequest Read() const {
    TextRequest request;
    ReadPrompt(request);
    if (reader_.Has("id")) request.id = ReadId(reader_.Get("id"));
    if (reader_.Has("tokens")) request.tokens = reader_.Number("tokens", 1);
    return request;
  }

 private:
  void ReadPrompt(TextRequest& request) const {
    if (reader_.Has("prompt") == reader_.Has("prompt_ids")) {
      FailUser("{}: expected one of prompt and prompt_ids, got {}", place_,
               reader_.Has("prompt") ? "both" : "none");
    }
    if (reader_.Has("prompt_ids")) {
      request.prompt_ids = reader_.Numbers("prompt_ids", 0);
      return;
    }
    request.prompt = reader_.Word("prompt");
    if (request.prompt.empty()) FailUser("{}: prompt is empty; give some text", place_);
  }

  std::string ReadId(const Json& value) const {
    constexpr std::size_t kMost = 100;
    if (value.is_number_integer()) return value.dump();
    const bool is_text = value.is_string();
    const std::string text = is_text ? value.get<std::string>() : "";
    const bool printable = std::none_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (!is_text || text.empty() || text.size() > kMost || !printable) {
      reader_.Fail("id", value, fmt::format("a number, or 1 to {} printable bytes", kMost));
    }
    return text;
  }

  JsonReader reader_;
  std::string place_;
};

bool IsBlankLine(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

TextRequest ParseRequest(std::string_view text, const std::string& source, int line) {
  constexpr const char* kExpected = "one object, such as {\"prompt\": \"Once upon a time\"}";
  const JsonText json = ParseJsonText(text, source, kExpected, line);
  return RequestReader(json).Read();
}

// Names requests that have no name, and refuses names that stand twice.
void SettleIds(std::vector<TextRequest>& requests, const std::string& source) {
  std::map<std::string, int> line_of;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    TextRequest& request = requests[i];
    if (request.id.empty()) request.id = fmt::format("{}", i + 1);
    const auto [entry, added] = line_of.emplace(request.id, request.line);
    if (!added) {
      FailUser("{}: the id {} is that of line {}, too; a request without an id has its position",
               Place(source, request.line), request.id, entry->second);
    }
  }
}

}  // namespace

std::vector<TextRequest> ParseRequests(const std::string& text, const std::string& source) {
  std::vector<TextRequest> requests;
  std::string_view rest = text;
  for (int line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (!IsBlankLine(rest.substr(0, end))) {
      if (requests.size() == kMostRequests) {
        FailUser("{}: more than {} requests; split the file", Place(source, line), kMostRequests);
      }
      requests.push_back(ParseRequest(rest.substr(0, end), source, line));
      requests.back().line = line;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (requests.empty()) {
    FailUser("{}: no requests; expected lines such as {{\"prompt\": \"Once upon a time\"}}",
             source);
  }
  SettleIds(requests, source);
  return requests;
}

std::vector<TextRequest> ReadRequests(const std::string& path) {
  const std::optional<std::string> text = ReadTextFile(path);
  if (!text) FailUser("--requests {}: cannot be read", path);
  return ParseRequests(*text, path);
}

std::vector<std::int32_t> PromptIds(const TextRequest& request, const std::string& source,
                                    const Tokenizer* tokenizer, const ModelConfig& config) {
  const std::string place = Place(source, request.line);
  if (request.prompt.empty()) {
    CheckIds(request.prompt_ids, config, place);
    return request.prompt_ids;
  }
  if (tokenizer == nullptr) {
    FailUser("{}: a text, but there is no tokenizer; give prompt_ids, or --tokenizer FILE", place);
  }
  std::vector<std::int32_t> ids = tokenizer->EncodePrompt(request.prompt);
  CheckIds(ids, config, place);
  return ids;
}

}  // namespace jupiter
