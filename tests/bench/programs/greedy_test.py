#!/usr/bin/env python3
"""The greedy continuation of stories260K: the same ids in every format, on every plan.

greedy_test.py --run JUPITER_RUN [--quick] [--models FOLDER]

All pairings of file format, number of ranks, strategy with slices, and threads must print the ids of
greedy.json; the f16 file must print its text. --quick has every pair of ranks and plan once, with formats
and threads going round.
"""
import itertools
import json
import os
import sys

import program_lib

TOKENS = 200
RANKS = [1, 2, 3, 4, 5]
THREADS = [1, 2]
PLANS = [["sequence"], ["megatron"], ["galaxy"], ["galaxy", "--no-overlap"],
         ["edgeshard"], ["jupiter", "--slices", "1"], ["jupiter", "--slices", "2"],
         ["jupiter", "--slices", "3"], ["jupiter", "--slices", "auto"],
         ["jupiter", "--slices", "auto", "--min-slice", "1"]]
FORMATS = ["bin", "gguf", "safetensors"]


def model_flags(folder, form):
    """How to name the model of that format; only GGUF files have the tokenizer inside."""
    if form in ("gguf", "f16"):
        precision = "f32" if form == "gguf" else "f16"
        return ["--model", os.path.join(folder, f"stories260K-{precision}.gguf")]
    name = "stories260K.bin" if form == "bin" else "safetensors"
    return ["--model", os.path.join(folder, name), "--tokenizer", os.path.join(folder, "tok512.bin")]


def matrix(quick):
    """The cases (format, ranks, plan, threads, whether text is printed)."""
    ids = [(form, ranks, plan, threads, False) for form, ranks, plan, threads in
           itertools.product(FORMATS, RANKS, PLANS, THREADS)]
    text = [(form, ranks, plan, 1, True) for form in ["f16", *FORMATS] for ranks in RANKS
            for plan in PLANS]
    if not quick:
        return ids + text
    ids = [(FORMATS[(r + p) % 3], ranks, plan, THREADS[(r + p) % 2], False)
           for r, ranks in enumerate(RANKS) for p, plan in enumerate(PLANS)]
    text = [("f16", ranks, PLANS[ranks % len(PLANS)], 1, True) for ranks in RANKS]
    return ids + text


def main():
    options = program_lib.arguments(__doc__)
    folder = program_lib.stories(options)
    with open(os.path.join(folder, "greedy.json"), encoding="utf-8") as file:
        golden = json.load(file)
    ids = " ".join(map(str, golden["generated_ids"][:TOKENS])) + "\n"
    # The newline at its end is that of stdout.
    text = golden["text"][len(golden["prompt"]):]
    all_tokens = len(golden["generated_ids"])

    def check(case):
        form, ranks, plan, threads, as_text = case
        result = program_lib.run(
            [options.run, *model_flags(folder, form), "--prompt", golden["prompt"], "--temperature", 0,
             "--threads", threads, "--strategy", *plan,
             *(["--tokens", all_tokens] if as_text else ["--tokens", TOKENS, "--ids"])],
            ranks, timeout=options.timeout, mpirun=options.mpirun)
        problems = result.problems()
        if result.out != (text if as_text else ids):
            problems.append("another text" if as_text else "other ids")
        name = f"{form} np {ranks} {' '.join(plan)} threads {threads} {'text' if as_text else 'ids'}"
        return name, problems, result.show()

    sys.exit(0 if program_lib.check_all(matrix(options.quick), check, options.jobs) else 1)


if __name__ == "__main__":
    main()
