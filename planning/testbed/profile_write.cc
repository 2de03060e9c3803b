#include "planning/testbed/profile_write.h"

#include <fstream>
#include <iterator>

#include "kernels/base/check.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

// Collects lines "indent key: value".
class DeviceWriter {
 public:
  explicit DeviceWriter(std::string_view indent) : indent_(indent) {}

  template <typename... Args>
  void Line(fmt::format_string<Args...> format, Args&&... args) {
    text_ += indent_;
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void Write(std::string_view key, const Quantity& quantity, Dimension dimension) {
    Line("{}: {{value: {}, source: {}}}", key, FormatQuantity(quantity.value, dimension),
         QuoteYaml(quantity.source));
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string_view indent_;
  std::string text_;
};

void WriteRoofline(const Roofline& roofline, DeviceWriter& out) {
  out.Line("roofline:");
  out.Write("  memory_bandwidth", roofline.memory_bandwidth, Dimension::kMemoryRate);
  out.Write("  time_per_op", roofline.seconds_per_op, Dimension::kTime);
  out.Line("  op_rate:");
  for (const auto& [dtype, rate] : roofline.op_rate) {
    out.Write(fmt::format("    {}", Name(dtype)), rate, Dimension::kOperationRate);
  }
  out.Write("  other_rate", roofline.other_rate, Dimension::kOperationRate);
}

void WriteMeasured(const MeasuredOp& op, DeviceWriter& out) {
  out.Line("  - op: {}", Name(op.kind));
  out.Line("    weight: {}", Name(op.weight));
  out.Line("    input: {}", Name(op.input));
  out.Line("    inner: {}", op.inner);
  out.Line("    outer: {}", op.outer);
  out.Line("    points:  # [rows, context per row, time]");
  for (const MeasuredPoint& point : op.points) {
    out.Line("      - [{}, {}, {}]", point.rows, point.context,
             FormatQuantity(point.seconds, Dimension::kTime));
  }
}

}  // namespace

std::string ProfileLines(const DeviceProfile& profile, std::string_view indent) {
  DeviceWriter out(indent);
  out.Line("name: {}", QuoteYaml(profile.name));
  if (!profile.description.empty()) out.Line("description: {}", QuoteYaml(profile.description));
  out.Line("memory:");
  out.Write("  total", profile.total_memory, Dimension::kMemory);
  out.Write("  usable", profile.usable_memory, Dimension::kMemory);
  WriteRoofline(profile.roofline, out);
  if (!profile.measured.empty()) out.Line("measured:");
  for (const MeasuredOp& op : profile.measured) WriteMeasured(op, out);
  return out.Take();
}

std::string ToYaml(const DeviceProfile& profile) {
  return "jupiter_device: 1\n" + ProfileLines(profile, "");
}

void WriteTextFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) FailUser("{}: cannot be written; check the folder and its permissions", path);
}

void SaveDeviceProfile(const DeviceProfile& profile, const std::string& path) {
  WriteTextFile(path, ToYaml(profile));
}

}  // namespace jupiter
