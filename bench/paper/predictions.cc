#include "bench/paper/predictions.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "planning/replay/testbed_profile.h"
#include "planning/replay/testbed_profile_mix.h"

namespace jupiter {
namespace {

const ResultRow* FindRow(const std::vector<ResultRow>& rows, const PaperPrediction& of,
                         const std::string& profile) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const ResultRow& row) {
    return row.profile == profile && row.env == of.env && row.model == of.model &&
           row.system == of.system && row.policy == of.policy && row.variation.empty() &&
           row.bandwidth_mbps == of.bandwidth_mbps;
  });
  return found == rows.end() ? nullptr : &*found;
}

// Fills in the times of a prediction; false where some profile of the reading has not run.
bool Predict(const std::vector<ResultRow>& rows, const Reading& reading,
             PaperPrediction& prediction) {
  const ResultRow* base = FindRow(rows, prediction, reading.profile);
  if (base == nullptr) return false;
  prediction.oom = !base->e2e_s.has_value();
  if (prediction.oom) return true;
  prediction.e2e_s = prediction.low_s = prediction.high_s = *base->e2e_s;
  for (const std::string& variant : reading.variants) {
    const ResultRow* row = FindRow(rows, prediction, variant);
    if (row == nullptr || !row->e2e_s) return false;
    prediction.low_s = std::min(prediction.low_s, *row->e2e_s);
    prediction.high_s = std::max(prediction.high_s, *row->e2e_s);
  }
  prediction.low_s *= 1 - reading.error;
  prediction.high_s *= 1 + reading.error;
  return true;
}

}  // namespace

std::vector<Reading> LoadReadings(const PaperExperiment& experiment) {
  std::vector<Reading> readings;
  for (const auto& [name, profile_name] : experiment.readings) {
    const TestbedProfile profile = MakeTestbedProfile(profile_name);
    if (!profile.fit) {
      FailUser("{}: fit: missing; the reading {} needs the error of its fit", profile.source, name);
    }
    readings.push_back({name, profile_name, profile.fit->variants, profile.fit->prediction_error});
  }
  return readings;
}

std::vector<std::string> ProfilesOf(const std::vector<Reading>& readings) {
  std::vector<std::string> profiles;
  const auto add = [&](const std::string& profile) {
    if (std::find(profiles.begin(), profiles.end(), profile) == profiles.end()) {
      profiles.push_back(profile);
    }
  };
  for (const Reading& reading : readings) {
    add(reading.profile);
    for (const std::string& variant : reading.variants) add(variant);
  }
  return profiles;
}

std::vector<PaperPrediction> PredictionsOf(const std::vector<ResultRow>& rows,
                                           const PaperExperiment& experiment,
                                           const std::vector<Reading>& readings,
                                           const std::string& system, const std::string& policy) {
  std::vector<PaperPrediction> predictions;
  for (const auto& [env, cluster] : experiment.environments) {
    for (double bandwidth : experiment.bandwidths) {
      for (const auto& [model, path] : experiment.models) {
        for (const Reading& reading : readings) {
          PaperPrediction prediction{env, bandwidth / 1e6, model, system, policy, reading.name};
          if (Predict(rows, reading, prediction)) predictions.push_back(prediction);
        }
      }
    }
  }
  return predictions;
}

std::string ToCsv(const std::vector<PaperPrediction>& predictions) {
  std::string text = "env,bandwidth_mbps,model,system,reading,e2e_s,low_s,high_s\n";
  for (const PaperPrediction& p : predictions) {
    const std::string key =
        fmt::format("{},{:.10g},{},{},{}", p.env, p.bandwidth_mbps, p.model, p.system, p.reading);
    text += p.oom ? fmt::format("{},OOM,,\n", key)
                  : fmt::format("{},{:.6g},{:.6g},{:.6g}\n", key, p.e2e_s, p.low_s, p.high_s);
  }
  return text;
}

}  // namespace jupiter
