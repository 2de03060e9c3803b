#include "parallel/transport/affinity.h"

#include <sched.h>

#include <cstdlib>

namespace jupiter {

void LiftDefaultBinding() {
  // Not started by a launcher of Open MPI, or the user chose a binding.
  if (std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr) return;
  if (std::getenv("OMPI_MCA_hwloc_base_binding_policy") != nullptr) return;
  if (std::getenv("OMPI_MCA_hwloc_base_cpu_set") != nullptr) return;
  cpu_set_t all;
  CPU_ZERO(&all);
  for (int core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &all);
  // The kernel keeps the cores of this process's cpuset; where it refuses, the binding stays.
  (void)sched_setaffinity(0, sizeof all, &all);
}

}  // namespace jupiter
