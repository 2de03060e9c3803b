#include "bench/paper/vary.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "kernels/base/check.h"
#include "planning/drafts/scaled_acceptance.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

struct Change {
  const std::string& key;
  const std::string& value;

  [[noreturn]] void Fail(std::string_view expected) const {
    FailUser("{} {}: expected {}", key, Show(value), expected);
  }

  template <typename Number>
  Number Between(Number least, Number most) const {
    Number number{};
    const char* last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, number);
    if (error != std::errc() || end != last || !(number >= least && number <= most)) {
      Fail(fmt::format("a number from {} to {}", least, most));
    }
    return number;
  }
};

OutlineWorkload& OutlineOf(PaperExperiment& experiment, const Change& change) {
  if (!experiment.outline) FailUser("{}: the experiment has no outline", change.key);
  return *experiment.outline;
}

SpeculationWorkload& SpeculationOf(PaperExperiment& experiment, const Change& change) {
  if (!experiment.speculation) FailUser("{}: the experiment does not speculate", change.key);
  return *experiment.speculation;
}

void VaryAcceptance(PaperExperiment& experiment, const Change& change) {
  SpeculationWorkload& speculation = SpeculationOf(experiment, change);
  double most = 1e9;
  for (const auto& [model, acceptance] : speculation.acceptance) {
    most = std::min(most, LargestScale(acceptance));
  }
  speculation.scale = change.Between(0.0, most);
}

void VaryLengths(PaperExperiment& experiment, const Change& change) {
  OutlineWorkload& outline = OutlineOf(experiment, change);
  if (change.value == "equal") {
    outline.law = LengthLaw::kEqual;
  } else if (change.value == "uniform" && outline.law == LengthLaw::kUniform) {
    // As the experiment has it.
  } else {
    change.Fail("equal, or uniform where the outline has it");
  }
}

using ApplyChange = std::function<void(PaperExperiment&, const Change&)>;

const std::map<std::string, ApplyChange>& ChangesByKey() {
  static const std::map<std::string, ApplyChange> keys = {
      {"generated_tokens",
       [](PaperExperiment& experiment, const Change& change) {
         experiment.generated_tokens = change.Between(1, 100'000);
       }},
      {"points",
       [](PaperExperiment& experiment, const Change& change) {
         OutlineOf(experiment, change).points = change.Between(2, 100);
       }},
      {"skeleton_tokens_per_point",
       [](PaperExperiment& experiment, const Change& change) {
         OutlineOf(experiment, change).skeleton_tokens_per_point = change.Between(1, 1000);
       }},
      {"lengths", VaryLengths},
      {"acceptance", VaryAcceptance},
      {"nodes",
       [](PaperExperiment& experiment, const Change& change) {
         SpeculationWorkload& speculation = SpeculationOf(experiment, change);
         speculation.nodes = change.Between(0, kMostDraftNodes);
         speculation.planned = false;
       }},
  };
  return keys;
}

}  // namespace

PaperExperiment Vary(const PaperExperiment& experiment, const std::string& variation) {
  PaperExperiment varied = experiment;
  if (variation.empty()) return varied;
  const std::size_t equals = std::min(variation.find('='), variation.size() - 1);
  const std::string key = variation.substr(0, equals);
  const std::string value = variation.substr(equals + 1);
  const auto found = ChangesByKey().find(key);
  if (found == ChangesByKey().end()) {
    std::vector<std::string> known;
    for (const auto& [name, apply] : ChangesByKey()) known.push_back(name);
    FailUser("unknown key {}{}", Show(key), ExpectedOneOf(key, known));
  }
  found->second(varied, {key, value});
  return varied;
}

}  // namespace jupiter
