#include "parallel/transport/agreement.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

void SendText(Transport& transport, int destination, std::string_view text) {
  Message message(0, text.size());
  if (!text.empty()) std::memcpy(message.payload().data(), text.data(), text.size());
  transport.Send(destination, Channel::kControl, std::move(message));
}

std::string ReceiveText(Transport& transport, int source, std::string_view operation) {
  const Message message = transport.Receive(source, Channel::kControl, operation);
  const std::span<std::byte> payload = message.payload();
  return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

// Texts as one: each with its length in decimal before it ("5:hello").
std::string Join(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += fmt::format("{}:{}", text.size(), text);
  return joined;
}

std::vector<std::string> SplitTexts(const std::string& joined) {
  std::vector<std::string> texts;
  std::size_t at = 0;
  while (at < joined.size()) {
    const std::size_t colon = joined.find(':', at);
    JUPITER_CHECK(colon != std::string::npos);
    const std::size_t length = std::stoul(joined.substr(at, colon - at));
    texts.push_back(joined.substr(colon + 1, length));
    at = colon + 1 + length;
  }
  return texts;
}

std::string SharedError(const Context& context, const std::vector<std::string>& errors) {
  const auto failed = [](const std::string& error) { return !error.empty(); };
  const auto first = std::find_if(errors.begin(), errors.end(), failed);
  if (std::count(errors.begin(), errors.end(), *first) == std::ssize(errors)) return *first;
  const auto count = std::count_if(errors.begin(), errors.end(), failed);
  return fmt::format("{}: {} ({} of {} ranks failed)",
                     context.Describe(static_cast<int>(first - errors.begin())), *first, count,
                     errors.size());
}

}  // namespace

std::string Broadcast(Transport& transport, std::string text, int root) {
  if (transport.rank() != root) return ReceiveText(transport, root, "a text for all ranks");
  for (int peer = 0; peer < transport.size(); ++peer) {
    if (peer != root) SendText(transport, peer, text);
  }
  return text;
}

std::vector<std::string> Gather(Transport& transport, std::string text) {
  if (transport.rank() != 0) {
    SendText(transport, 0, text);
    return {};
  }
  std::vector<std::string> texts = {std::move(text)};
  for (int peer = 1; peer < transport.size(); ++peer) {
    texts.push_back(ReceiveText(transport, peer, "its text for rank 0"));
  }
  return texts;
}

std::vector<std::string> AllGather(Transport& transport, std::string text) {
  const std::vector<std::string> texts = Gather(transport, std::move(text));
  return SplitTexts(Broadcast(transport, Join(texts), 0));
}

void AgreeOrThrow(Transport& transport, const std::string& local_error) {
  const std::vector<std::string> errors = AllGather(transport, local_error);
  const auto fine = [](const std::string& error) { return error.empty(); };
  if (!std::all_of(errors.begin(), errors.end(), fine)) {
    throw UserError(SharedError(transport.context(), errors));
  }
}

}  // namespace jupiter
