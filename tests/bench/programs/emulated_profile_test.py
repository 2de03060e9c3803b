#!/usr/bin/env python3
"""jupiter_bench --emulate with --profile as a user meets it: times are those of the profile's closed
form, mixtures change what they say, and what is wrong is said.

emulated_profile_test.py --run JUPITER_RUN --bench JUPITER_BENCH

jupiter_replay is looked for beside jupiter_bench.
"""
import csv
import json
import os
import re

import program_lib

EXPERIMENTS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "experiments")
ENV_A = os.path.join(EXPERIMENTS, "clusters", "env-a.yaml")
MODEL = ["--model", "synthetic:llama2-7b:q4_0", "--wire", "f16", "--kv", "f16"]
GENERATED = 64


class Session(program_lib.Session):
    """Runs the benchmark under profiles."""

    def rows(self, flags, generated=GENERATED):
        result = self.call(self.options.bench, [*MODEL, "--emulate", ENV_A, "--n-prompt", 256, "--n-gen",
                                                generated, "--benchmark_format=json", *flags], 4)
        report = json.loads(result.out)
        found = {row["name"].split("/")[3]: row for row in report["benchmarks"]}
        return found, report["context"]

    def record_of(self, strategy):
        """The record that --save-records left of a strategy."""
        name = next(name for name in sorted(os.listdir(self.folder)) if f"-{strategy}-" in name)
        return self.path(name)

    def close(self, value, expected, what, bound=1e-6):
        self.check(abs(value / expected - 1) < bound, f"{what} is {value}, expected {expected}")


