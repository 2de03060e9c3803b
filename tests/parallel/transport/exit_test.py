#!/usr/bin/env python3
"""How a run ends: exit code and every line on stderr, for each way that RunMain knows.

exit_test.py MPIRUN EXIT_CASES
"""
import concurrent.futures
import re
import subprocess
import sys
import time

RANKS = 3
CASES_AT_A_TIME = 2  # most of each is waiting
LEFT = r"jupiter: rank \d on \S+: (waited \d|ended by signal 15)"
WAITED = r"(waited|ended by signal 15 after waiting) \S+ s for "
# case: (exit code, patterns of which each line must match one, patterns that must all occur)
CASES = {
    "ok": (0, [], []),
    "code": (7, [], []),
    "flag": (2, [], [r"jupiter: error: unknown flag --lyers; did you mean --layers\?"]),
    "agreed": (2, [], [r"jupiter: error: rank 2 on \S+: model.gguf: no such file"
                       r" \(1 of 3 ranks failed\)"]),
    "pending": (2, [], ["jupiter: error: the plan does not fit"]),
    "alone": (2, [], [r"jupiter: error: rank 2 on \S+: only this rank minds"]),
    "peer": (3, [LEFT], ["jupiter: rank 0 went away"]),
    "unexpected": (3, [LEFT], [r"jupiter: rank 2 on \S+: unexpected error: vector::at"]),
    "late": (3, [LEFT], [r"jupiter: rank 0 on \S+: " + WAITED +
                         r"rank 2 on \S+ to finish \(end of the run\)"]),
    "unsent": (3, [LEFT], [r"jupiter: rank 2 on \S+: " + WAITED +
                           r"rank 0 on \S+ to take 1 sent message \(flush, channel batch\)"]),
}


def problems(name, mpirun, program):
    """What is wrong with how one case ended."""
    code, allowed, needed = CASES[name]
    start = time.monotonic()
    run = subprocess.run([mpirun, "-np", str(RANKS), program, name], capture_output=True, text=True,
                         timeout=60, check=False)
    seconds = time.monotonic() - start
    lines = [line for line in run.stderr.splitlines() if line]
    found = []
    if run.returncode != code:
        found.append(f"exit code {run.returncode}, expected {code}")
    if seconds > 20:
        found.append(f"took {seconds:.1f} s")
    found += [f"no line like {pattern}" for pattern in needed
              if not any(re.match(pattern, line) for line in lines)]
    found += [f"unexpected line {line!r}" for line in lines
              if not any(re.match(pattern, line) for pattern in allowed + needed)]
    if code in (0, 2, 7) and len(lines) != len(needed):
        found.append(f"{len(lines)} lines, expected {len(needed)}")
    told = lines + [f"  PROBLEM: {text}" for text in found]
    print("\n  ".join([f"{name}: exit code {run.returncode} after {seconds:.1f} s", *told]), flush=True)
    return found


def main():
    mpirun, program = sys.argv[1:]
    with concurrent.futures.ThreadPoolExecutor(CASES_AT_A_TIME) as pool:
        found = pool.map(lambda name: problems(name, mpirun, program), CASES)
        failed = [name for name, of_case in zip(CASES, found) if of_case]
    print(f"failed: {', '.join(failed)}" if failed else f"all {len(CASES)} cases are fine")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
