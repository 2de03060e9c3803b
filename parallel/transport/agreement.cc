#include "parallel/transport/agreement.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>
#include <utility>

#include "kernels/base/check.h"
#include "parallel/transport/peer_bytes.h"

namespace jupiter {
namespace {

void SendText(Transport& transport, int destination, std::string_view text) {
  Message message(0, text.size());
  if (!text.empty()) std::memcpy(message.payload().data(), text.data(), text.size());
  transport.Send(destination, Channel::kControl, std::move(message));
}

std::string ReceiveText(Transport& transport, int source, std::string_view operation) {
  const Message message = transport.Receive(source, Channel::kControl, operation);
  if (!message.header().empty()) {
    transport.FailPeer(source, operation, "this is another message, with a header");
  }
  const std::span<std::byte> payload = message.payload();
  return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

constexpr const char* kTextsOfAll = "the texts of all ranks";

std::string SharedError(const Context& context, const std::vector<std::string>& errors) {
  const auto failed = [](const std::string& error) { return !error.empty(); };
  const auto first = std::find_if(errors.begin(), errors.end(), failed);
  if (std::count(errors.begin(), errors.end(), *first) == std::ssize(errors)) return *first;
  const auto count = std::count_if(errors.begin(), errors.end(), failed);
  return fmt::format("{}: {} ({} of {} ranks failed)",
                     context.Describe(static_cast<int>(first - errors.begin())), *first, count,
                     errors.size());
}

// `what`: in errors.
std::string BroadcastAs(Transport& transport, std::string text, int root, std::string_view what) {
  if (transport.rank() != root) return ReceiveText(transport, root, what);
  for (int peer = 0; peer < transport.size(); ++peer) {
    if (peer != root) SendText(transport, peer, text);
  }
  return text;
}

}  // namespace

std::string JoinTexts(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += fmt::format("{}:{}", text.size(), text);
  return joined;
}

std::vector<std::string> SplitTexts(std::string_view joined, int count) {
  std::vector<std::string> texts;
  while (!joined.empty()) {
    const char* const end = joined.data() + joined.size();
    std::size_t length = 0;
    const auto [colon, error] = std::from_chars(joined.data(), end, length);
    const auto left = static_cast<std::size_t>(end - colon);
    if (error != std::errc() || left == 0 || *colon != ':' || length > left - 1) {
      throw PeerError(
          fmt::format("text {} of {} has no length, or ends early", texts.size(), count));
    }
    texts.emplace_back(colon + 1, length);
    joined.remove_prefix(joined.size() - (left - 1 - length));
  }
  if (std::ssize(texts) != count) {
    throw PeerError(fmt::format("{} texts, expected {}", texts.size(), count));
  }
  return texts;
}

std::string Broadcast(Transport& transport, std::string text, int root) {
  return BroadcastAs(transport, std::move(text), root, "a text for all ranks");
}

int BroadcastNumber(Transport& transport, int number, int root) {
  const std::string text = Broadcast(transport, fmt::format("{}", number), root);
  ReadFields(transport, root, "a number for all ranks", text, number);
  return number;
}

bool BroadcastFlag(Transport& transport, bool flag, int root) {
  const std::string text = Broadcast(transport, flag ? "1" : "0", root);
  ReadFields(transport, root, "yes or no for all ranks", text, flag);
  return flag;
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
  const std::string joined = BroadcastAs(transport, JoinTexts(texts), 0, kTextsOfAll);
  return ParsePeer(transport, 0, kTextsOfAll, [&] { return SplitTexts(joined, transport.size()); });
}

void AgreeOrThrow(Transport& transport, const std::string& local_error) {
  const std::vector<std::string> errors = AllGather(transport, local_error);
  const auto fine = [](const std::string& error) { return error.empty(); };
  if (!std::all_of(errors.begin(), errors.end(), fine)) {
    throw UserError(SharedError(transport.context(), errors));
  }
}

}  // namespace jupiter
