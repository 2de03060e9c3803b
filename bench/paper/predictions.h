// What the suite predicts for Jupiter, with an interval, from rows of results only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/paper/experiment.h"
#include "bench/results/result_row.h"

namespace jupiter {

// A reading of what was published: a profile, the variants of it that fit as well, and the relative
// error that its fit makes for systems that it was not fitted to.
struct Reading {
  std::string name;
  std::string profile;
  std::vector<std::string> variants;  // profiles
  double error = 0;
};
// Of the experiment's profiles. Throws UserError where one cannot be read.
std::vector<Reading> LoadReadings(const PaperExperiment& experiment);
// Profiles and variants of all readings, each once.
std::vector<std::string> ProfilesOf(const std::vector<Reading>& readings);

// Of one row of the table under one reading.
struct PaperPrediction {
  std::string env;
  double bandwidth_mbps = 0;
  std::string model;
  std::string system;
  std::string policy;
  std::string reading;
  bool oom = false;
  double e2e_s = 0;
  double low_s = 0;   // least of the reading's profiles, less its error
  double high_s = 0;  // most of them, and its error
};

// In the order of the experiment; rows that have not run are left out, and so are readings of which
// a profile has not.
std::vector<PaperPrediction> PredictionsOf(const std::vector<ResultRow>& rows,
                                           const PaperExperiment& experiment,
                                           const std::vector<Reading>& readings,
                                           const std::string& system, const std::string& policy);

// As experiments/paper/score reads it.
std::string ToCsv(const std::vector<PaperPrediction>& predictions);

}  // namespace jupiter
