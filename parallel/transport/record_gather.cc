#include "parallel/transport/record_gather.h"

#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"
#include "planning/record/record_parse.h"

namespace jupiter {

RunRecord GatherRecords(Transport& transport, Recorder& recorder, const std::string& description) {
  const std::vector<std::string> texts = Gather(transport, ToText(recorder.Take()));
  RunRecord run;
  if (transport.rank() != 0) return run;
  run.description = description;
  for (int rank = 0; rank < transport.size(); ++rank) {
    const std::string& text = texts[static_cast<std::size_t>(rank)];
    run.ranks.push_back(ParsePeer(transport, rank, "the record of a run",
                                  [&] { return ParseRankRecord(text, "the record"); }));
  }
  return run;
}

}  // namespace jupiter
