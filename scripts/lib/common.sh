# shellcheck shell=bash
# Shell functions the scripts share: source it, then call. Everything it prints goes to stderr, so
# that stdout stays free for reports.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly root

say() { printf '%s\n' "$*" >&2; }

# Ends with exit code 2, the code of user errors.
refuse() {
  say "$(basename "$0"): $*"
  exit 2
}

# Compile jobs: one per core, and no more than free memory has room for (about 1 GiB each).
build_jobs() {
  local cores gib
  cores=$(nproc)
  gib=$(awk '/^MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
  if ((gib < 1)); then gib=1; fi
  echo $((cores < gib ? cores : gib))
}

# Lets plain `mpirun -np N` start as root and with more ranks than cores. The OMPI names are read by
# Open MPI 4, the PRTE names by Open MPI 5.
mpi_environment() {
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_orte_execute_quiet=1
  export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
}

# Puts nvcc on the PATH when it lies where NVIDIA's installer puts it. False without one.
find_nvcc() {
  command -v nvcc >/dev/null && return
  [[ -x /usr/local/cuda/bin/nvcc ]] && export PATH=$PATH:/usr/local/cuda/bin
}

# build_preset PRESET [CMAKE_OPTION...] [-- TARGET...]
# Configures and builds; the output goes to build/PRESET.log and is shown only when that fails.
build_preset() {
  local preset=$1 options=() log
  shift
  while (($#)) && [[ $1 != -- ]]; do options+=("$1"); shift; done
  if (($#)); then shift; fi
  mkdir -p "$root/build"
  log=$root/build/$preset.log
  say "building $preset in build/$preset (minutes the first time; log: build/$preset.log)"
  if ! (cd "$root" && cmake --preset "$preset" ${options[@]+"${options[@]}"} &&
        ninja -C "build/$preset" -j "$(build_jobs)" "$@") >"$log" 2>&1; then
    tail -n 80 "$log" >&2
    say "the $preset build failed; the whole log: $log"
    return 1
  fi
}
