#!/usr/bin/env python3
"""The strategy of docs/extend.md, built out of the tree against an installation, as its reader does it.

It installs the build, configures and builds docs/examples/slice_per_stage with find_package(jupiter), then
runs the common tests of strategies, real cases, emulated ones and plans with it.

extend_test.py --build BUILD_FOLDER --sources SOURCE_FOLDER --cmake CMAKE --generator NAME [--mpirun MPIRUN]
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import program_lib

NAME = "slice-per-stage"
RANKS = [1, 2, 3, 4]


def prepare(options, folder):
    """Installs and builds; returns where the programs are."""
    prefix = os.path.join(folder, "prefix")
    build = os.path.join(folder, "build")
    example = os.path.join(options.sources, "docs", "examples", "slice_per_stage")
    for command in [
            [options.cmake, "--install", options.build, "--prefix", prefix],
            [options.cmake, "-S", example, "-B", build, "-G", options.generator,
             f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O0"],
            [options.cmake, "--build", build, "-j", str(os.cpu_count())]]:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(" ".join(command), done.stdout[-4000:], done.stderr[-4000:], sep="\n")
            sys.exit(1)
    return build


def common_tests(options, build, ranks):
    result = program_lib.run([os.path.join(build, "my_strategy_test"), "--gtest_filter=*slice_per_stage*"],
                             ranks, mpirun=options.mpirun, timeout=300)
    problems = result.problems()
    if "[  PASSED  ]" not in result.out or "[  PASSED  ] 0 tests" in result.out:
        problems.append("no common test ran for it")
    return f"common tests, {ranks} ranks", problems, result.show()


def real_runs(options, build, ranks):
    """VALID beside jupiter, with drafts, too."""
    result = program_lib.run(
        [os.path.join(build, "my_bench"), "--model", "synthetic:tiny", "--strategies", f"jupiter,{NAME}",
         "--n-prompt", 40, "--n-gen", 6, "--draft", "ngram", "--benchmark_format=json"],
        ranks, mpirun=options.mpirun)
    problems = result.problems()
    rows = [row for row in json.loads(result.out or "{}").get("benchmarks", []) if f"/{NAME}/" in row["name"]]
    if len(rows) < 2 or any(not row["label"].startswith("VALID") for row in rows):
        problems.append(f"expected two rows of {NAME}, both VALID: {[row.get('label') for row in rows]}")
    return f"real runs, {ranks} ranks", problems, result.show()


def emulated_runs(options, build):
    cluster = os.path.join(options.sources, "experiments", "clusters", "env-a.yaml")
    result = program_lib.run(
        [os.path.join(build, "my_bench"), "--emulate", cluster, "--model", "synthetic:llama2-7b:q4_0",
         "--wire", "f16", "--kv", "f16", "--n-prompt", 64, "--n-gen", 4, "--strategies", f"edgeshard,{NAME}",
         "--benchmark_format=json"], 4, mpirun=options.mpirun)
    problems = result.problems()
    rows = {row["name"].split("/")[3]: row for row in json.loads(result.out or "{}").get("benchmarks", [])}
    if NAME not in rows or "edgeshard" not in rows:
        problems.append(f"rows of {sorted(rows)}")
    elif not rows[NAME]["TTFT_ms"] < rows["edgeshard"]["TTFT_ms"]:
        problems.append("slices did not shorten the prefill")
    elif abs(rows[NAME]["planned_TTFT_ms"] / rows[NAME]["TTFT_ms"] - 1) > 1e-6:
        problems.append(f"another plan was predicted: {rows[NAME]}")
    return "emulated runs", problems, result.show()


def planned_runs(options, build):
    """Its planner's layers for a described cluster, run for real; and jupiter_plan with it registered, whose plan
    is followed."""
    cluster = os.path.join(options.sources, "experiments", "clusters", "env-a.yaml")
    result = program_lib.run(
        [os.path.join(build, "my_bench"), "--cluster", cluster, "--model", "synthetic:tiny", "--strategies", NAME,
         "--n-prompt", 40, "--n-gen", 6, "--benchmark_format=json"], 4, mpirun=options.mpirun)
    problems = result.problems()
    rows = json.loads(result.out or "{}").get("benchmarks", [])
    if len(rows) != 1 or not rows[0]["label"].startswith("VALID"):
        problems.append(f"expected one VALID row: {[row.get('label') for row in rows]}")
    show = result.show()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "plan.json")
        for command, ranks in [
                (["my_plan", "--cluster", cluster, "--planner", NAME, "--save", path], None),
                (["my_bench", "--plan", path, "--strategies", NAME], 4)]:
            run = program_lib.run([os.path.join(build, command[0]), "--model", "synthetic:tiny", "--n-prompt", 40,
                                   "--n-gen", 6, *command[1:]], ranks, mpirun=options.mpirun)
            problems += run.problems()
            show += run.show()
            if NAME not in run.out or (ranks and "VALID" not in run.out):
                problems.append(f"{command[0]} says nothing of {NAME}")
    return "planned runs", problems, show


def known_names(options, build):
    result = program_lib.run(
        [os.path.join(build, "my_bench"), "--strategies", "nobody", "--model", "synthetic:tiny"], 2,
        mpirun=options.mpirun)
    problems = result.problems(2)
    if NAME not in result.err:
        problems.append("an unknown strategy is refused without naming it among the known ones")
    return "names", problems, result.show()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ["--build", "--sources", "--cmake", "--generator"]:
        parser.add_argument(flag, required=True)
    parser.add_argument("--mpirun", default="mpirun")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jupiter-extend-") as folder:
        build = prepare(options, folder)
        checks = [lambda ranks=ranks: common_tests(options, build, ranks) for ranks in RANKS]
        checks += [lambda ranks=ranks: real_runs(options, build, ranks) for ranks in (1, 3)]
        checks += [lambda: emulated_runs(options, build), lambda: planned_runs(options, build),
                   lambda: known_names(options, build)]
        return 0 if program_lib.check_all(checks, lambda check: check(), 1) else 1


if __name__ == "__main__":
    sys.exit(main())
