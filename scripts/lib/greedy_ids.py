#!/usr/bin/env python3
"""The greedy continuations of small checkpoints, a line "MODEL FORMAT STRATEGY RANKS: ids" each.

greedy_ids.py JUPITER_RUN MODELS

MODELS is a folder of folders with a greedy.json, which has the prompt. One process and a pipeline
of two ranks; each file format.
"""
import glob
import json
import os
import subprocess
import sys

RUNS = [(1, "local"), (2, "jupiter"), (2, "megatron")]


def formats(folder):
    """(name, how to name that model): GGUF files, and llama2.c and safetensors with their tokenizer."""
    tokenizers = glob.glob(os.path.join(glob.escape(folder), "tok*.bin"))
    with_tokenizer = ["--tokenizer", tokenizers[0]] if tokenizers else []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith(".gguf"):
            yield name, ["--model", path]
        elif (name.endswith(".bin") and path not in tokenizers) or os.path.isdir(path):
            yield name, ["--model", path, *with_tokenizer]


def ids(program, model, prompt, tokens, ranks, strategy):
    """The ids as the program prints them, or the last line of its complaint."""
    command = ["mpirun", "-np", str(ranks), program, *model, "--prompt", prompt, "--tokens", str(tokens),
               "--ids", "--temperature", "0", "--strategy", strategy, "--threads", "1"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return result.stdout.strip()
    complaint = (result.stderr.strip().splitlines() or ["no message"])[-1]
    return f"exit code {result.returncode}: {complaint}"


def main():
    program, models = sys.argv[1:]
    for oracle in sorted(glob.glob(os.path.join(glob.escape(models), "*", "greedy.json"))):
        with open(oracle, encoding="utf-8") as file:
            golden = json.load(file)
        folder = os.path.dirname(oracle)
        for name, model in formats(folder):
            for ranks, strategy in RUNS:
                text = ids(program, model, golden["prompt"], len(golden["generated_ids"]), ranks, strategy)
                print(f"{os.path.basename(folder)} {name} {strategy} np {ranks}: {text}")


if __name__ == "__main__":
    main()
