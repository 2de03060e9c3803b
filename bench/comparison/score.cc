#include "bench/comparison/score.h"

#include <algorithm>
#include <filesystem>

#include "bench/comparison/accounting.h"
#include "bench/paper/csv.h"
#include "bench/paper/systems.h"
#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr const char* kSystem = "Jupiter";
// Before the rows were open; experiments/paper/frozen/README.md says what each predicted.
constexpr const char* kFrozen[] = {"e0f1bfb", "c878f6b", "d871e71"};

// Ours of one row: `answer` under the system's policy, `question` decoded plainly, if it has run.
void TakeOurs(const ResultRow& answer, const ResultRow* question, ScoredRow& scored) {
  scored.whole_s = answer.e2e_s;
  if (question != nullptr) scored.prefill_ms = question->prefill_ms_per_token;
  scored.decode_ms = answer.decode_ms_per_token;
  scored.published_way_s = PublishedWay(answer, question);
  if (!scored.published_way_s) return;
  const double prefill = answer.prompt_tokens * *scored.prefill_ms / 1e3;
  if (answer.settled_ms_per_token) {
    scored.settled_s = prefill + answer.gen_tokens / 1e3 * *answer.settled_ms_per_token;
  }
  if (answer.round_s) {
    scored.by_rounds_s =
        prefill + answer.gen_tokens * *answer.round_s / (answer.requests * answer.tokens_per_step);
  }
}

std::optional<double> MsOf(const PublishedBar* bar) {
  if (bar == nullptr) return std::nullopt;
  return bar->ms_per_token;
}

}  // namespace

JupiterRows::JupiterRows(const std::string& folder)
    : published_(folder + "/jupiter", {kSystem}), frozen_(ScoreFrozen(folder + "/frozen")) {}

bool JupiterRows::AreIn(const std::string& folder) {
  return std::filesystem::exists(folder + "/jupiter");
}

const PublishedCell* JupiterRows::Cell(const TableRow& row) const {
  const PublishedCell* cell = published_.Cell(row.env, row.mbps(), row.model, kSystem);
  return cell == nullptr || cell->oom ? nullptr : cell;
}

const PublishedBar* JupiterRows::Bar(const TableRow& row, const std::string& phase) const {
  const PublishedBar* bar = published_.Bar(row.env, row.mbps(), row.model, phase, kSystem);
  return bar == nullptr || bar->oom ? nullptr : bar;
}

std::vector<ScoredRow> JupiterRows::Score(const RowIndex& rows, const PaperExperiment& experiment,
                                          const std::string& profile) const {
  std::vector<ScoredRow> scored;
  const std::vector<std::string> policies = experiment.PoliciesOf(kJupiterSystem);
  for (const TableRow& row : TableRowsOf(experiment)) {
    const PublishedCell* cell = Cell(row);
    const ResultRow* answer = rows.Find(profile, row, kJupiterSystem, policies.front());
    const ResultRow* question = rows.Find(profile, row, kJupiterSystem, "plain");
    if (cell == nullptr || answer == nullptr) continue;
    ScoredRow& one = scored.emplace_back();
    one.row = row;
    one.published_s = cell->seconds;
    one.published_prefill_ms = MsOf(Bar(row, "prefill"));
    one.published_decode_ms = MsOf(Bar(row, "decode"));
    TakeOurs(*answer, question, one);
  }
  return scored;
}

std::vector<FrozenPrediction> JupiterRows::ScoreFrozen(const std::string& folder) const {
  std::vector<FrozenPrediction> all;
  for (const char* commit : kFrozen) {
    const std::size_t first = all.size();
    ReadCsv(fmt::format("{}/{}.csv", folder, commit),
            "env,bandwidth_mbps,model,system,reading,e2e_s,low_s,high_s", [&](const CsvLine& line) {
              const PublishedCell* cell =
                  published_.Cell(line.fields[0], line.Mbps(1), line.fields[2], kSystem);
              if (cell == nullptr || cell->oom) return;
              const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
              auto found = std::find_if(begin, all.end(), [&](const FrozenPrediction& known) {
                return known.reading == line.fields[4];
              });
              if (found == all.end()) found = all.insert(found, {commit, line.fields[4], {}});
              found->errors.push_back(line.Number(5) / cell->seconds - 1);
              found->inside += line.Number(6) <= cell->seconds && cell->seconds <= line.Number(7);
            });
  }
  return all;
}

}  // namespace jupiter
