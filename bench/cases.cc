#include "bench/cases.h"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "bench/report_text.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

std::string ToText(const Command& command) {
  return fmt::format("{} {} {} {} {}", static_cast<int>(command.kind),
                     command.which.strategy.empty() ? "-" : command.which.strategy,
                     command.which.prompt_tokens, command.which.tokens,
                     command.which.all_cores ? 1 : 0);
}

}  // namespace

std::string ShortModelName(const std::string& model) {
  std::string name = model;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  return ReportText(name.substr(name.rfind('/') + 1));
}

std::string CaseName(const std::string& model, const Case& which) {
  return fmt::format("real/{}/{}{}/pp{}/tg{}", ShortModelName(model), which.strategy,
                     which.all_cores ? "-all-cores" : "", which.prompt_tokens, which.tokens);
}

void SendCommand(Transport& transport, const Command& command) {
  const std::string text = ToText(command);
  for (int rank = 1; rank < transport.size(); ++rank) {
    Message message(text.size(), 0);
    std::memcpy(message.header().data(), text.data(), text.size());
    transport.Send(rank, Channel::kControl, std::move(message));
  }
}

Command ReceiveCommand(Transport& transport) {
  const Message message = transport.Receive(0, Channel::kControl, "the next command");
  std::istringstream fields(
      std::string(reinterpret_cast<const char*>(message.header().data()), message.header().size()));
  Command command;
  int kind = 0;
  fields >> kind >> command.which.strategy >> command.which.prompt_tokens >> command.which.tokens >>
      command.which.all_cores;
  if (fields.fail() || kind < 0 || kind > static_cast<int>(Command::Kind::kStop)) {
    throw PeerError("rank 0 sent a command that cannot be read");
  }
  command.kind = static_cast<Command::Kind>(kind);
  return command;
}

}  // namespace jupiter
