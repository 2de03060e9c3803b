#!/usr/bin/env python3
"""The same bits on every plan, and faults that do not go unseen.

invariance_test.py --run JUPITER_RUN --bench JUPITER_BENCH [--quick]

For every weight type and way of rounding: the logits hash that jupiter_run prints must be the same over
ranks, slices, threads and instruction sets. Then jupiter_bench must call every row VALID, and every
distributed row INVALID with exit code 1 once a fault is injected. --quick has, for every type and way of
rounding, each value of ranks, plan, threads and instruction set at least once.
"""
import itertools
import re
import sys

import program_lib

TYPES = ["f32", "q8_0", "q4_0", "q4_K", "q6_K"]
ROUNDINGS = [["--wire", "f32"], ["--wire", "f16", "--residual", "f16"]]
RANKS = [1, 2, 3, 4]
PLANS = [["edgeshard"], ["jupiter", "--slices", "1"], ["jupiter", "--slices", "3"],
         ["jupiter", "--slices", "auto", "--min-slice", "4"], ["jupiter", "--slices", "17,1,15"]]
THREADS = [1, 2]
ISAS = {"avx512": "avx512", "avx2": "avx2", "portable": None}  # what it needs, as /proc/cpuinfo says
PROMPT = [(37 * i + 11) % 512 for i in range(33)]
FAULTS = ["mask", "slice", "scale"]


def processor_isas():
    """Those of ISAS that this processor has; says which it lacks."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        text = file.read()
    flags = set(re.findall(r"\w+", text))
    has = {"avx512": {"avx512f", "avx512bw", "avx512vl"} <= flags,
           "avx2": {"avx2", "fma", "f16c"} <= flags}
    for isa, needs in ISAS.items():
        if needs and not has[needs]:
            print(f"{isa}: skipped, this processor lacks it")
    return [isa for isa, needs in ISAS.items() if not needs or has[needs]]


def variants(quick, isas, shift):
    """The (ranks, plan, threads, isa) to compare; `shift` turns the subset of --quick."""
    if not quick:
        return list(itertools.product(RANKS, PLANS, THREADS, isas))
    turns = max(len(RANKS), len(PLANS), len(isas))
    return [(RANKS[(i + shift) % len(RANKS)], PLANS[i % len(PLANS)],
             THREADS[(i + shift) % len(THREADS)], isas[(i + shift) % len(isas)])
            for i in range(turns)]


class Hashes:
    """Hashes by group; the first one seen of a group is what the others must be."""

    def __init__(self, options):
        self.options = options
        self.first = {}

    def check(self, case):
        """One run of jupiter_run, compared with the group it belongs to."""
        dtype, rounding, (ranks, plan, threads, isa) = case
        result = program_lib.run(
            [self.options.run, "--model", f"synthetic:tiny:{dtype}", "--prompt-ids",
             ",".join(map(str, PROMPT)), "--ids", "--temperature", 0, "--tokens", 6, "--threads",
             threads, *rounding, "--strategy", *plan],
            ranks, {"JUPITER_ISA": isa}, self.options.timeout, self.options.mpirun)
        problems = result.problems()
        hashes = re.findall(r"tokens hash \w{16}, logits hash \w{16}", result.err)
        device = re.search(r"device cpu, (\S+),", result.err)
        if len(hashes) != 1:
            problems.append(f"{len(hashes)} lines with hashes")
        elif hashes[0] != self.first.setdefault((dtype, *rounding), hashes[0]):
            problems.append(f"{hashes[0]}, others have {self.first[(dtype, *rounding)]}")
        if not device or device[1] != isa:
            problems.append(f"runs {device and device[1]}, not {isa}")
        name = f"{dtype} {' '.join(rounding)} np {ranks} {' '.join(plan)} threads {threads} {isa}"
        return name, problems, result.show()


def rows(out):
    """The rows of a report, {strategy: verdict}."""
    return dict(re.findall(r"^real/synthetic:tiny\S*?/([\w-]+)/pp\S+ .*? (\w+)(?:; .*)?\s*$", out, re.MULTILINE))


def check_bench(options, case):
    """One run of jupiter_bench, with a fault or without."""
    ranks, fault = case
    result = program_lib.run(
        [options.bench, "--n-prompt", 24, "--n-gen", 3, "--min-slice", 4, "--benchmark_min_time=0.01",
         *(["--inject-fault", fault] if fault else [])],
        ranks, timeout=options.timeout, mpirun=options.mpirun)
    problems = result.problems(1 if fault else 0)
    expected = {"local-all-cores": "VALID", "local": "VALID"}
    for strategy in ["sequence", "megatron", "detransformer", "galaxy", "edgeshard", "jupiter"]:
        expected[strategy] = "INVALID" if fault else "VALID"
    found = rows(result.out)
    found.setdefault("local-all-cores", "VALID")  # absent where a rank has all cores
    if found != expected:
        problems.append(f"rows {found}, expected {expected}")
    if bool(fault) != ("INVALID: " in result.err):
        problems.append("stderr tells another story than the rows")
    return f"jupiter_bench np {ranks} fault {fault or 'none'}", problems, result.show()


def main():
    options = program_lib.arguments(__doc__)
    isas = processor_isas()
    hashes = Hashes(options)
    cases = []
    for shift, (rounding, dtype) in enumerate(itertools.product(ROUNDINGS, TYPES)):
        cases += [(dtype, rounding, variant) for variant in variants(options.quick, isas, shift)]
    same = program_lib.check_all(cases, hashes.check, options.jobs)
    different = len(set(hashes.first.values())) == len(hashes.first)
    print(f"{len(hashes.first)} groups, all with hashes of their own: {different}")
    bench = [(ranks, fault) for ranks in [2, 4] for fault in [None, *FAULTS]]
    seen = program_lib.check_all(bench, lambda case: check_bench(options, case), options.jobs)
    sys.exit(0 if same and different and seen else 1)


if __name__ == "__main__":
    main()
