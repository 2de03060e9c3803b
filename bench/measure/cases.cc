#include "bench/measure/cases.h"

#include <charconv>
#include <cstring>
#include <string_view>

#include "bench/report/report_text.h"
#include "kernels/base/check.h"

namespace jupiter {

std::string ShortModelName(const std::string& model) {
  std::string name = model;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  return ReportText(name.substr(name.rfind('/') + 1));
}

std::string DraftsOf(const Case& which, const std::vector<DraftFlags>& draftings) {
  if (which.drafting < 0) return {};
  return ParseDraft(draftings.at(static_cast<std::size_t>(which.drafting))).name();
}

std::string CaseName(const std::string& model, const Case& which, const std::string& drafts) {
  return fmt::format("real/{}/{}{}{}{}/pp{}/tg{}", ShortModelName(model), which.strategy,
                     which.all_cores ? "-all-cores" : "", drafts.empty() ? "" : "/", drafts,
                     which.prompt_tokens, which.tokens);
}

void SendCommand(Transport& transport, const Command& command) {
  const std::string text = fmt::format("{} {}", command.suite, command.text);
  for (int rank = 1; rank < transport.size(); ++rank) {
    Message message(text.size(), 0);
    std::memcpy(message.header().data(), text.data(), text.size());
    transport.Send(rank, Channel::kControl, std::move(message));
  }
}

Command ReceiveCommand(Transport& transport) {
  const Message message = transport.Receive(0, Channel::kControl, "the next command");
  const std::string_view text(reinterpret_cast<const char*>(message.header().data()),
                              message.header().size());
  Command command;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, command.suite);
  if (error != std::errc() || rest == end || *rest != ' ') {
    transport.FailPeer(0, "the next command", fmt::format("'{}' names no suite", text));
  }
  command.text.assign(rest + 1, end);
  return command;
}

}  // namespace jupiter
