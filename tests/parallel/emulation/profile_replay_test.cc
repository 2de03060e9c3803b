// Replays of recorded runs under the calibrated profiles are what the closed form says that they
// were fitted with: every system, environment, bandwidth and model, prompt and steps apart.
//
// The closed form leaves out what frames, headers and the row for the head put on the wire. So does
// the comparison, first; then what they add is compared with their bytes.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "planning/plan/slices.h"
#include "planning/replay/simulator.h"
#include "planning/replay/testbed.h"
#include "planning/replay/testbed_profile.h"
#include "planning/replay/testbed_profile_parse.h"
#include "tests/parallel/emulation/record_request.h"
#include "tests/parallel/mpi_main.h"

namespace jupiter {
namespace {

constexpr int kPrompt = 256;
constexpr int kSteps = 2;

// A line of closed-form.csv.
struct Cell {
  std::string reading;
  std::string env;
  double bandwidth = 0;  // bit/s; 0: none needed
  std::string model;     // lower case
  std::string system;
  std::string phase;
  double seconds = 0;

  std::string Name() const {
    return fmt::format("{} {} {:g} {} {} {}", reading, env, bandwidth / 1e6, model, system, phase);
  }
};

std::string InExperiments(const std::string& path) {
  return std::string(JUPITER_EXPERIMENTS) + "/" + path;
}

std::vector<Cell> ReadCells() {
  std::ifstream file(InExperiments("profiles/closed-form.csv"));
  std::vector<Cell> cells;
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "reading,env,bandwidth_mbps,model,system,phase,seconds");
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::vector<std::string> words;
    for (std::string word; std::getline(fields, word, ',');) words.push_back(word);
    std::transform(words[3].begin(), words[3].end(), words[3].begin(), ::tolower);
    cells.push_back({words[0], words[1], std::stod(words[2]) * 1e6, words[3], words[4], words[5],
                     std::stod(words[6])});
  }
  return cells;
}

std::string StrategyOf(const std::string& system) {
  const std::map<std::string, std::string> names = {
      {"local", "local"},      {"SP", "sequence"},   {"M-LM", "megatron"},
      {"DT", "detransformer"}, {"Galaxy", "galaxy"}, {"EdgeShard", "edgeshard"}};
  return names.at(system);
}

// Seconds of the prompt, or of one token.
double PhaseSeconds(const Replay& replay, const std::string& phase, double tokens_per_step) {
  double first = 0;
  double last = 0;
  for (const MarkTime& mark : replay.ranks.front().marks) {
    if (mark.kind == MarkKind::kFirstToken) first = mark.time;
    if (mark.kind == MarkKind::kToken) last = mark.time;
  }
  return phase == "prefill" ? first : (last - first) / kSteps / tokens_per_step;
}

// Bytes that DropOverheads takes away, of all ranks.
std::int64_t OverheadBytes(const RunRecord& record) {
  std::int64_t bytes = 0;
  for (const RankRecord& rank : record.ranks) {
    for (const Event& event : rank.events) {
      const auto* send = std::get_if<SendEvent>(&event);
      if (send == nullptr) continue;
      bytes += send->header_bytes;
      if (send->channel == kHeadRowChannel) bytes += send->payload_bytes;
    }
  }
  return bytes;
}

class Runs {
 public:
  Runs() : transport_(TestContext()), device_(MakeDevice("recording", {})) {}

  const TestbedProfile& ProfileOf(const std::string& reading) {
    const std::string name = reading == "plain" ? "paper-calibrated" : "paper-calibrated-trees";
    auto found = profiles_.find(name);
    if (found == profiles_.end()) {
      const std::string path = InExperiments("profiles/" + name + ".yaml");
      found = profiles_.emplace(name, LoadTestbedProfile(path)).first;
    }
    return found->second;
  }

