#!/usr/bin/env python3
"""kernel_bench alone, without mpirun: names, a row in JSON with its counters, refusals in one line.

kernel_bench_test.py --kernel-bench KERNEL_BENCH
"""
import argparse
import json
import math
import re
import sys

import program_lib

ROW = "rms_norm/tinyllama-1.1b/rows:16"
ONE_ROW = [f"--benchmark_filter=^{ROW}$", "--benchmark_min_time=0.001"]
LIMITS = ["limit_read_GB/s", "limit_copy_GB/s", "limit_f32_GOP/s", "limit_int8_GOP/s"]


def row_problems(text, device):
    """What is wrong with a report in JSON that should have the one row."""
    report = json.loads(text)
    for name in LIMITS:
        if float(report["context"][name]) <= 0:
            yield f"{name} is {report['context'][name]}"
    if not report["context"]["device"].startswith(device):
        yield f"the device is {report['context']['device']}"
    rows = report["benchmarks"]
    if [row["name"] for row in rows] != [ROW]:
        yield f"rows {[row['name'] for row in rows]}"
        return
    row = rows[0]
    if row["label"] != "bandwidth":
        yield f"the label is {row['label']}"
    if not 0 < row["limit_%"] < 1000:
        yield f"limit_% is {row['limit_%']}"
    # One row of 2048 f32 in, one out, for 16 rows; and the weight. 4 operations an element.
    seconds = row["real_time"] * 1e-6
    for name, amount in [("GB/s", (2 * 16 + 1) * 2048 * 4), ("GOP/s", 16 * 2048 * 4)]:
        if not math.isclose(row[name], amount / seconds / 1e9, rel_tol=1e-3):
            yield f"{name} is {row[name]}, expected {amount / seconds / 1e9}"


def check_row(options, flags, device):
    result = program_lib.run([options.kernel_bench, *ONE_ROW, "--benchmark_format=json", *flags],
                             timeout=options.timeout)
    problems = result.problems()
    try:
        problems += list(row_problems(result.out, device))
    except (ValueError, LookupError) as error:
        problems.append(f"{type(error).__name__}: {error}")
    return f"one row of {device}", problems, result.show()


def check_names(options):
    result = program_lib.run([options.kernel_bench, "--benchmark_list_tests",
                              "--benchmark_filter=linear/q4_0/llama2-7b/ffn_down"], timeout=options.timeout)
    problems = result.problems()
    wanted = [f"linear/q4_0/llama2-7b/ffn_down/rows:{rows}" for rows in [1, 2, 4, 8, 16, 32, 64, 128, 512]]
    if result.out.split() != wanted:
        problems.append("the names are others")
    return "names", problems, result.show()


def check_refusal(options, flags, say):
    result = program_lib.run([options.kernel_bench, *flags], timeout=options.timeout)
    problems = result.problems(2)
    if result.err.count("\n") != 1 or not re.search(say, result.err):
        problems.append(f"stderr is not one line with {say}")
    if result.out:
        problems.append("stdout is not empty")
    return " ".join(flags), problems, result.show()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--kernel-bench", default="kernel_bench", help="the program kernel_bench")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one run")
    options = parser.parse_args()
    cases = [lambda: check_row(options, ["--threads", "1"], "cpu"),
             lambda: check_row(options, ["--device", "eigen"], "eigen"), lambda: check_names(options)]
    for flags, say in [
            (["--threads", "-1"], r"--threads is -1, expected 0 to 1024"),
            (["--threads", "two"], r"--threads two"), (["--device", "tpu"], r"tpu.*choose cpu"),
            (["--device", "recording"], r"recording computes nothing"),
            (["--device", "eigen", "--threads", "2"], r"--threads .*is for --device cpu"),
            (["--rows", "3"], r"--rows"), (["--benchmark_filter=no_such_op"], r"selects no case"),
            (["--benchmark_format=xml"], r"xml.*expected console"), (["--benchmark_nonsense"], r"nonsense")]:
        cases.append(lambda flags=flags, say=say: check_refusal(options, flags, say))
    # One after the other: buffers for the limits are large.
    return 0 if program_lib.check_all(cases, lambda case: case(), 1) else 1


if __name__ == "__main__":
    sys.exit(main())
