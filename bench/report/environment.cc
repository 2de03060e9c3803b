#include "bench/report/environment.h"

#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>

#include "bench/flags/flags.h"
#include "bench/report/host_facts.h"
#include "bench/report/report_text.h"
#include "commit.h"
#include "planning/text/json_text.h"

namespace jupiter {
namespace {

// The text after the colon in the first line of a file that begins like this; empty where there is
// none.
std::string LineBeginningWith(const std::string& path, const std::string& begin) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(begin, 0) != 0) continue;
    const std::size_t colon = line.find(':');
    if (begin.empty() || colon == std::string::npos) return ReportText(line);
    return ReportText(line.substr(std::min(line.size(), colon + 2)));
  }
  return {};
}

Json BuildFacts() {
  return {{"commit", JUPITER_COMMIT},
          {"compiler", JUPITER_COMPILER " " __VERSION__},
          {"build_type", JUPITER_BUILD_TYPE},
          {"flags", JUPITER_BUILD_FLAGS}};
}

Json MachineFacts() {
  utsname system{};
  uname(&system);
  const std::string sys = "/sys/devices/system/cpu/cpu0/cpufreq/";
  return {{"host", system.nodename},
          {"kernel", std::string(system.sysname) + " " + system.release},
          {"architecture", system.machine},
          {"processor", LineBeginningWith("/proc/cpuinfo", "model name")},
          {"board", LineBeginningWith("/proc/device-tree/model", "")},
          {"power_mode", LineBeginningWith("/var/lib/nvpmodel/status", "")},
          {"governor", LineBeginningWith(sys + "scaling_governor", "")},
          {"cores", HostCores()},
          {"memory_bytes", TotalMemory()},
          {"load", LoadAverage()}};
}

Json Variables() {
  Json variables = Json::object();
  for (const char* name : {"JUPITER_ISA", "JUPITER_DATA", "SLURM_JOB_ID", "SLURM_JOB_NODELIST"}) {
    if (const char* value = std::getenv(name)) variables[name] = ReportText(value);
  }
  return variables;
}

}  // namespace

std::string DescribeBuild() { return BuildFacts().dump(); }

std::string DescribeEnvironment(const Context& context, const std::vector<std::string>& arguments) {
  Json json;
  json["date"] = Today();
  json["arguments"] = arguments;
  json["build"] = BuildFacts();
  json["machine"] = MachineFacts();
  json["mpi"] = {{"library", context.library()},
                 {"ranks", context.size()},
                 {"ranks_per_host", context.local_size()}};
  json["environment"] = Variables();
  return json.dump(2) + "\n";
}

}  // namespace jupiter