  const RunRecord& RecordOf(const Cell& cell) {
    const TestbedProfile& profile = ProfileOf(cell.reading);
    const int rows = StepShapeOf(profile, cell.model).rows;
    const std::string strategy = StrategyOf(cell.system);
    SessionOptions options;
    options.plan.strategy = strategy;
    options.plan.wire = DType::kF16;
    options.prompt_tokens = kPrompt;
    options.max_tokens = kSteps + 1;
    options.step_rows = rows;
    // As its planner does under this law, which charges every slice for unpacking.
    if (strategy == "local") options.plan.slices = ChunksOf(kPrompt);
    FollowPlan(profile, cell, options);
    const std::string key =
        fmt::format("{} {} {} {} {}", strategy, cell.model, rows,
                    fmt::join(options.plan.layers, ","), Show(options.plan.shares));
    auto found = records_.find(key);
    if (found == records_.end())
      found = records_.emplace(key, RecordModel(cell.model, options)).first;
    return found->second;
  }

 private:
  static void FollowPlan(const TestbedProfile& profile, const Cell& cell, SessionOptions& options) {
    for (const ProfilePlan& plan : profile.plans) {
      if (plan.env != cell.env || plan.model != cell.model) continue;
      if (options.plan.strategy == "galaxy") {
        options.plan.shares.heads = plan.galaxy_heads;
        options.plan.shares.columns = plan.galaxy_columns;
        options.plan.overlap = profile.collectives.galaxy_overlap;
      }
      if (options.plan.strategy == "edgeshard") {
        options.split = LayerSplit::kGiven;
        options.plan.layers = plan.edgeshard_layers;
      }
      return;
    }
    ADD_FAILURE() << "no plan for " << cell.Name();
  }

  RunRecord RecordModel(const std::string& model, const SessionOptions& options) {
    const auto checkpoint = OpenCheckpoint("synthetic:" + model + ":q4_0");
    return RecordRequest(transport_, *device_, *checkpoint, options);
  }

  Transport transport_;
  std::unique_ptr<Device> device_;
  std::map<std::string, TestbedProfile> profiles_;
  std::map<std::string, RunRecord> records_;
};

// Any where there are no messages.
double BandwidthOf(const Cell& cell) { return cell.bandwidth == 0 ? 1e9 : cell.bandwidth; }

double SecondsOf(const Cell& cell, const TestbedProfile& profile, const RunRecord& record) {
  const Cluster cluster =
      LoadCluster(InExperiments(cell.env == "A" ? "clusters/env-a.yaml" : "clusters/env-b.yaml"));
  const Testbed testbed =
      TestbedOf(profile, AtBandwidth(cluster, BandwidthOf(cell)),
                FindTraits(StrategyOf(cell.system)).exchange, cell.model, record);
  return PhaseSeconds(Simulate(record, testbed), cell.phase, profile.decoding.tokens_per_step);
}

TEST(ProfileReplayTest, EqualsTheClosedForm) {
  const std::vector<Cell> cells = ReadCells();
  ASSERT_EQ(cells.size(), 248u);
  Runs runs;
  double most = 0;
  double most_added = 0;
  std::string most_added_cell;
  for (const Cell& cell : cells) {
    const RunRecord& record = runs.RecordOf(cell);
    if (TestContext().rank() != 0) continue;
    const TestbedProfile& profile = runs.ProfileOf(cell.reading);
    RunRecord bare = record;
    DropOverheads(bare);
    const double seconds = SecondsOf(cell, profile, bare);
    EXPECT_NEAR(seconds / cell.seconds, 1, 1e-6) << cell.Name();
    most = std::max(most, std::abs(seconds / cell.seconds - 1));
    const double added = SecondsOf(cell, profile, record) - seconds;
    const double bandwidth = BandwidthOf(cell) * profile.links.efficiency;
    EXPECT_GE(added, -1e-9 * seconds) << cell.Name();
    EXPECT_LE(added, 8 * static_cast<double>(OverheadBytes(record)) / bandwidth) << cell.Name();
    if (added / seconds > most_added) {
      most_added = added / seconds;
      most_added_cell = cell.Name();
    }
  }
  if (TestContext().rank() != 0) return;
  fmt::print("largest difference {:.3g}; overheads add at most {:.3g}, in {}\n", most, most_added,
             most_added_cell);
}

}  // namespace
}  // namespace jupiter
