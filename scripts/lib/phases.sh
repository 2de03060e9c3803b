# shellcheck shell=bash
# The phases of scripts/test: each is timed, a failed one does not stop the rest, and the table at
# the end says how each went.
phase_lines=()
failed_phases=()
readonly phases_start=$SECONDS

# phase NAME COMMAND...: runs the command and records its time. Returns its exit code.
phase() {
  local name=$1 start=$SECONDS verdict=passed code=0
  shift
  printf '\n== %s\n' "$name"
  "$@" || code=$?
  if ((code != 0)); then
    verdict=FAILED
    failed_phases+=("$name")
  fi
  phase_lines+=("$(printf '%-18s %6d s  %s' "$name" $((SECONDS - start)) "$verdict")")
  return "$code"
}

# skip NAME REASON
skip() {
  printf '\n== %s: skipped, %s\n' "$1" "$2"
  phase_lines+=("$(printf '%-18s %6s    skipped: %s' "$1" - "$2")")
}

# Prints the table and the verdict, and ends the script.
finish() {
  printf '\n== times\n'
  printf '%s\n' "${phase_lines[@]}"
  printf '%-18s %6d s\n\n' total $((SECONDS - phases_start))
  if ((${#failed_phases[@]})); then
    echo "FAILED: $(printf '%s, ' "${failed_phases[@]}" | sed 's/, $//')"
    exit 1
  fi
  echo "PASSED: all phases"
  exit 0
}
