#include "planning/replay/testbed_profile.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "kernels/base/check.h"
#include "planning/replay/testbed.h"
#include "planning/testbed/profile_costs.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {

std::string ProfileModel(std::string_view model) {
  constexpr std::string_view kSynthetic = "synthetic ";
  if (model.substr(0, kSynthetic.size()) == kSynthetic) model.remove_prefix(kSynthetic.size());
  std::string key(model);
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return key;
}

namespace {

template <typename Number>
Number OfModel(const std::map<std::string, Number>& numbers, const std::string& model,
               const char* key, const TestbedProfile& profile) {
  auto found = numbers.find(ProfileModel(model));
  if (found == numbers.end()) found = numbers.find("");
  if (found != numbers.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, number] : numbers) known.push_back(name);
  FailUser(
      "{}: decoding.{}: nothing for the model {}, only for {}; add it, or take the decoding "
      "of another profile",
      profile.source, key, Show(model), fmt::join(known, ", "));
}

// The board for a device of the cluster. Throws UserError when the profile has none.
template <typename Board>
const Board& BoardOf(const std::map<std::string, Board>& boards, const ClusterDevice& device,
                     const TestbedProfile& profile) {
  const auto found = boards.find(device.profile.name);
  if (found != boards.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, board] : boards) known.push_back(name);
  FailUser("{}: line {}: devices.boards: no {}, which the cluster's device {} is{}", profile.source,
           profile.devices.boards_line, Show(device.profile.name), Show(device.name),
           ExpectedOneOf(device.profile.name, known));
}

// The profile's times of a device; null: it keeps its own.
std::shared_ptr<const OpCosts> CostsOf(const TestbedProfile& profile, const ClusterDevice& device) {
  const ProfileDevices& devices = profile.devices;
  if (devices.two_regimes) {
    const TwoRegimes& law = *devices.two_regimes;
    return std::make_shared<const TwoRegimesCosts>(law, BoardOf(law.boards, device, profile));
  }
  if (devices.boards.empty()) return nullptr;
  return std::make_shared<const ProfileCosts>(BoardOf(devices.boards, device, profile));
}

void ApplyLink(const ProfileLinks& from, Link& link) {
  link.efficiency = from.efficiency;
  link.latency = from.latency;
  link.wire_seconds = from.wire_overhead;
  link.host_seconds = from.host_overhead;
  link.host_seconds_per_byte = from.host_time_per_byte;
}

bool TellsPhases(const RunRecord& record) {
  const auto tells = [](const Event& event) {
    const auto* mark = std::get_if<MarkEvent>(&event);
    return mark != nullptr &&
           (mark->kind == MarkKind::kPromptBatch || mark->kind == MarkKind::kStepBatch);
  };
  const std::vector<Event>& events = record.ranks.front().events;
  return std::any_of(events.begin(), events.end(), tells);
}

// Payload factors are those of steps of so many rows.
void CheckStepRows(const TestbedProfile& profile, const StepShape& step, const RunRecord& record) {
  for (const Event& event : record.ranks.front().events) {
    const auto* mark = std::get_if<MarkEvent>(&event);
    if (mark == nullptr || mark->kind != MarkKind::kStepBatch) continue;
    for (const SequenceStep& recorded : mark->steps) {
      if (recorded.count == step.rows) continue;
      FailUser(
          "the record has a decoding step of {} rows, those of the profile {} have {}; record the "
          "run under the profile (jupiter_bench --profile --save-records), or take the decoding of "
          "another one",
          recorded.count, profile.name, step.rows);
    }
  }
}

}  // namespace

StepShape StepShapeOf(const TestbedProfile& profile, const std::string& model) {
  const ProfileDecoding& decoding = profile.decoding;
  StepShape step;
  step.rows = OfModel(decoding.rows, model, "rows", profile);
  step.tokens = decoding.tokens_per_step;
  step.payload_factor =
      OfModel(decoding.payload_rows, model, "payload_rows", profile) * step.tokens / step.rows;
  return step;
}

bool IsSpeculative(const TestbedProfile& profile, const std::string& model) {
  return StepShapeOf(profile, model).rows > 1;
}

StepShape PlainStep(const TestbedProfile& profile, const std::string& model) {
  const StepShape own = StepShapeOf(profile, model);
  StepShape step;
  if (own.rows == 1) step.padded_rows = own.payload_factor;
  return step;
}

StepShape SpeculativeStep(const TestbedProfile& profile, const std::string& model, int rows,
                          double tokens) {
  StepShape step = StepShapeOf(profile, model);
  if (step.rows > 1) {
    JUPITER_CHECK(step.rows == rows, "{} rows, those of the profile are {}", rows, step.rows);
    return step;
  }
  step.padded_rows = step.payload_factor;
  step.payload_factor = 1;
  step.rows = rows;
  step.tokens = tokens;
  return step;
}

Cluster Apply(const TestbedProfile& profile, Cluster cluster) {
  // Devices that are alike have the same costs, and can be told to be.
  std::map<std::string, std::shared_ptr<const OpCosts>> known;  // by device profile
  for (ClusterDevice& device : cluster.devices) {
    const auto [found, is_new] = known.try_emplace(device.profile.name);
    if (is_new) found->second = CostsOf(profile, device);
    if (found->second != nullptr) device.costs = found->second;
  }
  for (std::vector<Link>& row : cluster.links) {
    for (Link& link : row) ApplyLink(profile.links, link);
  }
  return cluster;
}

PayloadFactors FactorsOf(const TestbedProfile& profile, LayerExchange exchange,
                         const StepShape& step) {
  const ProfileCollectives& kinds = profile.collectives;
  const VolumeFactor& point = kinds.point_to_point;
  PayloadFactors factors;
  factors.prompt[kBatchChannel] = point.prefill;
  factors.step[kBatchChannel] = point.decode * step.payload_factor;
  const VolumeFactor& pieces =
      exchange == LayerExchange::kGatherKv ? kinds.all_gather : kinds.all_reduce;
  factors.prompt[kCollectiveChannel] =
      exchange == LayerExchange::kTileRing ? kinds.tile_ring.prefill : pieces.prefill;
  factors.padded_rows = step.padded_rows;
  factors.step[kCollectiveChannel] = pieces.decode * step.payload_factor;
  return factors;
}

Testbed TestbedOf(const TestbedProfile& profile, const Cluster& cluster, LayerExchange exchange,
                  const std::string& model, const RunRecord& record) {
  if (record.ranks.empty() || !TellsPhases(record)) {
    FailUser(
        "the record does not say where the prompt ends and steps begin, which a profile must "
        "know; record the run again with this version");
  }
  const StepShape step = StepShapeOf(profile, model);
  CheckStepRows(profile, step, record);
  Testbed testbed = TestbedOf(Apply(profile, cluster));
  testbed.payload_factors = FactorsOf(profile, exchange, step);
  return testbed;
}

}  // namespace jupiter
