// Plans, records and replays cells of the paper's experiments.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/emulate/emulated_case.h"
#include "bench/paper/cells.h"
#include "bench/paper/policies.h"
#include "bench/results/result_row.h"
#include "planning/bounds/cell_bound.h"

namespace jupiter {

// A cell that has run, at rank 0.
struct PaperResult {
  ResultRow row;
  std::string plan;            // JSON; empty without one
  std::vector<double> stamps;  // seconds at which the source knew each step's token
  double planner_seconds = 0;  // wall clock
};

class PaperEmulator {
 public:
  // Opens everything that the cells need. Collective; throws UserError on all ranks.
  PaperEmulator(Transport& transport, const PaperExperiment& experiment,
                const std::vector<PaperCell>& cells);

  // Collective. The result has contents at rank 0 only.
  PaperResult Run(const PaperCell& cell);
  // One line of everything that decides the results: profiles, clusters, workload.
  std::string Settings() const;

 private:
  struct Model {
    std::string path;
    std::unique_ptr<Checkpoint> checkpoint;
    std::unique_ptr<ModelShape> shape;
  };

  // A cell, and what it runs in one draw.
  struct Work {
    const PaperCell& cell;
    const PaperExperiment& experiment;  // with the cell's variation
    const TestbedProfile& profile;
    const Model& model;
    PolicyWork policy;
  };

  // The cell's experiment: with its variation, and a tree of a size where that is planned.
  PaperExperiment ExperimentFor(const PaperCell& cell) const;
  int PlannedNodes(const PaperCell& cell, const SpeculationWorkload& workload) const;
  Work WorkFor(const PaperCell& cell, const PaperExperiment& experiment, int draw) const;
  SessionOptions OptionsFor(const Work& work) const;
  Cluster ClusterFor(const PaperCell& cell) const;
  PlannedRun PlanFor(const Work& work) const;
  // The same, made at rank 0; the others only get the plan. Collective.
  PlannedRun SharePlan(const Work& work);
  RecordedCase RecordWork(const Work& work, const PlannedRun& plan);
  BoundInputs BoundInputsOf(const Work& work, const Cluster& cluster) const;
  ResultRow Describe(const Work& work, const RecordedCase& recorded) const;

  Transport& transport_;
  const PaperExperiment& experiment_;
  RecordStore records_;
  std::map<std::string, Model> models_;
  std::map<std::string, Cluster> clusters_;         // by environment
  std::map<std::string, TestbedProfile> profiles_;  // by name
};

}  // namespace jupiter
