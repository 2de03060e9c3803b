#!/usr/bin/env python3
"""The main job as a user meets it: jupiter_bench's paper suite keeps rows that are the same in every
run, and goes on where a kill left it.

paper_suite_test.py --run JUPITER_RUN --bench JUPITER_BENCH [--kills N] [--quick]

--quick emulates the rows of one system in one environment only.
"""
import json
import os
import random
import re
import sys
import time

import program_lib

# One row per profile of the systems that record quickest.
FEW = "--benchmark_filter=paper/.*/envA/100mbps/Llama2-7B/(local|sequence|edgeshard|jupiter)"
PAPER = os.path.join(os.path.dirname(__file__), "..", "..", "..", "experiments", "paper")
COMMITTED = os.path.join(PAPER, "predictions.csv")
MEASURED = ["planner_seconds.jsonl", "environment.json", "wall.jsonl"]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Session(program_lib.Session):
    """Runs the suite into folders."""

    def suite(self, folder, flags=(), code=0):
        filtered = any(flag.startswith("--benchmark_filter") for flag in flags)
        filters = [FEW] if self.options.quick and not filtered else []
        return self.call(self.options.bench, ["--suite", "paper", "--out", folder, *filters, *flags], 4, code)

    def killed(self, folder, seconds, resume):
        """Starts the suite and kills all of it (SIGKILL) a second or more later; whether it still ran."""
        filters = [FEW] if self.options.quick else []
        result = program_lib.run([self.options.bench, "--suite", "paper", "--out", folder, *filters,
                                  *(["--resume"] if resume else [])], 4, timeout=seconds,
                                 mpirun=self.options.mpirun)
        return result.code is None

    def same_files(self, folder, expected):
        for name in sorted(os.listdir(expected)):
            if name in MEASURED:
                continue
            same = read(os.path.join(folder, name)) == read(os.path.join(expected, name))
            self.check(same, f"{name} of {folder} differs from that of one run")


def check_score(session, said, folder):
    """Every error that the report tells of Jupiter's rows, computed anew from the saved rows."""
    score = session.call(sys.executable, [os.path.join(PAPER, "score"), "--results", folder]).out
    of_jupiter = said[said.index("Jupiter's rows"):said.index("Findings:")]
    errors = re.findall(r"median [0-9.]+ %, largest [+-][0-9.]+ %", of_jupiter)
    again = re.findall(r"median [0-9.]+ %, largest [+-][0-9.]+ %", score)
    session.check(len(errors) > 15 and sorted(errors) == sorted(again), f"report {errors}, score {again}")
    for pattern in (r"rms [0-9.]+ %", r"0\.374 to 0\.397", r"seconds x 0\.385"):
        both = re.search(pattern, of_jupiter) and re.search(pattern, score)
        session.check(both, f"no {pattern}: {of_jupiter} {score}")


def check_bounds(session, row):
    """No system is faster than its cell's bound allows, and none than its plan's."""
    least, planned = row["cell_bound_s"], row["strategy_bound_s"]
    session.check(0 < least <= planned <= row["e2e_s"] * (1 + 1e-9),
                  f"{row['name']}: {least} s for any plan, {planned} s on its own, {row['e2e_s']} s")


def test_rows_are_the_same_in_every_run(session):
    first, again = session.path("first"), session.path("again")
    check_score(session, session.suite(first).out, first)
    session.suite(again)
    session.same_files(again, first)
    rows = [json.loads(line) for line in read(os.path.join(first, "results.jsonl")).splitlines()]
    session.check(len(rows) > 10, f"{len(rows)} rows")
    names = [row["name"] for row in rows]
    session.check(len(set(names)) == len(names), "a row stands there twice")
    for row in rows:
        session.check(row["schema_version"] == 2 and row["clock"] == "virtual", f"{row}")
        session.check(row["valid"] == "not_checked", f"{row['name']} says {row['valid']}")
        session.check(row["oom"] or (row["e2e_s"] > row["ttft_s"] > 0 and len(row["per_rank"]) == 4), f"{row}")
        if not row["oom"]:
            check_bounds(session, row)
    published = [row for row in rows if row["published_e2e_s"]]
    session.check(published and all(row["policy"] == "plain" for row in published), "no published values in the rows")
    session.check("published" in read(os.path.join(first, "tables.md")), "no published values in the tables")
    lines = read(os.path.join(first, "predictions.csv")).splitlines()
    session.check(len(lines) > 2, f"predictions: {lines}")
    for line in set(lines) - set(read(COMMITTED).splitlines()):
        session.check(False, f"the committed predictions.csv lacks {line}")


