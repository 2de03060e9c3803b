// What decoding steps take on the session that is about to decode, by their rows.
#pragma once

#include <map>
#include <vector>

#include "parallel/session/session.h"

namespace jupiter {

struct StepSeconds {
  double plain = 0;            // of a step without drafts
  std::map<int, double> rows;  // of a verification step, by its rows

  // Between measured row counts in a straight line, above the last one in proportion. More rows
  // never take less, and none less than a plain step: what falls below is noise.
  double At(int rows) const;
};

// Medians of the seconds between two verdicts at the source, of plain steps and of verification
// steps with each of these numbers of rows (root counted, above 1 and at most those of the
// session), with all that the head does for drafts. Measured in turn for about a second, three of
// each at least, behind a prompt of at most 64 tokens. Collective; the result has contents at the
// source only. CHECKs that the session has room for two tokens at least.
StepSeconds MeasureSteps(Transport& transport, Session& session, int prompt_tokens,
                         const std::vector<int>& rows);

}  // namespace jupiter
