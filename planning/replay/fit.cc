#include "planning/replay/fit.h"

#include <cmath>

#include "kernels/base/check.h"
#include "planning/replay/testbed.h"

namespace jupiter {
namespace {

void CheckSizes(const RunRecord& record, const Testbed& testbed) {
  const std::size_t ranks = record.ranks.size();
  if (testbed.costs.size() != ranks) {
    FailUser("the record has {} ranks, the testbed {} devices: replay it on as many", ranks,
             testbed.costs.size());
  }
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    JUPITER_CHECK(testbed.costs[rank] != nullptr, "rank {} of {}", rank, ranks);
  }
  JUPITER_CHECK(testbed.speed.empty() || testbed.speed.size() == ranks, "{} speeds of {}",
                testbed.speed.size(), ranks);
  JUPITER_CHECK(testbed.links.size() == ranks, "links of {} ranks of {}", testbed.links.size(),
                ranks);
  for (const std::vector<Link>& row : testbed.links) {
    JUPITER_CHECK(row.size() == ranks, "links to {} ranks of {}", row.size(), ranks);
  }
}

void CheckLink(const Link& link, std::size_t from, std::size_t to) {
  if (!(link.bandwidth > 0) || !(link.efficiency > 0)) {
    FailUser(
        "the link from rank {} to rank {} has {} bit/s at efficiency {}, expected positive "
        "numbers",
        from, to, link.bandwidth, link.efficiency);
  }
  for (double seconds :
       {link.latency, link.wire_seconds, link.host_seconds, link.host_seconds_per_byte}) {
    if (!std::isfinite(seconds) || seconds < 0) {
      FailUser(
          "the link from rank {} to rank {} has a latency or overhead of {} s, expected a "
          "number from 0",
          from, to, seconds);
    }
  }
}

template <typename TransferEvent>
void CheckTransfer(const TransferEvent& transfer, int rank, std::size_t event, int ranks) {
  if (transfer.peer < 0 || transfer.peer >= ranks || transfer.peer == rank) {
    FailUser("rank {}, event {} exchanges a message with rank {}, expected another rank of {}",
             rank, event, transfer.peer, ranks);
  }
  if (transfer.header_bytes < 0 || transfer.payload_bytes < 0) {
    FailUser("rank {}, event {} is a message of {} + {} bytes, expected numbers from 0", rank,
             event, transfer.header_bytes, transfer.payload_bytes);
  }
}

}  // namespace

void CheckFit(const RunRecord& record, const Testbed& testbed) {
  CheckSizes(record, testbed);
  const std::size_t ranks = record.ranks.size();
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    for (std::size_t to = 0; to < ranks; ++to) {
      if (to != rank) CheckLink(testbed.links[rank][to], rank, to);
    }
    const std::vector<Event>& events = record.ranks[rank].events;
    for (std::size_t i = 0; i < events.size(); ++i) {
      const auto check = [&](const auto& transfer) {
        CheckTransfer(transfer, static_cast<int>(rank), i, static_cast<int>(ranks));
      };
      if (const auto* send = std::get_if<SendEvent>(&events[i])) check(*send);
      if (const auto* receive = std::get_if<ReceiveEvent>(&events[i])) check(*receive);
    }
  }
}

}  // namespace jupiter