def test_names(session):
    """Cells are listed without the ranks that running them takes, and run under the names listed."""
    listed = {}
    for suite in ["paper", "ablation", "fair"]:
        listed[suite] = session.call(session.options.bench, ["--suite", suite, "--benchmark_list_tests"], 1).out.split()
        session.check(len(listed[suite]) > 50 and all(name.startswith(suite + "/") for name in listed[suite]),
                      f"{suite}: {listed[suite][:3]}")
    ends = "/envA/100mbps/Llama2-7B/local"
    expected = [name for name in listed["paper"] if name.endswith(ends)]
    result = session.call(session.options.bench, ["--suite", "paper", f"--benchmark_filter={ends}$",
                                                  "--benchmark_format=json"], 4)
    names = [row["name"] for row in json.loads(result.out)["benchmarks"]]
    session.check(names == expected and len(expected) > 1, f"{names}, expected {expected}")
    counted = re.findall(r"^(\[\d+/\d+\]) paper/", result.err, re.MULTILINE)
    session.check(counted == [f"[{i + 1}/{len(expected)}]" for i in range(len(expected))], f"progress {counted}")


def test_goes_on_after_kills(session):
    expected = session.path("whole")
    start = time.time()
    session.suite(expected)
    whole = time.time() - start
    moments = random.Random(1)
    kills = []
    # Some runs end before the blow falls: they do not count.
    for attempt in range(3 * session.options.kills):
        if len(kills) == session.options.kills:
            break
        folder = session.path(f"killed-{attempt}")
        # program_lib kills a second after the time that it is given.
        if not session.killed(folder, moments.uniform(0, max(0.1, whole - 1)), resume=False):
            continue
        again = ["--resume"] if os.path.exists(os.path.join(folder, "run.json")) else []
        result = session.suite(folder, again)
        session.same_files(folder, expected)
        kills.append(result.err.count("] paper/"))
    session.check(len(kills) == session.options.kills, f"{len(kills)} of {session.options.kills} kills")
    print(f"killed {len(kills)} times; cells that were left to run: {kills}")


def test_folders_in_the_way(session):
    folder = session.path("folder")
    session.suite(folder, ["--benchmark_filter=paper/ring-f16/envA/100mbps/Llama2-7B/local"])
    refused = session.suite(folder, code=2).err.strip()
    session.check(re.search(r"has results already; --resume", refused) and "\n" not in refused, refused)
    for flags, expected in [(["--resume"], r"--resume goes on with the folder of --out"),
                            (["--suite", "papers"], r"--suite papers: expected some of real, paper, ablation, fair"),
                            (["--suite", "paper", "--model", "synthetic:tiny"],
                             r"--model synthetic:tiny with --suite paper, .*paper/paper\.yaml; leave it out"),
                            (["--suite", "paper", "--out", "/proc/none"], r"no folder can be made there")]:
        line = session.call(session.options.bench, flags, 4, 2).err.strip()
        session.check("\n" not in line and re.search(expected, line), f"{flags}: {line}")
    wrong = session.call(session.options.bench, ["--suite", "paper"], 3, 2).err.strip()
    session.check("start mpirun with -np 4" in wrong, wrong)


def main():
    options = program_lib.arguments(__doc__, kills=2)
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    program_lib.check_in_folders(tests, Session, options)


if __name__ == "__main__":
    main()
