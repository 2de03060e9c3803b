#include "planning/replay/testbed_profile_write.h"

#include <fmt/ranges.h>

#include <iterator>

#include "planning/testbed/profile_write.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

// Collects lines, indented by their depth.
class ProfileWriter {
 public:
  template <typename... Args>
  void Line(int depth, fmt::format_string<Args...> format, Args&&... args) {
    text_.append(static_cast<std::size_t>(2 * depth), ' ');
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void Number(int depth, std::string_view key, double value, Dimension dimension) {
    Line(depth, "{}: {}", key, FormatQuantity(value, dimension));
  }
  void Text(const std::string& text) { text_ += text; }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

void Write(const TwoRegimes& law, ProfileWriter& out) {
  out.Line(1, "law: two-regimes");
  out.Number(1, "bytes_per_weight", law.bytes_per_weight, Dimension::kFraction);
  out.Line(1, "few_rows: {}", law.few_rows);
  out.Number(1, "layer_pass_time", law.layer_pass_time, Dimension::kTime);
  out.Number(1, "split_projection_loss", law.split_projection_loss, Dimension::kFraction);
  out.Number(1, "many_row_unpack_bandwidth", law.many_row_unpack_bandwidth, Dimension::kMemoryRate);
  out.Number(1, "many_row_rate", law.many_row_rate, Dimension::kOperationRate);
  out.Line(1, "boards:");
  for (const auto& [name, board] : law.boards) {
    out.Line(2, "{}:", QuoteYaml(name));
    out.Number(3, "few_row_bandwidth", board.few_row_bandwidth, Dimension::kMemoryRate);
    out.Number(3, "slowdown", board.slowdown, Dimension::kFraction);
  }
}

void Write(const ProfileDevices& devices, ProfileWriter& out) {
  out.Line(0, "devices:");
  out.Line(1, "name: {}", QuoteYaml(devices.name));
  if (devices.two_regimes) return Write(*devices.two_regimes, out);
  out.Line(1, "law: roofline");
  if (!devices.boards.empty()) out.Line(1, "boards:");
  for (const auto& [name, board] : devices.boards) {
    out.Line(2, "{}:", QuoteYaml(name));
    out.Text(ProfileLines(board, "      "));
  }
}

void Write(const ProfileLinks& links, ProfileWriter& out) {
  out.Line(0, "links:");
  out.Line(1, "name: {}", QuoteYaml(links.name));
  out.Number(1, "efficiency", links.efficiency, Dimension::kFraction);
  out.Number(1, "latency", links.latency, Dimension::kTime);
  out.Number(1, "wire_overhead", links.wire_overhead, Dimension::kTime);
  out.Number(1, "host_overhead", links.host_overhead, Dimension::kTime);
  out.Number(1, "host_time_per_byte", links.host_time_per_byte, Dimension::kTimePerByte);
}

void Write(const ProfileCollectives& collectives, ProfileWriter& out) {
  out.Line(0, "collectives:");
  out.Line(1, "name: {}", QuoteYaml(collectives.name));
  out.Line(1, "galaxy_overlap: {}", collectives.galaxy_overlap);
  out.Line(1, "volume_factor:");
  const auto write = [&](const char* kind, const VolumeFactor& factor) {
    out.Line(2, "{}: {{prefill: {}, decode: {}}}", kind,
             FormatQuantity(factor.prefill, Dimension::kFraction),
             FormatQuantity(factor.decode, Dimension::kFraction));
  };
  write("all_gather", collectives.all_gather);
  write("all_reduce", collectives.all_reduce);
  write("tile_ring", collectives.tile_ring);
  write("point_to_point", collectives.point_to_point);
}

template <typename Number>
void WriteModels(const char* key, const std::map<std::string, Number>& numbers,
                 ProfileWriter& out) {
  const auto all = numbers.find("");
  if (all != numbers.end()) return out.Line(1, "{}: {}", key, all->second);
  out.Line(1, "{}:", key);
  for (const auto& [model, number] : numbers) out.Line(2, "{}: {}", QuoteYaml(model), number);
}

void Write(const ProfileDecoding& decoding, ProfileWriter& out) {
  out.Line(0, "decoding:");
  out.Line(1, "name: {}", QuoteYaml(decoding.name));
  out.Number(1, "tokens_per_step", decoding.tokens_per_step, Dimension::kFraction);
  WriteModels("payload_rows", decoding.payload_rows, out);
  WriteModels("rows", decoding.rows, out);
}

void Write(const std::vector<ProfilePlan>& plans, ProfileWriter& out) {
  if (!plans.empty()) out.Line(0, "plans:");
  for (const ProfilePlan& plan : plans) {
    out.Line(1, "- env: {}", QuoteYaml(plan.env));
    out.Line(2, "model: {}", QuoteYaml(plan.model));
    out.Line(2, "edgeshard_layers: [{}]", fmt::join(plan.edgeshard_layers, ", "));
    out.Line(2, "galaxy_heads: [{}]", fmt::join(plan.galaxy_heads, ", "));
    out.Line(2, "galaxy_columns: [{}]", fmt::join(plan.galaxy_columns, ", "));
  }
}

void Write(const ProfileFit& fit, ProfileWriter& out) {
  out.Line(0, "fit:");
  out.Number(1, "prediction_error", fit.prediction_error, Dimension::kFraction);
  if (fit.variants.empty()) return;
  out.Line(1, "variants:");
  for (const std::string& variant : fit.variants) out.Line(2, "- {}", QuoteYaml(variant));
}

}  // namespace

std::string ToYaml(const TestbedProfile& profile) {
  ProfileWriter out;
  out.Line(0, "jupiter_profile: 1");
  out.Line(0, "name: {}", QuoteYaml(profile.name));
  if (!profile.description.empty()) {
    out.Line(0, "description: {}", QuoteYaml(profile.description));
  }
  Write(profile.devices, out);
  Write(profile.links, out);
  Write(profile.collectives, out);
  Write(profile.decoding, out);
  Write(profile.plans, out);
  if (profile.fit) Write(*profile.fit, out);
  return out.Take();
}

}  // namespace jupiter
