#!/usr/bin/env python3
"""Drafts change no bit of an answer: tokens and logits are those of plain decoding, whatever drafts.

draft_test.py --run JUPITER_RUN --bench JUPITER_BENCH [--quick]

Trains draft heads for the small real model first (jupiter_medusa is beside JUPITER_RUN). Strategies
that split layers are compared with one process, the others against their own plain decoding. Without
--quick: 20 prompts with 2000 tokens and more for every one of the former, number of ranks, source of
drafts and way to speculate (half an hour on 2 cores).
"""
import json
import os
import re
import sys
import tempfile

import program_lib

QUICK_HEADS = ["--positions", 6000, "--epochs", 2, "--held-out", 1500]
FULL_HEADS = ["--positions", 60000, "--epochs", 5, "--held-out", 6000]
OPENINGS = ["Once upon a time", "The little dog", "Lily and Ben", "One sunny day", "Tom was sad",
            "There was a big tree", "A girl named Anna", "Mom said", "The cat ran", "In the park",
            "Max had a red ball", "She was very happy", "The bird could not fly", "Dad and Sam",
            "It was a cold night", "The old man", "Sue liked to sing", "We went to the sea",
            "He did not want to share", "The truck was fast"]
PIPELINES = ["jupiter", "edgeshard"]
SHARED = ["sequence", "megatron", "detransformer", "galaxy"]
HASHES = re.compile(r"tokens hash (\w+), logits hash (\w+)")
DRAFTS = re.compile(r"drafts: (\d+) steps, acceptance length ([\d.]+|-) \((\d+) new tokens / steps\), acceptance rate ([\d.]+|-), "
                    r"(\d+) drafted, (\d+) wasted, (\d+) past the end, (\d+) stale steps")


def hashes(result):
    """Of tokens and logits; nothing when the run failed."""
    found = HASHES.search(result.err)
    return found.groups() if found and not result.problems() else None


class Plain:
    """Answers without drafts, by model, strategy, ranks and prompt."""

    def __init__(self, options):
        self.options = options
        self.known = {}

    def expect(self, model, strategy, ranks, request):
        # Layers that are split elsewhere give the bits of one process.
        where = ("local", 1) if strategy in ["local", *PIPELINES] else (strategy, ranks)
        key = (*model, *where, *map(str, request))
        if key not in self.known:
            self.known[key] = hashes(run(self.options, model, *where, request, []))
        return self.known[key]


def run(options, model, strategy, ranks, request, flags):
    return program_lib.run([options.run, *model, "--strategy", strategy, "--ignore-eos", *request, *flags],
                           ranks, timeout=options.timeout, mpirun=options.mpirun)


def statistics_problems(result):
    """Definitions hold: what is not accepted is wasted, and steps yield the tokens of the answer."""
    found = DRAFTS.search(result.err)
    if not found:
        return ["no line with statistics of drafts"]
    steps, tokens, drafted, wasted = int(found[1]), int(found[3]), int(found[5]), int(found[6])
    accepted = drafted - wasted
    problems = []
    answer = re.search(r"^decode: (\d+) tokens", result.err, re.MULTILINE)
    if not answer or tokens != int(answer[1]) - 1:
        problems.append(f"{tokens} new tokens of {steps} steps, the answer: {answer and answer[0]}")
    if (found[2] == "-") != (steps == 0) or (found[4] == "-") != (drafted == 0):
        return [f"{found[0]}: only what there is nothing to divide by has no rate"]
    if steps and abs(float(found[2]) - tokens / steps) > 0.0051:
        problems.append(f"acceptance length {found[2]} of {steps} steps, {tokens} tokens")
    if drafted and abs(float(found[4]) - accepted / drafted) > 0.0051:
        problems.append(f"acceptance rate {found[4]} of {accepted} in {drafted}")
    return problems


def drafted(case, options, plain):
    model, strategy, ranks, request, flags = case
    expected = plain.expect(model, strategy, ranks, request)
    result = run(options, model, strategy, ranks, request, flags)
    problems = result.problems()
    if not problems:
        problems += statistics_problems(result)
        got = hashes(result)
        if expected is None or got != expected:
            problems.append(f"hashes {got}, without drafts {expected}")
    shown = [os.path.basename(str(word)) for word in [*flags, *request[:2]]]
    return f"{os.path.basename(model[1])} {strategy} -np {ranks} {' '.join(shown)}", problems, result.show()