def closed_form(reading, system, phase):
    """Milliseconds; the same in every environment and bandwidth for local."""
    with open(os.path.join(EXPERIMENTS, "profiles", "closed-form.csv"), encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (row["reading"], row["model"], row["system"], row["phase"]) == (
                    reading, "Llama2-7B", system, phase):
                return 1e3 * float(row["seconds"])
    raise KeyError(f"{reading} {system} {phase}")


def test_times_are_the_closed_forms(session):
    for profile, reading in [("paper-calibrated", "plain"), ("paper-calibrated-trees", "trees")]:
        rows, context = session.rows(["--profile", profile, "-s", "local,jupiter", "--save-records",
                                      session.folder])
        session.check(context["profile"] == profile, f"profile {context.get('profile')}")
        for name, row in rows.items():
            check_replay(session, profile, name, row)
        session.close(rows["local"]["TPOT_ms"], closed_form(reading, "local", "decode"), "TPOT of local")
        # Whole: in slices every weight would be unpacked more than once.
        session.close(rows["local"]["TTFT_ms"], closed_form(reading, "local", "prefill"), "TTFT of local")
        for name, row in rows.items():
            # Every token counts as a pass after the prompt.
            session.close(row["real_time"], row["TTFT_ms"] + GENERATED * row["TPOT_ms"], f"E2E of {name}",
                          1e-9)
            # Planners see the devices and links of the profile.
            session.close(row["planned_TTFT_ms"], row["TTFT_ms"], f"the planned TTFT of {name}", 1e-9)
        # All rows of the prompt and of every step cross three boundaries.
        payload = 3 * 2 * 4096 * (256 + (GENERATED if reading == "plain" else 26 * 55))
        session.check(rows["jupiter"]["payload_B"] == payload, f"{rows['jupiter']['payload_B']} B")


def check_replay(session, profile, strategy, row):
    """jupiter_replay gives what the benchmark gave, of the steps' tokens."""
    record = session.record_of(strategy)
    text = session.tool("jupiter_replay", ["--record", record, "--cluster", ENV_A, "--profile", profile]).out
    found = re.search(r"under (\S+): TTFT (\S+) ms, TPOT (\S+) ms, E2E of (\d+) tokens (\S+) ms", text)
    if not found:
        return session.check(False, f"{strategy}: {text[:300]}")
    session.check(found[1] == profile, f"under {found[1]}")
    ttft, tpot, tokens, e2el = map(float, found.groups()[1:])
    session.close(ttft, row["TTFT_ms"], f"replayed TTFT of {strategy}", 1e-9)
    session.close(tpot, row["TPOT_ms"], f"replayed TPOT of {strategy}", 1e-9)
    session.check(GENERATED <= tokens < GENERATED + 2.5, f"{tokens} tokens")
    return session.close(e2el, ttft + tokens * tpot, f"replayed E2E of {strategy}", 1e-9)


def test_records_are_held_against_profiles(session):
    session.rows(["-s", "galaxy,megatron", "--save-records", session.folder], generated=2)
    galaxy, megatron = session.record_of("galaxy"), session.record_of("megatron")
    with open(megatron, encoding="utf-8") as file:
        lines = file.readlines()
    head = json.loads(lines[0])
    session.check(head["description"].startswith("synthetic llama2-7b pp256 tg2 rows1 {"), f"{head}")
    unsaid = os.path.join(session.folder, "unsaid.jsonl")
    with open(unsaid, "w", encoding="utf-8") as file:
        file.writelines([json.dumps({**head, "description": "a run"}) + "\n", *lines[1:]])
    replay = ["--cluster", ENV_A, "--record"]
    for flags, expected in [
            ([megatron, "--strategy", "megatron"], r"^jupiter: error: --strategy megatron is for --profile; leave it out$"),
            ([megatron, "--model", "llama2-7b"], r"--model llama2-7b is for --profile; leave it out$"),
            ([megatron, "--profile", "ring-f15"], r"no file or shipped profile"),
            ([megatron, "--profile", "ring-f16", "--strategy", "galaxy"], r"is of megatron; leave the flag out"),
            ([megatron, "--profile", "ring-f16", "--model", "llama3"], r"nothing for the model \"llama3\""),
            ([megatron, "--profile", "paper-calibrated-trees"],
             r"a decoding step of 1 rows, those of the profile paper-calibrated-trees have \d+; record"),
            ([unsaid, "--profile", "ring-f16"], r"does not say of which strategy it is; give --strategy"),
            ([unsaid, "--profile", "ring-f16", "--strategy", "ring"], r"unknown strategy"),
            ([unsaid, "--profile", "ring-f16", "--strategy", "megatron"], r"does not say of which model")]:
        line = session.tool("jupiter_replay", [*replay, *flags], 2).err.strip()
        session.check("\n" not in line and re.search(expected, line), f"{flags[1:]}: {line}")
    said = session.tool("jupiter_replay", [*replay, megatron, "--profile", "ring-f16"]).out
    flags = [unsaid, "--profile", "ring-f16", "--strategy", "megatron", "--model", "llama2-7b"]
    session.check(session.tool("jupiter_replay", [*replay, *flags]).out.split("\n", 1)[1] ==
                  said.split("\n", 1)[1], "flags in place of the description give something else")
    without = os.path.join(session.folder, "without.yaml")
    with open(os.path.join(EXPERIMENTS, "profiles", "ring-f16.yaml"), encoding="utf-8") as file:
        text = file.read()
    with open(without, "w", encoding="utf-8") as file:
        file.write(text.replace("galaxy_overlap: true", "galaxy_overlap: false"))
    session.tool("jupiter_replay", [*replay, galaxy, "--profile", "ring-f16"])
    line = session.tool("jupiter_replay", [*replay, galaxy, "--profile", without], 2).err.strip()
    session.check(re.search(r"recorded with overlap, the collectives rings are without; .*--no-overlap", line), line)


def test_mixtures_change_one_part(session):
    whole, _ = session.rows(["--profile", "ring-f16", "-s", "local,jupiter"])
    mixed, context = session.rows(["--profile", "ring-f16,links=paper-calibrated", "-s", "local,jupiter"])
    session.check(context["profile"] == "ring-f16,links=paper-calibrated", context["profile"])
    session.check(whole["local"]["TPOT_ms"] == mixed["local"]["TPOT_ms"], "links change a single device")
    session.check(whole["jupiter"]["TPOT_ms"] != mixed["jupiter"]["TPOT_ms"], "links change nothing")


def test_errors_are_one_line(session):
    for flags, expected in [
            (["--profile", "ring-f16"], r"--profile ring-f16 is for --emulate CLUSTER; leave it out$"),
            (["--emulate", ENV_A, "--profile", "ring-f15"], r"no file or shipped profile.*did you mean ring-f16\?"),
            (["--emulate", ENV_A, "--profile", "ring-f16,wires=ring-f16"], r"no part \"wires\""),
            (["--emulate", ENV_A, "--profile", "paper-calibrated,decoding=paper-calibrated-trees"],
             r"fitted to steps that yield 1 tokens, the decoding trees yields 2.5"),
            (["--emulate", ENV_A, "--profile", "paper-calibrated", "-s", "local", "--model", "synthetic:tiny"],
             r"nothing for the model \"synthetic tiny\", only for llama2-13b, llama2-7b"),
            (["--emulate", ENV_A.replace("env-a", "orin-pi"), "--profile", "paper-calibrated", "-s", "local"],
             r"devices.boards: no \"jetson-orin-nano\"")]:
        line = session.call(session.options.bench, flags, 4, 2).err.strip()
        session.check("\n" not in line and re.search(expected, line), f"{flags}: {line}")


def main():
    options = program_lib.arguments(__doc__, quick=False)
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    program_lib.check_in_folders(tests, Session, options)


if __name__ == "__main__":
    main()
