#!/usr/bin/env python3
"""jupiter_profile as a user starts it: profiles and clusters that load, and flags that are wrong.

profile_test.py --profile JUPITER_PROFILE --check PROFILE_CHECK [--mpirun MPIRUN]
"""
import argparse
import os
import re
import sys
import tempfile

import program_lib

TINY = ["--model", "synthetic:tiny", "--threads", 1]
QUICK = ["--rows", "1,4,32", "--contexts", "0,16", "--layers", 2, "--repeats", 1]


def check_file(options, kind, path, quantise):
    """Problems with a file that was written, by jupiter's own loader."""
    result = program_lib.run([options.check, kind, path, "synthetic:tiny", quantise])
    return result.problems(), result


def one_device(options, folder):
    path = os.path.join(folder, "one.yaml")
    result = program_lib.run([options.profile, *TINY, *QUICK, "--quantize", "q8_0", "--name", "my board",
                              "--out", path])
    problems = result.problems()
    found, check = check_file(options, "profile", path, "q8_0")
    problems += found
    if not check.out.startswith("my board: "):
        problems.append("the profile has another name")
    for wanted in [r"linear +q8_0 +act8 +512 +256 ", r"attention +f32 ", r"export +f32 +q8_0 +0 +256 ",
                   r"roofline: .* us per op", r"us per token to sample and hash"]:
        if not re.search(wanted, result.out):
            problems.append(f"stdout lacks {wanted}")
    if "round 1:" not in result.err or "round 2:" in result.err:
        problems.append("stderr does not show one round")
    with open(path, encoding="utf-8") as file:
        if not re.search(r"measured by jupiter_profile on .+, \d{4}-\d\d-\d\d, cpu, ", file.read()):
            problems.append("the profile does not say where it is from")
    return "one device", problems, result.show() + check.show()


def defaults(options, folder):
    """Without --rows and --contexts, and without a file: the table alone."""
    del folder
    result = program_lib.run([options.profile, *TINY, "--seconds", 0, "--layers", 1])
    problems = result.problems()
    if not re.search(r"/512 .*/512|/512 ", result.out):
        problems.append("stdout has no batch of 512 rows")
    return "defaults", problems, result.show()


def cluster(ranks):
    def check(options, folder):
        path = os.path.join(folder, f"cluster{ranks}.yaml")
        result = program_lib.run([options.profile, *TINY, *QUICK, "--cluster", path, "--name", "mine"],
                                 ranks, mpirun=options.mpirun)
        problems = result.problems()
        found, loaded = check_file(options, "cluster", path, "-")
        problems += found
        links = re.findall(r"^link (\d) (\d) ", loaded.out, re.MULTILINE)
        if len(set(links)) != ranks * (ranks - 1):
            problems.append(f"{len(set(links))} links")
        devices = re.findall(r"^device (\S+) on \S+$", loaded.out, re.MULTILINE)
        if len(set(devices)) != ranks:
            problems.append(f"devices {devices}")
        return f"cluster of {ranks}", problems, result.show() + loaded.show()
    return check


def refusal(name, flags, say, ranks=None):
    def check(options, folder):
        del folder
        result = program_lib.run([options.profile, *flags], ranks, mpirun=options.mpirun)
        problems = result.problems(2)
        lines = [line for line in result.err.splitlines() if line.strip()]
        if len(lines) != 1 or not re.search(say, result.err):
            problems.append(f"stderr is not one line with {say}")
        return f"refusal: {name}", problems, result.show()
    return check


def cases(folder):
    yield from [one_device, defaults, cluster(1), cluster(2), cluster(3)]
    yield refusal("no model", ["--out", "x.yaml"], r"--model")
    yield refusal("unknown model", ["--model", "synthetic:huge"], r"huge.*tiny")
    yield refusal("missing model", ["--model", os.path.join(folder, "none.gguf"), "--cluster",
                                    os.path.join(folder, "no.yaml")], r"none\.gguf", 2)
    yield refusal("ranks without cluster", TINY, r"2 ranks.*--cluster", 2)
    out = os.path.join(folder, "both.yaml")
    yield refusal("both files", [*TINY, "--out", out, "--cluster", out], r"--out and --cluster")
    yield refusal("unwritable cluster", [*TINY, "--cluster", "/nonexistent/c.yaml"],
                  r"/nonexistent/c\.yaml.*written", 2)
    yield refusal("threads", ["--model", "synthetic:tiny", "--threads", -1], r"--threads.*-1")
    yield refusal("recording", [*TINY[:2], "--device", "recording"], r"recording.*nothing to measure")
    yield refusal("idle threads", [*TINY, "--device", "eigen"], r"--threads 1 is for --device cpu")
    yield refusal("idle seconds", [*TINY, "--seconds", 1, "--repeats", 2], r"--seconds 1 with --repeats")
    for flag, wrong, say in [
            ("--out", "/nonexistent/p.yaml", r"/nonexistent/p\.yaml.*written"),
            ("--rows", "1,x", r"--rows 1,x"), ("--rows", "0", r"--rows 0.*1 to"),
            ("--rows", "4,9999", r"9999.*8192"), ("--rows", "2000", r"2000.*1024 positions"),
            ("--contexts", "-1", r"--contexts.*-1"), ("--contexts", "1024", r"1024 positions"),
            ("--layers", 7, r"--layers is 7.*has 6"), ("--layers", -1, r"--layers is -1"),
            ("--repeats", -1, r"--repeats is -1"), ("--seconds", "nan", r"--seconds is nan"),
            ("--seconds", -5, r"--seconds is -5"), ("--quantize", "q5_0", r"q5_0.*q8_0"),
            ("--kv", "q4_0", r"--kv q4_0.*f16"), ("--device", "tpu", r"tpu.*cpu"),
            ("--deadline", 0, r"--deadline.*0"),
            ("--row", "1", r"--row")]:
        yield refusal(f"{flag} {wrong}", [*TINY, flag, wrong], say)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--profile", default="jupiter_profile", help="the program jupiter_profile")
    parser.add_argument("--check", default="profile_check", help="the program profile_check")
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 0 if program_lib.check_all(list(cases(folder)), lambda case: case(options, folder),
                                          options.jobs) else 1


if __name__ == "__main__":
    sys.exit(main())
