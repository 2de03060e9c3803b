#!/usr/bin/env python3
"""--link and --slowdown change times and nothing else; link_ping prints what it measured.

link_test.py --run JUPITER_RUN --bench JUPITER_BENCH (link_ping lies beside them)
"""
import json
import os
import re
import sys

import program_lib

RUN = ["--model", "synthetic:tiny", "--prompt-ids", ",".join(str(3 + i) for i in range(60)), "--ids",
       "--tokens", 6, "--threads", 1]
SLOW = ["--link", "50mbit,2ms,host=0.1ms", "--slowdown", "1,2,2,4"]


def program_runs(options):
    """(name, command, ranks, exit code, what the output must match) of single runs."""
    ping = os.path.join(os.path.dirname(options.run), "link_ping")
    yield "four factors, two ranks", [options.run, *RUN, *SLOW], 2, 2, r"--slowdown 1,2,2,4.*2 ranks"
    yield "no factor", [options.run, *RUN, "--slowdown", "0.5"], 1, 2, r"--slowdown 0\.5.*expected 1"
    yield "no bandwidth", [options.run, *RUN, "--link", "fast"], 2, 2, r"--link fast.*units"
    yield ("recording", [options.run, *RUN[:-2], "--device", "recording", "--link", "1gbit"], 2, 2,
           r"--link 1gbit with --device recording: .*; leave it out")
    yield ("bench, no bandwidth", [options.bench, "--link", "1mbps"], 2, 2, r"--link 1mbps")
    yield ("bench is VALID", [options.bench, *SLOW[:2], "--slowdown", "1,2", "--n-prompt", 16, "--n-gen", 3,
                              "--strategies", "edgeshard,jupiter", "--benchmark_min_time=0.01"], 2, 0,
           r"(?s)edgeshard.* VALID.*jupiter.* VALID")
    yield "ping alone", [ping], 1, 2, "2 ranks"
    yield "ping, bad sizes", [ping, "--sizes", "1kB,,"], 2, 2, "--sizes 1kB,,"
    yield "ping table", [ping, "--sizes", "1kB", "--repeats", 1], 2, 0, r"Mbit/s\n +1000 +10 "


def check_runs(options):
    def check(each):
        name, command, ranks, code, pattern = each
        result = program_lib.run(command, ranks, timeout=options.timeout, mpirun=options.mpirun)
        problems = result.problems(code)
        if not re.search(pattern, result.out + result.err):
            problems.append(f"the output does not match {pattern!r}")
        return name, problems, result.show()

    return program_lib.check_all(list(program_runs(options)), check, options.jobs)


def check_hashes(options):
    """Tokens and logits are the same, and the slow run takes at least what the link alone takes."""
    found = {}
    for ranks, flags in [(1, []), (4, []), (4, SLOW), (2, ["--link", "50mbit,2ms"]),
                         (3, ["--slowdown", "3,1,2"])]:
        for strategy in ["edgeshard", "jupiter"]:
            result = program_lib.run([options.run, *RUN, "--strategy", strategy, *flags], ranks,
                                     timeout=options.timeout, mpirun=options.mpirun)
            hashes = re.search(r"tokens hash (\w+), logits hash (\w+)", result.err)
            if result.problems() or not hashes:
                print(f"hashes: {result.problems()}\n{result.show()}")
                return False
            found.setdefault((result.out, *hashes.groups()), []).append((ranks, strategy, flags))
            # 3 hops of 60 rows of 1 KiB, and 3 latencies and a token back.
            ttft = float(re.search(r"TTFT ([0-9.]+) ms", result.err)[1])
            least = 3 * 60 * 1024 * 8 / 50e3 + 4 * 2 if strategy == "edgeshard" else 60 * 1024 * 8 / 50e3
            if flags is SLOW and ttft < least:
                print(f"hashes: {strategy} took {ttft} ms, less than its messages ({least} ms)")
                return False
    if len(found) != 1:
        print(f"hashes: they differ: {found}")
    return len(found) == 1


def check_ping_time(options):
    """What --link promises is what link_ping sees, at least."""
    ping = os.path.join(os.path.dirname(options.run), "link_ping")
    result = program_lib.run([ping, "--json", "--repeats", 3, "--sizes", "1kB,100kB", "--link", "20mbit,3ms"],
                             2, timeout=options.timeout, mpirun=options.mpirun)
    rows = json.loads(result.out)["rows"] if not result.problems() else []
    least = [3e-3 + 8 * (size + 64) / 20e6 for size in (1000, 100000)]
    right = len(rows) == 2 and all(
        len(row["seconds"]) >= 3 and time <= min(row["seconds"]) and row["median_seconds"] < time + 1
        for row, time in zip(rows, least))
    if not right:
        print(f"ping: expected at least {least}\n{result.show()}")
    return right


def main():
    options = program_lib.arguments(__doc__)
    results = [check(options) for check in (check_runs, check_hashes, check_ping_time)]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
