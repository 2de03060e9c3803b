#!/usr/bin/env python3
"""Compiles the exact kernels for cards and reads what came out: no approximate or flushing instruction, no
warning; with --all no stack frame and no spilled register, which a build looks for on the cards it is for.

ptx_test.py --nvcc NVCC --include FOLDER [--include FOLDER...] [--all] SOURCE
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

# Compute capabilities from the oldest card of the docs to Hopper; those the toolkit has are compiled.
# Each takes a dozen seconds, so without --all there is Orin.
CAPABILITIES = (72, 75, 80, 87, 90)
USUAL = (87,)
INEXACT = re.compile(r"\.(approx|ftz|full)\b|^\s*(ex2|lg2|sin|cos|tanh|rsqrt)\.", re.MULTILINE)
# What must be found, so that the patterns are known to find something.
PLANTED = """
__global__ void Planted(const int* at, float* x) {
  float kept[64] = {};
  for (int i = 0; i < 64; ++i) kept[at[i]] += x[i];
  for (int i = 0; i < 64; ++i) x[i] = __expf(kept[at[i]]);
}
"""


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def capabilities(nvcc):
    """Those of CAPABILITIES that this nvcc compiles for."""
    known = run([nvcc, "--list-gpu-arch"]).stdout
    return [number for number in CAPABILITIES if f"compute_{number}" in known.split()]


def inexact(name, text):
    return [f"{name} has an inexact instruction: {match[0].strip()}" for match in INEXACT.finditer(text)]


def spilled(options, name, ptx, capability):
    """Kernels with memory of their own for each thread."""
    ptxas = os.path.join(os.path.dirname(options.nvcc), "ptxas")
    report = run([ptxas, "-v", f"-arch=sm_{capability}", ptx, "-o", os.devnull])
    text = report.stdout + report.stderr
    if report.returncode != 0:
        return [f"{name}: ptxas fails:\n{text}"]
    frames = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", text)
    kernels = re.findall(r"Compiling entry function '(\w+)'", text)
    return [f"{name}: {kernel} has {numbers[0]} bytes of stack, {numbers[1]} + {numbers[2]} bytes of spills"
            for kernel, numbers in zip(kernels, frames, strict=True) if any(int(number) for number in numbers)]


def problems_of(options, source, capability, folder):
    """What is wrong with one source for one capability, and how many kernels it has."""
    name = f"{os.path.basename(source)} for {capability / 10}"
    ptx = os.path.join(folder, f"{capability}.ptx")
    compiled = run([options.nvcc, "-std=c++17", "-O3", "-ptx", f"-arch=compute_{capability}",
                    "--Werror=all-warnings", *(f"-I{path}" for path in options.include), source, "-o", ptx])
    if compiled.returncode != 0:
        return [f"{name} does not compile:\n{compiled.stdout}{compiled.stderr}"], 0
    with open(ptx, encoding="utf-8") as file:
        text = file.read()
    found = inexact(name, text)
    if options.all:
        found += spilled(options, name, ptx, capability)
    return found, len(re.findall(r"\.entry\b", text))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--nvcc", required=True)
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("source")
    options = parser.parse_args()
    problems = []
    with tempfile.TemporaryDirectory(prefix="jupiter-ptx-") as folder:
        planted = os.path.join(folder, "planted.cu")
        with open(planted, "w", encoding="utf-8") as file:
            file.write(PLANTED)
        found = [number for number in capabilities(options.nvcc) if options.all or number in USUAL]
        if not found:
            problems.append("nvcc compiles for none of the capabilities")
        for capability in found:
            expected, _ = problems_of(options, planted, capability, folder)
            wanted = ["inexact", "bytes of stack"] if options.all else ["inexact"]
            if any(not any(word in line for line in expected) for word in wanted):
                problems.append(f"the planted kernel is not found: {expected}")
            of_source, kernels = problems_of(options, options.source, capability, folder)
            problems += of_source
            print(f"{capability / 10}: {kernels} kernels")
            if kernels == 0:
                problems.append(f"no kernel for {capability / 10}")
    for problem in problems:
        print(problem)
    print("ok" if not problems else f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
