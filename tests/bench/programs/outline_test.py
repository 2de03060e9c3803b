#!/usr/bin/env python3
"""Outlines and several requests: what is written does not depend on who writes it together with whom.

outline_test.py --run JUPITER_RUN [--quick] [--models FOLDER]

On stories260K: an outline of a file gives one text on all ranks, strategies, drafts and numbers of points at
once; a question without a usable outline gives its answer in one piece; requests of a file give what each
prompt gives alone.
"""
import json
import os
import re
import sys
import tempfile

import program_lib

QUESTION = "Once upon a time"
WHOLE = re.compile(r"^answer: (\d+) tokens, from the question on TTFT ([\d.]+) ms, E2E ([\d.]+) ms, [\d.]+ t/s$",
                   re.MULTILINE)
POINTS = ["a dog and a cat", "the big red ball", "Lily goes to the park", "rain", "the end"]
RUNS = [(1, ["--strategy", "local"]), (1, ["--draft", "ngram"]), (2, []), (2, ["--at-once", 1]),
        (3, ["--draft", "ngram", "--speculate", "continuous"]), (4, ["--strategy", "edgeshard"]),
        (4, ["--at-once", 2]), (3, ["--strategy", "megatron"]), (2, ["--strategy", "galaxy"])]
REQUESTS = [{"prompt": "Once upon a time", "tokens": 30}, {"id": "cat", "prompt": "The cat"},
            {"prompt_ids": [1, 403, 407, 261], "tokens": 5}, {"id": 7, "prompt": "Lily wanted to play with"}]


def model(folder):
    return ["--model", os.path.join(folder, "stories260K-f32.gguf"), "--threads", 1]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def check_whole(session, result, skeleton):
    """TTFT and E2E count from the question on, the outline's time included where the model wrote it."""
    whole = WHOLE.search(result.err)
    session.check(whole, "no TTFT and E2E of the answer")
    if not whole:
        return
    ttft, e2e = float(whole[2]), float(whole[3])
    session.check(0 < ttft <= e2e, whole[0])
    found = re.search(r"^skeleton: .* tokens in ([\d.]+) ms", result.err, re.MULTILINE)
    session.check(bool(found) == skeleton, f"skeleton: {found and found[0]}")
    session.check(not found or ttft > float(found[1]), f"{whole[0]}, {found and found[0]}")
    prefill = re.search(r"^prefill: \d+ tokens, TTFT ([\d.]+) ms", result.err, re.MULTILINE)
    session.check(not prefill or abs(float(prefill[1]) - ttft) < 0.011, f"{prefill and prefill[0]}, {whole[0]}")
    points = re.search(r"^points: .* tokens in ([\d.]+) ms", result.err, re.MULTILINE)
    session.check(not points or float(points[1]) <= e2e + 0.011, f"{points and points[0]}, {whole[0]}")


def outlines(session, folder, quick):
    """One text, whoever writes it; and what is said of the run."""
    points = write(session.path("points.txt"),
                   "\n".join(f"{i + 1}. {point}" for i, point in enumerate(POINTS)))
    flags = [*model(folder), "--prompt", QUESTION, "--outline", f"file:{points}", "--tokens", 20]
    texts = set()
    for ranks, more in RUNS[:6] if quick else RUNS:
        result = session.call(session.options.run, [*flags, *more], ranks)
        texts.add(result.out)
        check_whole(session, result, skeleton=False)
        at_once = re.search(r"^at once: (\d+) requests at most", result.err, re.MULTILINE)
        most = more[1] if "--at-once" in more else len(POINTS)
        session.check(at_once and int(at_once[1]) == most, f"{more}: at once {at_once and at_once[0]}")
        kv = re.search(r"^KV: (\d+) positions held at most: shared prefix (\d+), tails (\d+); "
                       r"with a copy of the prefix for each (\d+)$", result.err, re.MULTILINE)
        session.check(kv is not None, "no KV")
        if kv:
            total, shared, tails, copied = map(int, kv.groups())
            held = (copied - tails) // shared
            session.check(total == shared + tails and copied == held * shared + tails and held >= 1, kv[0])
    session.check(len(texts) == 1, f"{len(texts)} texts: {texts}")
    text = texts.pop()
    places = [text.find(f"{i + 1}. {point}:") for i, point in enumerate(POINTS)]
    session.check(places == sorted(places) and places[0] == 0, f"headings at {places}: {text!r}")


TEMPLATES = """jupiter_outline_templates: 1
formats:
  started:
    answer: "{question}"
    skeleton: "{question}"
    skeleton_start: "\\n1. Lily\\n2. Tom\\n3. The dog\\n"
    expansion: "{question}\\n{skeleton}\\n"
    point: "{number}. {point}"
    heading: "{number}. {point}"
    next_point: ["."]
    joiner: "|"
"""