def write_tree(folder):
    path = os.path.join(folder, "tree.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("[[0], [1], [2], [0, 0], [0, 1], [1, 0], [0, 0, 0]]\n")
    return path


def sources(heads, tree, draft_model):
    yield ["--draft", "ngram"]
    yield ["--draft", f"medusa:{heads}"]
    yield ["--draft", f"medusa:{heads}", "--tree", tree]
    yield ["--draft", f"model:{draft_model}", "--draft-length", 3]


def places():
    """Strategies, ranks, ways to speculate, prompts."""
    yield "local", 1, ["once"], OPENINGS
    for ranks in [1, 2, 3, 4]:
        for strategy in PIPELINES:
            yield strategy, ranks, ["once", "continuous"], OPENINGS
    for ranks in [2, 3, 4]:
        for strategy in SHARED:
            # One stage, so they never go on from a guess.
            yield strategy, ranks, ["once"], OPENINGS[:4]


def full_cases(stories, synthetic, stories_sources, synthetic_sources):
    for strategy, ranks, ways, prompts in places():
        for how in ways:
            for source in stories_sources:
                for prompt in prompts:
                    yield (stories, strategy, ranks, ["--prompt", prompt, "--tokens", 105],
                           [*source, "--speculate", how])
            for source in synthetic_sources:
                yield (synthetic, strategy, ranks, ["--prompt-ids", "1,2,3,4,1,2,3", "--tokens", 60],
                       [*source, "--speculate", how])


def quick_cases(stories, synthetic, stories_sources, synthetic_sources):
    ngram, planned, fixed, model = stories_sources
    request = ["--prompt", OPENINGS[0], "--tokens", 40]
    for strategy, ranks, source, how in [
            ("local", 1, planned, "once"), ("jupiter", 1, ngram, "continuous"), ("jupiter", 2, ngram, "once"),
            ("jupiter", 2, planned, "once"), ("edgeshard", 3, model, "continuous"),
            ("jupiter", 3, fixed, "continuous"), ("edgeshard", 2, planned, "continuous"),
            ("megatron", 2, fixed, "once"), ("galaxy", 3, model, "once"), ("sequence", 2, ngram, "once")]:
        yield stories, strategy, ranks, request, [*source, "--speculate", how]
    # Nothing to draft, hardly anything, an answer that is sampled, and a prompt of one token.
    for tokens in [1, 2]:
        yield stories, "jupiter", 2, ["--prompt", OPENINGS[1], "--tokens", tokens], planned
    sampled = [*request, "--temperature", 0.8, "--seed", 3]
    yield stories, "jupiter", 2, sampled, [*model, "--speculate", "continuous"]
    yield synthetic, "jupiter", 2, ["--prompt-ids", "7", "--tokens", 30], synthetic_sources[0]
    yield synthetic, "jupiter", 4, ["--prompt-ids", "7", "--tokens", 30], [
        "--draft", "model:synthetic:tiny:f16", "--draft-length", 63, "--speculate", "continuous"]


def bench(options, folder, model, heads):
    """Rows with drafts stand beside those without, checked and counted."""
    session = program_lib.Session(options, folder)
    out = session.path("bench.json")
    session.call(options.bench, [*model, "--strategies", "local,jupiter", "--draft", f"ngram,medusa:{heads}",
                                 "--speculate", "once,continuous", "--n-prompt", 12, "--n-gen", 24,
                                 "--benchmark_min_time=0.01", f"--benchmark_out={out}"], ranks=2)
    if session.problems:
        return "jupiter_bench", session.problems, session.details
    with open(out, encoding="utf-8") as file:
        rows = {row["name"].split("/pp")[0].split("/", 2)[2]: row for row in json.load(file)["benchmarks"]}
    for strategy in ["local", "jupiter"]:
        for drafts in ["", "/ngram", "/ngram-continuous", "/medusa", "/medusa-continuous"]:
            row = rows.get(strategy + drafts)
            session.check(row and row["label"].startswith("VALID"), f"{strategy}{drafts}: {row}")
            session.check(not row or ("tokens_per_step" in row) == bool(drafts),
                          f"{strategy}{drafts}: counters {row}")
    return "jupiter_bench", session.problems, session.details


def memory(options, model, heads):
    """--dry-run counts the heads on the last stage, and a draft model on the first."""
    problems = []
    details = ""
    for source, where in [(f"medusa:{heads}", 1), ("model:synthetic:tiny", 0)]:
        result = run(options, model, "jupiter", 2, ["--prompt", "Once", "--tokens", 8],
                     ["--draft", source, "--dry-run"])
        table = [line.split() for line in result.err.splitlines()]
        head = next((row for row in table if row[:2] == ["rank", "host"]), None)
        rows = [row for row in table if row and row[0] in ["0", "1"] and len(row) > 8]
        problems += result.problems()
        if head is None or len(rows) != 2:
            problems.append("no table of memory")
        else:
            found = [float(row[head.index("drafts")]) for row in rows]
            if found[1 - where] != 0 or found[where] <= 0:
                problems.append(f"{source}: drafts take {found} MiB")
        details += result.show()
    return "memory", problems, details


def main():
    options = program_lib.arguments(__doc__)
    medusa = os.path.join(os.path.dirname(options.run), "jupiter_medusa")
    files = program_lib.stories(options)
    stories = ["--model", os.path.join(files, "stories260K-f32.gguf")]
    synthetic = ["--model", "synthetic:tiny:q8_0", "--ids"]
    with tempfile.TemporaryDirectory(prefix="jupiter-draft-") as folder:
        heads = os.path.join(folder, "heads.safetensors")
        training = program_lib.run(
            [medusa, *stories, "--own-output", "--heads", 3, "--rate", 0.005,
             *(QUICK_HEADS if options.quick else FULL_HEADS), "--out", heads], timeout=options.timeout)
        tree = write_tree(folder)
        # The same weights in another type: right nearly always, and another model.
        own = list(sources(heads, tree, os.path.join(files, "stories260K-f16.gguf")))
        made_up = [["--draft", "ngram"], ["--draft", "medusa:synthetic:3", "--tree", tree],
                   ["--draft", "model:synthetic:tiny:f16", "--draft-length", 3]]
        plain = Plain(options)
        cases = quick_cases if options.quick else full_cases
        checks = [lambda: ("training", training.problems(), training.show()),
                  lambda: memory(options, stories, heads), lambda: bench(options, folder, stories, heads)]
        checks += [lambda case=case: drafted(case, options, plain)
                   for case in cases(stories, synthetic, own, made_up)]
        good = program_lib.check_all(checks, lambda check: check(), options.jobs)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
