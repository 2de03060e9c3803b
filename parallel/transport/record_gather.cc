#include "parallel/transport/record_gather.h"

#include "parallel/transport/agreement.h"

namespace jupiter {

RunRecord GatherRecords(Transport& transport, Recorder& recorder, const std::string& description) {
  const std::vector<std::string> texts = Gather(transport, ToText(recorder.Take()));
  RunRecord run;
  if (transport.rank() != 0) return run;
  run.description = description;
  for (std::size_t rank = 0; rank < texts.size(); ++rank) {
    const std::string source =
        "the record of " + transport.context().Describe(static_cast<int>(rank));
    run.ranks.push_back(ParseRankRecord(texts[rank], source));
  }
  return run;
}

}  // namespace jupiter
