#include "bench/planned.h"

#include "kernels/base/check.h"
#include "parallel/agreement.h"
#include "parallel/together.h"

namespace jupiter {

Cluster ShareCluster(Transport& transport, const std::string& path) {
  std::string text;
  OnFirstRank(transport, [&] {
    const Cluster cluster = LoadCluster(path);
    if (cluster.size() != transport.size()) {
      FailUser("{}: devices: {} of them for {} ranks; start mpirun with -np {}", path,
               cluster.size(), transport.size(), cluster.size());
    }
    text = ToYaml(cluster);
  });
  return ParseCluster(Broadcast(transport, text, 0), path);
}

PlanningTask TaskFor(const ModelShape& shape, const Cluster& cluster,
                     const SessionOptions& options) {
  return {.shape = shape,
          .cluster = cluster,
          .prompt_tokens = options.prompt_tokens,
          .tokens = options.max_tokens,
          .wire = options.wire,
          .residual = options.residual,
          .min_slice = options.slices.least};
}

void Follow(SessionOptions& options, const Plan& plan) {
  options.split = LayerSplit::kGiven;
  options.layers = plan.layers;
  options.order = plan.order;
  options.slices = plan.slices;
}

}  // namespace jupiter