def skeletons(session, folder):
    """The model goes on with an outline that the prompt begins: the points are those of the beginning."""
    path = write(session.path("mine.yaml"), TEMPLATES)
    flags = [*model(folder), "--prompt", QUESTION, "--tokens", 20, "--outline", "always",
             "--outline-templates", path, "--chat-format", "started", "--skeleton-tokens", 12]
    texts = set()
    for ranks, more in [(1, []), (2, []), (3, ["--draft", "ngram"]), (4, ["--point-tokens", 20])]:
        result = session.call(session.options.run, [*flags, *more], ranks)
        texts.add(result.out)
        check_whole(session, result, skeleton=True)
        for line in [r"^skeleton: \d+ prompt tokens, 12 tokens", r"^points: 3, ", r"^answer: \d+ tokens",
                     r"^tokens of each: \d+ \((next point|length|end)\),"]:
            session.check(re.search(line, result.err, re.MULTILINE), f"stderr has no {line}")
    session.check(len(texts) == 1, f"{len(texts)} texts: {texts}")
    text = texts.pop()
    session.check(re.fullmatch(r"1\. Lily[^|]*\|2\. Tom[^|]*\|3\. The dog[^|]*\n", text), f"text {text!r}")
    session.check("." not in re.sub(r"\d\.", "", text), f"a marker in {text!r}")


def fallbacks(session, folder):
    """Without a usable outline the answer is that of the prompt."""
    flags = [*model(folder), "--prompt", QUESTION, "--tokens", 24]
    plain = session.call(session.options.run, flags, 2)
    always = session.call(session.options.run, [*flags, "--outline", "always"], 2)
    session.check(always.out == plain.out, f"always: {always.out!r}")
    check_whole(session, always, skeleton=True)
    session.check(re.search(r"^note: answered in one piece: ", always.err, re.MULTILINE), "always: no note")
    session.check(re.search(r"^skeleton: \d+ prompt tokens", always.err, re.MULTILINE), "no skeleton")
    auto = session.call(session.options.run, [*flags, "--outline", "auto"], 3)
    session.check(auto.out == plain.out, f"auto: {auto.out!r}")
    check_whole(session, auto, skeleton=False)
    session.check(re.search(r"^--outline auto: in one piece", auto.err, re.MULTILINE), "auto: no note")


def requests(session, folder):
    """A line per request, in order, with what the prompt gives alone."""
    path = write(session.path("requests.jsonl"), "\n".join(map(json.dumps, REQUESTS)) + "\n")
    alone = []
    for request in REQUESTS:
        prompt = (["--prompt", request["prompt"]] if "prompt" in request else
                  ["--prompt-ids", ",".join(map(str, request["prompt_ids"]))])
        tokens = request.get("tokens", 12)
        text = session.call(session.options.run, [*model(folder), *prompt, "--tokens", tokens]).out[:-1]
        alone.append((str(request.get("id", len(alone) + 1)), text))
    outputs = set()
    for ranks, more in [(1, []), (2, []), (4, ["--at-once", 2]), (3, ["--draft", "ngram"])]:
        flags = [*model(folder), "--requests", path, "--tokens", 12, *more]
        outputs.add(session.call(session.options.run, flags, ranks).out)
    session.check(len(outputs) == 1, f"{len(outputs)} outputs")
    lines = [json.loads(line) for line in outputs.pop().splitlines()]
    session.check([(line["id"], line["text"]) for line in lines] == alone, f"{lines}, alone {alone}")
    for line, request in zip(lines, REQUESTS):
        most = request.get("tokens", 12)
        session.check(len(line["tokens"]) == most and line["finish_reason"] == "length",
                      f"{line}, expected {most} tokens")
    ids = session.call(session.options.run, [*model(folder), "--requests", path, "--tokens", 12, "--ids"], 2)
    bare = [json.loads(line) for line in ids.out.splitlines()]
    session.check([line["tokens"] for line in bare] == [line["tokens"] for line in lines], "other ids")
    session.check(not any("text" in line for line in bare), "a text with --ids")


def main():
    options = program_lib.arguments(__doc__)
    folder = program_lib.stories(options)

    def check(case):
        with tempfile.TemporaryDirectory(prefix="jupiter-outline-") as where:
            session = program_lib.Session(options, where)
            case(session)
            return session.name, session.problems, session.details

    def named(name, run):
        def case(session):
            session.name = name
            run(session)
        return case

    cases = [named("outlines", lambda session: outlines(session, folder, options.quick)),
             named("skeletons", lambda session: skeletons(session, folder)),
             named("fallbacks", lambda session: fallbacks(session, folder)),
             named("requests", lambda session: requests(session, folder))]
    sys.exit(0 if program_lib.check_all(cases, check, options.jobs) else 1)


if __name__ == "__main__":
    main()
