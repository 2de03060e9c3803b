#!/usr/bin/env python3
"""Reads what became of the exact kernels: no approximate or flushing instruction in the PTX that a build left
in FOLDER. With --all they are compiled here for every card from the oldest of the docs on, without a warning,
a stack frame or a spilled register; a build looks for those on the cards it is for.

ptx_test.py --nvcc NVCC --built FOLDER SOURCE
ptx_test.py --nvcc NVCC --all --include FOLDER [--include FOLDER...] SOURCE
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

# Compute capabilities from the oldest card of the docs to Hopper; those the toolkit has are compiled.
CAPABILITIES = (72, 75, 80, 87, 90)
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


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


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


def kernels_in(text):
    return len(re.findall(r"\.entry\b", text))


def compile_problems(options, source, capability, folder):
    """What is wrong with one source for one capability, and how many kernels it has."""
    name = f"{os.path.basename(source)} for {capability / 10}"
    ptx = os.path.join(folder, f"{capability}.ptx")
    compiled = run([options.nvcc, "-std=c++17", "-O3", "-ptx", f"-arch=compute_{capability}",
                    "--Werror=all-warnings", *(f"-I{path}" for path in options.include), source, "-o", ptx])
    if compiled.returncode != 0:
        return [f"{name} does not compile:\n{compiled.stdout}{compiled.stderr}"], 0
    text = read(ptx)
    return inexact(name, text) + spilled(options, name, ptx, capability), kernels_in(text)


def planted_problems(options, capability, folder):
    """That the mistakes of PLANTED are not found."""
    planted = os.path.join(folder, "planted.cu")
    with open(planted, "w", encoding="utf-8") as file:
        file.write(PLANTED)
    found, _ = compile_problems(options, planted, capability, folder)
    missing = [word for word in ("inexact", "bytes of stack") if not any(word in line for line in found)]
    return [f"the planted kernel for {capability / 10} has nothing {word}: {found}" for word in missing]


def problems_of_all(options, folder):
    """What is wrong with the source for any card."""
    problems = []
    for capability in capabilities(options.nvcc):
        problems += planted_problems(options, capability, folder)
        found, kernels = compile_problems(options, options.source, capability, folder)
        problems += found
        print(f"{capability / 10}: {kernels} kernels")
        if kernels == 0:
            problems.append(f"no kernel for {capability / 10}")
    return problems


def problems_of_built(options, folder):
    """What is wrong with the PTX that the build left."""
    stem = os.path.splitext(os.path.basename(options.source))[0]
    built = sorted(glob.glob(os.path.join(options.built, f"{stem}*.ptx")))
    if not built:
        return [f"no {stem}*.ptx in {options.built}"]
    problems = planted_problems(options, capabilities(options.nvcc)[-1], folder)
    for path in built:
        text = read(path)
        problems += inexact(path, text)
        print(f"{os.path.basename(path)}: {kernels_in(text)} kernels")
        if kernels_in(text) == 0:
            problems.append(f"no kernel in {path}")
    return problems


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--nvcc", required=True)
    parser.add_argument("--include", action="append", default=[])
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--built")
    how.add_argument("--all", action="store_true")
    parser.add_argument("source")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if not capabilities(options.nvcc):
        problems = ["nvcc compiles for none of the capabilities"]
    else:
        with tempfile.TemporaryDirectory(prefix="jupiter-ptx-") as folder:
            look = problems_of_all if options.all else problems_of_built
            problems = look(options, folder)
    for problem in problems:
        print(problem)
    print("ok" if not problems else f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
