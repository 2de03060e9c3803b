// What decoding steps take on the session that is about to decode, by their rows.
#pragma once

#include <map>
#include <vector>

#include "parallel/session/session.h"

namespace jupiter {

struct StepSeconds {
  double plain = 0;            // of a step without drafts
  std::map<int, double> rows;  // of a verification step, by its rows

  // In a straight line between measured row counts, in proportion above the last one. More rows
  // never take less, and no step less than a plain one: smaller values are noise.
  double At(int rows) const;
};

// Medians of the seconds between two verdicts at the source, for plain steps and for verification
// steps with each of these numbers of rows (root counted, above 1 and at most those of the
// session), with all that the head does for drafts. Measured in turn for about a second, at least
// three of each, after a prompt of at most 64 tokens. Collective; the result has contents at the
// source only. CHECKs that the session has room for at least two tokens.
StepSeconds MeasureSteps(Transport& transport, Session& session, int prompt_tokens,
                         const std::vector<int>& rows);

}  // namespace jupiter
