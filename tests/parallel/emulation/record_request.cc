#include "tests/parallel/emulation/record_request.h"

#include <gtest/gtest.h>

#include <variant>

#include "parallel/transport/record_gather.h"

namespace jupiter {

RunRecord RecordRequest(Transport& transport, Device& device, Checkpoint& checkpoint,
                        const SessionOptions& options) {
  Session session(transport, device, checkpoint, options);
  session.Load();
  EXPECT_EQ(session.bytes_read() == 0, !device.holds_data());
  Request request;
  request.prompt.assign(static_cast<std::size_t>(options.prompt_tokens), 1);
  request.max_tokens = options.max_tokens;
  Recorder recorder(transport.rank(), /*timed=*/false);
  const Generation generation = session.Run(request, {}, &recorder);
  EXPECT_EQ(std::ssize(generation.tokens), transport.rank() == 0 ? options.max_tokens : 0);
  return GatherRecords(transport, recorder, "a request");
}

void DropOverheads(RunRecord& record) {
  const auto drop = [](auto* transfer) {
    if (transfer == nullptr) return;
    transfer->header_bytes = 0;
    if (transfer->channel == kHeadRowChannel) transfer->payload_bytes = 0;
  };
  for (RankRecord& rank : record.ranks) {
    for (Event& event : rank.events) {
      drop(std::get_if<SendEvent>(&event));
      drop(std::get_if<ReceiveEvent>(&event));
    }
  }
}

}  // namespace jupiter
