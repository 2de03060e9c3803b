#include "planning/replay/testbed_profile_mix.h"

#include <fmt/ranges.h>

#include <set>
#include <string_view>
#include <vector>

#include "kernels/base/check.h"
#include "planning/replay/testbed_profile.h"
#include "planning/replay/testbed_profile_parse.h"
#include "planning/text/split_at_commas.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

TestbedProfile LoadPart(const std::string& name) {
  return LoadTestbedProfile(FindTestbedProfile(name));
}

void TakePart(const std::string& part, const std::string& name, TestbedProfile& profile) {
  TestbedProfile from = LoadPart(name);
  if (part == "devices") {
    profile.devices = std::move(from.devices);
  } else if (part == "links") {
    profile.links = std::move(from.links);
  } else if (part == "collectives") {
    profile.collectives = std::move(from.collectives);
  } else if (part == "decoding") {
    profile.decoding = std::move(from.decoding);
  } else {
    FailUser("a profile has no part {}{}", Show(part),
             ExpectedOneOf(part, {"devices", "links", "collectives", "decoding"}));
  }
}

// The fit's passes are steps of its own decoding, and last as long as those.
void CheckReading(const TestbedProfile& profile) {
  const double fitted = profile.devices.tokens_per_step;
  const double steps = profile.decoding.tokens_per_step;
  if (!profile.devices.two_regimes || fitted == steps) return;
  FailUser(
      "{}: the devices {} are fitted to steps that yield {} tokens, the decoding {} yields {}; "
      "take both from one profile",
      profile.name, profile.devices.name, fitted, profile.decoding.name, steps);
}

}  // namespace

TestbedProfile MakeTestbedProfile(const std::string& text) {
  const std::vector<std::string_view> views = SplitAtCommas(text);
  const std::vector<std::string> words(views.begin(), views.end());
  TestbedProfile profile = LoadPart(words.front());
  std::set<std::string> taken;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (equals == std::string::npos) {
      FailUser("profile {}: expected PART=NAME after the first comma, got {}", Show(text),
               Show(words[i]));
    }
    const std::string part = words[i].substr(0, equals);
    if (!taken.insert(part).second) FailUser("profile {}: {} is given twice", Show(text), part);
    TakePart(part, words[i].substr(equals + 1), profile);
  }
  if (words.size() > 1) profile.name = text;
  CheckReading(profile);
  return profile;
}

}  // namespace jupiter
