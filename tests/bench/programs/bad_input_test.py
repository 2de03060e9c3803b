#!/usr/bin/env python3
"""Whatever is wrong with the input: one clear line, exit code 2, nothing on stdout, no crash.

bad_input_test.py --run JUPITER_RUN --bench JUPITER_BENCH [--quick | --alone]

Every case runs as a single process, and some on 3 ranks, where the line must still be one. Without
--quick all cases run on 1 and 3 ranks under mpirun, too; with --alone none does.
"""
import dataclasses
import json
import os
import re
import sys
import tempfile

import bad_models
import make_models
import medusa_test
import program_lib

FEW = ["--tokens", 4]
IDS = ["--prompt-ids", "1,2,3", "--ids"]
TINY = ["--model", "synthetic:tiny"]


@dataclasses.dataclass
class Case:
    """One wrong input and what the error line must match."""
    name: str
    flags: list
    pattern: str
    program: str = "run"
    parallel: bool = False  # whether --quick runs it on 3 ranks as well
    also: str = ""          # what stderr must have besides the line


def model_cases(folder):
    for name, path, pattern in bad_models.bad_models(folder):
        parallel = name.split()[1] in ("truncated-tensor", "unknown-architecture")
        where = re.escape(os.path.basename(path))
        if name == "gguf nan-scale":
            # Met by the device, which knows tensors but no files; the plan above names the model.
            yield Case(name, ["--model", path, *IDS, *FEW], pattern, parallel=True, also="nan-scale")
            continue
        yield Case(name, ["--model", path, *IDS, *FEW], f"{where}.*({pattern})", parallel=parallel)
    right = os.path.join(folder, "right.bin")
    with open(right, "wb") as file:
        file.write(make_models.llama2c())
    yield Case("no tokenizer", ["--model", right, "--prompt", "Once"],
               r"right\.bin: a llama2\.c model has its tokenizer in another file; give --tokenizer")
    yield Case("a tokenizer that is none", ["--model", right, "--tokenizer", right, "--prompt", "Once"],
               r"right\.bin")
    yield Case("missing tokenizer", ["--model", right, "--tokenizer", os.path.join(folder, "no.bin"),
                                     "--prompt", "Once"], r"no\.bin")
    missing = os.path.join(folder, "missing.gguf")
    yield Case("missing file", ["--model", missing, *IDS], r"missing\.gguf", parallel=True)
    yield Case("empty directory", ["--model", folder, *IDS], re.escape(os.path.basename(folder)))
    nan = os.path.join(folder, "nan.bin")
    data = bytearray(make_models.llama2c())
    data[28 + 4000:28 + 4004] = b"\0\0\xc0\x7f"
    with open(nan, "wb") as file:
        file.write(data)
    yield Case("NaN when quantising", ["--model", nan, "--quantize", "q8_0", *IDS, *FEW],
               r"nan\.bin.*embed.*finite")
    yield from overflow_cases(folder)


def overflow_cases(folder):
    """What only a run can notice: logits that are not finite. (Weights that are not are refused when read.)"""
    of_32 = r"token 0 of the answer: \d+ of 32 logits are not finite.*damaged.*--wire"
    f16 = {"f32": [], "residual": ["--residual", "f16"], "kv": ["--kv", "f16"]}
    for name, sizes, strategies in [
            ("f32", make_models.OVERFLOW_F32, ["jupiter", "megatron", "sequence", "local"]),
            ("residual", make_models.OVERFLOW_ROWS_F16, ["edgeshard", "galaxy"]),
            ("kv", make_models.OVERFLOW_KV_F16, ["jupiter"])]:
        path = os.path.join(folder, f"overflow-{name}.gguf")
        with open(path, "wb") as file:
            file.write(make_models.overflowing(sizes))
        for strategy in strategies:
            yield Case(f"overflow of {name}, {strategy}",
                       ["--model", path, *IDS, *FEW, "--strategy", strategy, *f16[name]], of_32, parallel=True)
    large = os.path.join(folder, "overflow-f32.gguf")
    # Squares that do not fit f32: the norm makes zeros of the row, and those make zeros of the logits.
    zeros = os.path.join(folder, "overflow-norm.gguf")
    with open(zeros, "wb") as file:
        file.write(make_models.overflowing(make_models.OVERFLOW_NORM))
    for strategy in ["jupiter", "megatron", "local"]:
        yield Case(f"overflow in a norm, {strategy}", ["--model", zeros, *IDS, *FEW, "--strategy", strategy],
                   r"token 0 of the answer: all 32 logits are 0; .*damaged.*--wire", parallel=True)
    yield Case("overflow, sampled", ["--model", large, *IDS, *FEW, "--temperature", 1, "--seed", 3], of_32)
    yield Case("one request of two", ["--model", large, "--requests", requests_file(folder), "--ids", *FEW],
               r"request 1 of 2: " + of_32, parallel=True)


def requests_file(folder):
    path = os.path.join(folder, "two.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"prompt_ids": [1, 2]}\n{"prompt_ids": [3]}\n')
    return path


def flag_cases(folder):
    """Wrong flags of jupiter_run, on a model that is right."""
    run = [*TINY, *FEW, *IDS]
    yield Case("no model", [*IDS], r"--model")
    yield Case("unknown shape", ["--model", "synthetic:huge", *IDS], r"huge.*tiny")
    yield Case("unknown weight type", ["--model", "synthetic:tiny:q3_K", *IDS], r"q3_K.*q4_K")
    yield Case("no prompt", [*TINY], r"prompt")
    yield Case("empty prompt", [*TINY, "--prompt", ""], r"prompt is empty", parallel=True)
    yield Case("two prompts", [*run, "--prompt", "x"], r"only one of --prompt")
    yield Case("prompt too long", [*TINY, "--ids", "--prompt-ids", ",".join(["7"] * 1024)],
               r"1024 tokens.*context.*1024", parallel=True)
    yield Case("too many tokens", [*TINY, *IDS, "--tokens", 2000], r"2000.*1024")
    yield Case("no tokens", [*TINY, *IDS, "--tokens", 0], r"--tokens is 0, expected at least 1")
    yield Case("negative tokens", [*TINY, *IDS, "--tokens", -3], r"--tokens is -3")
    yield Case("tokens no number", [*TINY, *IDS, "--tokens", "many"], r"tokens.*many|many.*tokens")
    yield Case("ids no numbers", [*TINY, "--ids", "--prompt-ids", "1,x,3"], r"--prompt-ids.*1,x,3")
    yield Case("id too large", [*TINY, "--ids", "--prompt-ids", "1,512"], r"512.*vocabulary")
    yield Case("id negative", [*TINY, "--ids", "--prompt-ids", "1,-5"], r"-5.*vocabulary")
    yield Case("id overflows", [*TINY, "--ids", "--prompt-ids", "99999999999"], r"99999999999")
    yield Case("unreadable prompt file", [*TINY, "--prompt-file", os.path.join(folder, "none.txt")],
               r"none\.txt.*(read|such file)|--tokenizer")
    for flag, wrong, say in [
            ("--layers", "3,4", r"--layers 3,4.*(ranks|6 layers)"),
            ("--layers", "7", "--layers 7.*(6 layers|3 ranks)"),
            ("--layers", "a,b", "--layers a,b"), ("--layers", "-1", "--layers"),
            ("--strategy", "ring", r"ring.*edgeshard"), ("--slices", "2,2", r"2,2.*(3|add up)"),
            ("--slices", "0", r"--slices.*0"), ("--slices", "some", r"--slices.*some"),
            ("--min-slice", 0, "--min-slice.*0"), ("--quantize", "q5_0", r"q5_0.*q8_0"),
            ("--wire", "int4", r"--wire int4.*f16"), ("--residual", "q8_0", r"--residual q8_0.*f16"),
            ("--kv", "q4_0", r"--kv q4_0.*f16"), ("--device", "tpu", r"tpu.*cpu"),
            ("--split", "even", r"--split even.*equal"), ("--threads", -1, "--threads.*-1"),
            ("--threads", 100000, "--threads.*100000"), ("--deadline", 0, "--deadline.*0"),
            ("--deadline", "nan", "--deadline.*nan"), ("--memory-limit", -5, "--memory-limit.*-5"),
            ("--temperature", -1, "--temperature.*-1"), ("--temperature", "nan", "--temperature.*nan"),
            ("--reference", os.path.join(folder, "none.json"), r"none\.json"),
            ("--save-reference", "/nonexistent/r.json", r"/nonexistent/r\.json"),
            ("--record", "/nonexistent/r.jsonl", r"/nonexistent/r\.jsonl")]:
        yield Case(f"{flag} {os.path.basename(str(wrong))}", [*run, flag, wrong], say)
    for flag, wrong, say in [("--top-k", -1, "--top-k.*-1"), ("--top-p", 1.5, r"--top-p.*1\.5")]:
        yield Case(f"{flag} {wrong}", [*run, "--temperature", 1, flag, wrong], say)


def wording_cases(folder):
    """Command lines that are none, flags that the model or the ranks make wrong."""
    run = [*TINY, *FEW, *IDS]
    yield Case("unknown flag", [*run, "--lyers", "6"],
               r"jupiter_run has no flag --lyers; did you mean --layers\?", parallel=True)
    yield Case("text without quotes", [*TINY, "--prompt", "Once", "upon"], r"upon stands alone.*quotes")
    yield Case("flag without value", [*run, "--wire"], r"--wire has no value; give it one")
    yield Case("flag in place of a value", [*run, "--wire", "--seed", 3], r"--wire has no value, --seed follows")
    yield Case("flag given twice", [*run, "-n", 3], r"--n-gen, --tokens, -n are one flag, which is given 2 times; give it once",
               parallel=True)
    yield Case("switch given both ways", [*run, "-s", "galaxy", "--overlap", "--no-overlap"], r"--overlap.*given 2 times")
    yield Case("switch with a value", [*TINY, *FEW, "--prompt-ids", 1, "--ids=maybe"], r"--ids maybe: takes no value")
    quantised = ["--model", "synthetic:tiny:q8_0", "--quantize", "q4_0"]
    none = r"--quantize q4_0: rounds dense weights.*synthetic:tiny:q8_0 has none \(layers\.0\.wq is q8_0\); leave it out"
    yield Case("nothing to quantise", [*quantised, *FEW, *IDS], none, parallel=True)
    for flags in [[], ["--draft", "ngram"], ["--emulate", "env-a"]]:
        yield Case(f"bench: nothing to quantise {flags}", [*quantised, *flags], none, "bench")
    yield Case("--layers on 3 ranks", [*run, "--layers", "2,2,3"], r"--layers 2,2,3.*(7|3 numbers)",
               parallel=True)
    yield Case("memory limit", [*run, "--memory-limit", "0.5"], r"MiB", parallel=True,
               also=r"total MiB")
    yield Case("--stream without local", [*run, "--stream"], r"--stream does nothing with --strategy jupiter, only with local; leave it out",
               parallel=True)
    local = [*run, "--strategy", "local", "--stream"]
    yield Case("--stream in too little memory", [*local, "--memory-limit", "0.5"],
               r"even with one layer at a time.*0\.5 MiB", also=r"stream: 0 of 6 layers.*\n(.*\n)*.*total MiB")
    yield Case("--stream and --record", [*local, "--record", os.path.join(folder, "streamed.jsonl")],
               r"--record \S+ with --stream")


def idle_cases(folder):
    """Flags that are right, but cannot act beside the others: refused, and whose they are is said."""
    run = [*TINY, *FEW, *IDS]
    ask = [*TINY, *FEW, "--prompt", "Why?", "--outline"]
    points = os.path.join(folder, "two.txt")
    with open(points, "w", encoding="utf-8") as file:
        file.write("1. Dogs\n2. Cats\n")
    only = r"{} does nothing with --strategy {}, only with {}; leave it out"
    for flags, say in [
            (["--chat-format", "nobody"], r"--chat-format nobody is for --outline; leave it out"),
            (["--outline-templates", "outline"], r"--outline-templates outline is for --outline"),
            (["--point-tokens", 3], r"--point-tokens 3 is for --outline"),
            (["--skeleton-tokens", 3], r"--skeleton-tokens 3 is for --outline"),
            (["--at-once", 3], r"--at-once 3 is for --requests and --outline"),
            (["--top-k", 3], r"--top-k 3 is for --temperature above 0"),
            (["--top-p", 0.5, "--temperature", 0], r"--top-p 0\.5 is for --temperature above 0"),
            (["--seed", 3], r"--seed 3 is for --temperature above 0"),
            (["--speculate", "once"], r"--speculate once is for drafts; add --draft"),
            (["--min-slice", 8, "--slices", 2], r"--min-slice 8 is for --slices auto"),
            (["--split", "equal", "--layers", "6"], r"--split equal with --layers"),
            (["--split", "equal", "-s", "megatron", "--heads", 4, "--columns", 512],
             r"--split equal with --heads, --columns: they say how all is split"),
            (["--split", "speed", "-s", "sequence", "--rows", 1], r"--split speed with --rows: they say"),
            (["--device", "recording", "--record", "r", "--load-deadline", 5],
             r"--load-deadline 5 with --device recording: no weights are loaded"),
            (["--threads", 2, "--device", "eigen"], r"--threads 2 is for --device cpu"),
            (["--ignore-eos", "--tokenizer", "t.bin"], r"--tokenizer t\.bin with --prompt-ids, --ids"),
            (["--device", "recording", "--record", "r", "--temperature", 1],
             r"--temperature 1 with --device recording"),
            (["--device", "recording", "--record", "r", "--reference", "r"],
             r"--reference r with --device recording"),
            (["--device", "recording", "--record", "r", "--memory-limit", 9],
             r"--memory-limit 9 with --device recording"),
            (["--device", "recording", "--record", "r", "--link", "1gbit"],
             r"--link 1gbit with --device recording"),
            (["--strategy", "local", "--stream", "--cluster", "env-a"], r"--cluster env-a with --stream"),
            (["--plan", "p.json", "--slices", 2], r"--slices 2 with --plan p\.json"),
            (["--heads", "4"], only.format("--heads 4", "jupiter", "megatron, detransformer, galaxy")),
            (["--columns", "512"], only.format("--columns 512", "jupiter", "megatron, detransformer, galaxy")),
            (["--rows", "1"], only.format("--rows 1", "jupiter", "sequence, galaxy")),
            (["--gpu", 1], r"--gpu 1 is for --device cuda"),
            (["--no-overlap"], only.format("--no-overlap", "jupiter", "galaxy")),
            (["--overlap", "-s", "megatron"], only.format("--overlap", "megatron", "galaxy"))]:
        yield Case(f"idle {flags}", [*run, *flags], say, parallel="--chat-format" in flags)
    for flag in ["--record", "--reference", "--save-reference"]:
        yield Case(f"dry {flag}", [*run, "--dry-run", flag, "f.json"], rf"{flag} f\.json with --dry-run")
    yield Case("idle skeleton", [*ask, f"file:{points}", "--skeleton-tokens", 3],
               r"--skeleton-tokens 3 is for an outline that the model writes")
    yield Case("idle tokens", [*ask, f"file:{points}", "--point-tokens", 3], r"--tokens 4 with --outline file:")


def idle_for_strategy_cases(folder):
    """Flags that the strategy does not take; of several strategies one that does is enough."""
    run = [*TINY, *FEW, *IDS]
    only = r"{} does nothing with --strategy {}, only with {}; leave it out"
    shared = ["sequence", "megatron", "detransformer", "galaxy"]
    for flags, takers, others in [
            (["--slices", 2], [*shared, "jupiter"], ["local", "edgeshard"]),
            (["--layers", 6], ["edgeshard", "jupiter"], ["local", *shared]),
            (["--min-slice", 8], ["jupiter"], ["local", *shared, "edgeshard"]),
            (["--wire", "f16"], [*shared, "edgeshard", "jupiter"], ["local"]),
            (["--link", "1gbit"], [*shared, "edgeshard", "jupiter"], ["local"]),
            (["--split", "equal"], [*shared, "edgeshard", "jupiter"], ["local"]),
            (["--speculate", "continuous", "--draft", "ngram"], ["edgeshard", "jupiter"], ["local", *shared])]:
        words = only.format(f"{flags[0]} {flags[1]}", "{}", ", ".join(takers))
        for strategy in others:
            yield Case(f"idle {flags} {strategy}", [*run, *flags, "--strategy", strategy], words.format(strategy))
        # Of several strategies one is enough, which the damaged file then shows.
        yield Case(f"bench idle {flags}", ["--strategies", ",".join(others), *flags],
                   words.format(",".join(others)), "bench", parallel="--slices" in flags)
        gone = ["--model", os.path.join(folder, "gone.gguf")]
        yield Case(f"bench busy {flags}", [*gone, "--strategies", f"local,{takers[-1]}", *flags],
                   r"gone\.gguf", "bench")


def idle_bench_cases(_):
    """The same of jupiter_bench."""
    for flags, say in [
            (["--suite", "paper", "--threads", 2], r"--threads 2 with --suite paper"),
            (["--suite", "paper", "--draft", "ngram"], r"--draft ngram with --suite paper"),
            (["--emulate", "env-a", "--threads", 2], r"--threads 2 with --emulate"),
            (["--emulate", "env-a", "--suite", "real"], r"--suite real with --emulate"),
            (["--emulate", "env-a", "--out", "o"], r"--out o with --emulate"),
            (["--emulate", "env-a", "--load-deadline", 5], r"--load-deadline 5 with --emulate: no weights are loaded"),
            (["--suite", "fair,paper", "--load-deadline", 5], r"--load-deadline 5 with --suite fair.*no weights"),
            (["--emulate", "env-a", "--benchmark_min_time=1"], r"--benchmark_min_time=1 with --emulate: .* leave it out"),
            (["--suite", "paper", "--benchmark_repetitions=3"], r"--benchmark_repetitions=3 with --suite paper"),
            (["--benchmark_out_format=csv"], r"--benchmark_out_format=csv is for --benchmark_out=FILE"),
            (["--inject-fault", "mask", "--strategy", "local"], r"--inject-fault mask does nothing"),
            (["--save-records", "r"], r"--save-records r is for --emulate CLUSTER"),
            (["--tokenizer", "t"], r"--tokenizer")]:
        yield Case(f"bench idle {flags}", flags, say, "bench")


def number_cases(_):
    """No number becomes another one on its way in."""
    draw = [*TINY, *FEW, *IDS, "--temperature", 1]
    for flags, say in [
            (["--seed", 2**64], rf"--seed {2**64}: expected a whole number from 0 to {2**64 - 1}"),
            (["--seed", 10**30], rf"--seed {10**30}: expected"), (["--seed", -1], r"--seed -1: expected"),
            (["--seed", "1e3"], r"--seed 1e3: expected a whole number from 0"),
            (["--seed", "0x10"], r"--seed 0x10: expected"), (["--seed", " 1"], r"--seed  1: expected"),
            (["--top-k", 2**31], rf"--top-k {2**31}: expected a whole number from {-2**31} to {2**31 - 1}"),
            (["--top-k", -2**63 - 1], r"--top-k -9223372036854775809: expected"),
            (["--top-k", 1.5], r"--top-k 1\.5: expected a whole number"),
            (["--top-p", "1e-400"], r"--top-p 1e-400: .*too close to 0"),
            (["--memory-limit", "1e999"], r"--memory-limit 1e999: .*too large"),
            (["--memory-limit", "1e-9"], r"--memory-limit is 1e-09, expected 0"),
            (["--top-p", "half"], r"--top-p half: expected a number"), (["--seed="], r"--seed"),
            (["--threads", 2**32 + 1], rf"--threads {2**32 + 1}: expected"),
            (["--record", ""], r"--record is empty")]:
        yield Case(f"number {flags}", [*draw, *flags], say)
    yield Case("number --temperature", [*TINY, *FEW, *IDS, "--temperature", "1e-60"], r"--temperature 1e-60.*0")
    # The flag as it was typed, or as the program calls it.
    for name in ["-n", "--n-gen", "--tokens"]:
        yield Case(f"number {name}", [*TINY, *IDS, name, 0], rf"{name} is 0, expected at least 1")
    for flags, say in [
            (["--n-gen", 0], r"--n-gen 0: 0 tokens, expected at least 1"),
            (["-p", "8,0"], r"--n-prompt 8,0: 0 tokens, expected at least 1"),
            (["--n-gen", 2**31], rf"--n-gen {2**31}: expected whole numbers"),
            (["--draft", "ngram", "--draft-length", 2**32 + 4], r"--draft-length \d+: expected"),
            (["--strategy", "local,local"], r"--strategy: local is given twice")]:
        yield Case(f"bench number {flags}", flags, say, "bench")


def outline_cases(folder):
    """Wrong outlines and files of requests."""
    def file(name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as out:
            out.write(text)
        return path

    ask = [*TINY, *FEW, "--prompt", "Why?"]
    outline = [*ask, "--outline"]
    yield Case("outline mode", [*outline, "sometimes"], r"--outline sometimes.*auto, always, never",
               parallel=True)
    yield Case("outline file missing", [*outline, f"file:{folder}/gone.txt"], r"gone\.txt.*read", parallel=True)
    for name, text, say in [("empty", "", "no numbered point"), ("prose", "Nothing here.", "no numbered point"),
                            ("one", "1. Alone", "one numbered point"),
                            ("twice", "1. a\n2. b\n1. c", "number of an earlier one"),
                            ("eleven", "\n".join(f"{i}. x" for i in range(1, 12)), "11 points.*10")]:
        yield Case(f"outline {name}", [*outline, "file:" + file(f"{name}.txt", text)],
                   rf"{name}\.txt.*{say}", parallel=name == "one")
    points = "file:" + file("points.txt", "1. Dogs\n2. Cats")
    right = [*outline, points]
    for name, flags, say in [
            ("without a prompt", [*TINY, "--outline", points], r"prompt is empty"),
            ("of ids", [*TINY, *IDS[:2], "--outline", points], r"--prompt-ids 1,2,3 with --outline.*--prompt"),
            ("as ids", [*right, "--ids"], r"--ids with --outline"),
            ("and requests", [*TINY, "--outline", points, "--requests", "r"], r"--requests r with --outline"),
            ("and a reference", [*right, "--reference", "r.json"], r"--reference r.json with --outline"),
            ("and a record", [*right, "--record", "r.jsonl"], r"--record r.jsonl with --outline"),
            ("format", [*right, "--chat-format", "lama2"], r'"lama2".*did you mean llama2'),
            ("control token", [*right, "--chat-format", "chatml"], r"no control token <\|im_start\|>"),
            ("templates", [*right, "--outline-templates", "nowhere"], r"nowhere.*outline"),
            ("templates damaged", [*right, "--outline-templates", file("bad.yaml", "formats: 1")],
             r"bad\.yaml.*line 1"),
            ("tokens of a point", [*right, "--point-tokens", -1], r"--point-tokens is -1"),
            ("tokens of the outline", [*outline, "always", "--skeleton-tokens", 0], r"--skeleton-tokens is 0"),
            ("at once", [*right, "--at-once", 0], r"--at-once is 0"),
            ("slices", [*right, "--slices", "3,4"], r"--slices 3,4.*several"),
            ("too long", [*right[2 + len(FEW):], *TINY, "--point-tokens", 1000], r"--outline: a point takes.*1000 new ones.*1024"),
            ("question too long", [*TINY, *FEW, "--prompt", "why " * 300, "--outline", "always"],
             r"--outline: .*1024")]:
        yield Case(f"outline {name}", flags, say, parallel=name in ("control token", "too long", "slices"))
    many = [*TINY, *FEW, "--requests"]
    yield Case("requests missing", [*many, f"{folder}/gone.jsonl"], r"gone\.jsonl.*read", parallel=True)
    yield Case("requests and a prompt", [*ask, "--requests", "r"], r"--prompt Why\? with --requests: the file has the prompts")
    for name, text, say in [("none", "\n", "no requests"), ("torn", '{"prompt": "a"}\n{"prompt"', "line 2: not JSON"),
                            ("array", "[1]", "line 1"), ("nothing", "{}", "line 1.*prompt and prompt_ids"),
                            ("key", '{"prompt": "a", "toke": 3}', "line 1.*toke"),
                            ("ids", '{"prompt_ids": [1, 512]}', "line 1.*512.*vocabulary"),
                            ("zero", '{"prompt": "a", "tokens": 0}', "line 1.*tokens"),
                            ("long", '{"prompt": "a", "tokens": 1024}', "line 1.*1024 new ones.*1024"),
                            ("same", '{"prompt": "a", "id": 1}\n{"prompt": "b", "id": "1"}', "line 2.*id 1"),
                            ("bytes", '{"prompt": "\udcff"}', "line 1: not JSON")]:
        yield Case(f"requests {name}", [*many, file(f"{name}.jsonl", text)], rf"{name}\.jsonl: {say}",
                   parallel=name in ("torn", "long"))
    yield Case("requests with idle tokens", [*many, file("all.jsonl", '{"prompt": "a", "tokens": 3}')],
               r"--n-gen 4: every line of \S+all\.jsonl says its own tokens; leave it out")
    yield Case("requests saved", [*many, file("good.jsonl", '{"prompt": "a"}'), "--save-reference", "r.json"],
               r"--save-reference r.json with --requests")


def reference_cases(folder):
    """Reference files that are none, or of something else."""
    right = {"jupiter_reference": 1, "numerics": 2, "model": "another", "prompt": [1, 2, 3], "tokens": [1],
             "logits_hashes": ["00"]}
    for name, text in [("no-json", "{"), ("empty", ""), ("another-file", json.dumps([1, 2])),
                       ("version", json.dumps({**right, "jupiter_reference": 9})),
                       ("numerics", json.dumps({**right, "numerics": 1})),
                       ("no-hash", json.dumps({**right, "logits_hashes": ["xyz"]})),
                       ("hash-number", json.dumps({**right, "logits_hashes": [5]})),
                       ("lengths", json.dumps({**right, "tokens": [1, 2]})),
                       ("tokens-no-list", json.dumps({**right, "tokens": "1"})),
                       ("other-model", json.dumps(right))]:
        path = os.path.join(folder, f"{name}.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        yield Case(f"reference {name}", [*TINY, *IDS, *FEW, "--reference", path],
                   re.escape(f"{name}.json"), parallel=name == "no-json")


def draft_cases(folder):
    """Wrong drafts, of every kind."""
    run = [*TINY, *FEW, *IDS]

    def write(name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    tree = write("tree.yaml", "[[0], [1], [0, 0]]")
    heads = ["--draft", "medusa:synthetic:2"]
    gone = os.path.join(folder, "gone.safetensors")
    # Whether heads and draft models can be had is known before anything is loaded.
    for dry in [[], ["--dry-run"]]:
        for path, say in medusa_test.damaged_heads(folder):
            yield Case(f"heads {os.path.basename(path)} {dry}",
                       [*run, *dry, "--draft", f"medusa:{path}", "--tree", tree], say)
        for name, source, say in [
                ("missing heads", ["--draft", f"medusa:{gone}", "--tree", tree], r"gone\.safetensors.*opened"),
                ("missing draft model", ["--draft", f"model:{gone}"], r"gone\.safetensors.*no such model"),
                ("the model itself", ["--draft", "model:synthetic:tiny"], r"synthetic:tiny.*the model itself"),
                ("another vocabulary", ["--draft", "model:synthetic:tinyllama-1.1b"],
                 r"32000 tokens.*512.*same vocabulary"),
                ("a tree deeper than the heads",
                 [*heads, "--tree", write("deep.yaml", "[[0], [0, 0], [0, 0, 0]]")],
                 r"holds 2 Medusa heads.*3 .*deep")]:
            yield Case(f"draft: {name} {dry}", [*run, *dry, *source], say, parallel=not dry)
    for name, flags, say in [
            ("no such source", ["--draft", "oracle"], r"--draft oracle.*ngram.*medusa:FILE"),
            ("no heads named", ["--draft", "medusa:"], r"--draft medusa:: .*medusa:FILE"),
            ("no model named", ["--draft", "model:"], r"--draft model:: .*model:FILE"),
            ("no acceptance", ["--draft", f"medusa:{gone}"], r"--tree auto.*gone\.json.*--acceptance"),
            ("missing tree", [*heads, "--tree", os.path.join(folder, "none.yaml")], r"none\.yaml.*no such"),
            ("orphan", [*heads, "--tree", write("orphan.yaml", "[[0], [1, 0]]")],
             r"orphan\.yaml: line 1.*\[1, 0\] hangs on \[1\]"),
            ("duplicate", [*heads, "--tree", write("twice.yaml", "[[0], [1], [0]]")],
             r"twice\.yaml: line 1.*\[0\].*keep one"),
            ("empty tree", [*heads, "--tree", write("empty.yaml", "[]")], r"empty\.yaml"),
            ("a tree of words", [*heads, "--tree", write("words.yaml", "[[a]]")], r"words\.yaml.*a"),
            ("tree of ngram", ["--draft", "ngram", "--tree", tree], r"--tree.*medusa:FILE"),
            ("tree without drafts", ["--tree", tree], r"--tree.*medusa:FILE"),
            ("length of medusa", [*heads, "--tree", tree, "--draft-length", 3], r"--draft-length 3.*ngram"),
            ("length without drafts", ["--draft-length", 3], r"--draft-length 3.*ngram"),
            ("length 0", ["--draft", "ngram", "--draft-length", 0], r"--draft-length is 0, expected 1 to"),
            ("length 64", ["--draft", "ngram", "--draft-length", 64], r"--draft-length is 64"),
            ("how", ["--draft", "ngram", "--speculate", "twice"], r"--speculate twice.*once or continuous"),
            ("nothing to speculate with", ["--speculate", "continuous"], r"--speculate continuous.*--draft"),
            ("no room for rows", ["--draft", "ngram", "--tokens", 1020], r"1020.*1024.*at most 1017")]:
        own = [word for word in run if "--tokens" not in flags or word not in FEW]
        yield Case(f"draft: {name}", [*own, *flags], say, parallel=name in ("orphan", "no acceptance"))
    acceptance = write("measured.json", "{")
    yield Case("draft: acceptance that is none",
               [*run, "--draft", f"medusa:{os.path.splitext(acceptance)[0]}.safetensors"],
               r"measured\.json", parallel=True)
    recorded = ["--device", "recording", "--record", os.path.join(folder, "drafts.jsonl")]
    write("fine.json", json.dumps({"jupiter_acceptance": 1, "heads": 1, "ranks": 1, "probability": [[0.5]]}))
    yield Case("draft: a tree planned by no time",
               [*run, *recorded, "--draft", f"medusa:{os.path.join(folder, 'fine.safetensors')}"],
               r"--device recording.*--tree FILE")


def bench_draft_cases(folder):
    """The same of jupiter_bench."""
    gone = os.path.join(folder, "gone.safetensors")
    tree = os.path.join(folder, "tree-of-bench.yaml")
    with open(tree, "w", encoding="utf-8") as file:
        file.write("[[0], [1], [0, 0]]")
    quick = ["--n-gen", 2, "--benchmark_min_time=0.01"]
    for name, flags, say in [
            ("twice", ["--draft", "ngram,ngram"], r"--draft: ngram is given twice"),
            ("none", ["--draft", "none"], r"--draft none.*leave it out"),
            ("how", ["--speculate", "continuous"], r"--speculate continuous.*--draft"),
            ("tree", ["--draft", "ngram", "--tree", tree], r"--tree.*medusa:FILE"),
            ("length", ["--draft", "medusa:x", "--draft-length", 3], r"--draft-length 3.*ngram"),
            ("heads", ["--draft", f"medusa:{gone}", "--tree", tree], r"gone\.safetensors"),
            ("emulated", ["--draft", "ngram", "--emulate", "c.yaml"], r"--draft ngram with --emulate")]:
        yield Case(f"bench draft: {name}", [*quick, *flags], say, "bench", parallel=name == "heads")


def bench_cases(folder):
    quick = ["--n-gen", 2, "--benchmark_min_time=0.01"]
    for name, flags, say in [
            ("unknown flag", ["--lyers"], "jupiter_bench has no flag --lyers; did you mean --layers"),
            ("unknown benchmark flag", ["--benchmark_filtre=x"], "--benchmark_filtre"),
            ("benchmark flag no number", ["--benchmark_min_time=abc"], "--benchmark_min_time=abc"),
            ("min time nan", ["--benchmark_min_time=nan"], "--benchmark_min_time=nan: expected seconds"),
            ("min time negative", ["--benchmark_min_time=-1"], "--benchmark_min_time=-1: expected seconds"),
            ("min time of another unit", ["--benchmark_min_time=2x"], "--benchmark_min_time=2x: expected seconds"),
            ("warm-up inf", ["--benchmark_min_warmup_time=inf"], "--benchmark_min_warmup_time=inf: expected"),
            ("benchmark format", ["--benchmark_format=xml"], "--benchmark_format=xml.*json"),
            ("out format", ["--benchmark_out_format=xml"], "--benchmark_out_format=xml.*json"),
            ("repetitions", ["--benchmark_repetitions=-1"], "--benchmark_repetitions=-1"),
            ("repetitions no number", ["--benchmark_repetitions=3x"], "--benchmark_repetitions=3x"),
            ("repetitions no whole number", ["--benchmark_repetitions=2.5"], "expected a whole number, 1 to"),
            ("repetitions too many", ["--benchmark_repetitions=99999999999"], "expected a whole number, 1 to"),
            ("aggregates of one", ["--benchmark_report_aggregates_only"], "is for --benchmark_repetitions=N"),
            ("interleaving of one", ["--benchmark_enable_random_interleaving=true"], "is for --benchmark_repetitions"),
            ("neither yes nor no", ["--benchmark_list_tests=maybe"], "list_tests=maybe: expected true or false"),
            ("color", ["--benchmark_color=perhaps"], "color=perhaps: expected true or false"),
            ("perf counters", ["--benchmark_perf_counters=CYCLES"], "not supported"),
            ("n-prompt twice", ["--n-prompt", "8,9,8"], r"--n-prompt 8,9,8: 8 is given twice"),
            ("suite", ["--suite", "nosuch"], r"--suite nosuch: expected some of real, paper"),
            ("suite twice", ["--suite", "real,real"], r"--suite: real is given twice"),
            ("no suite", ["--suite", ""], r"--suite"),
            ("out file", ["--benchmark_out=/nonexistent/b.json"], r"/nonexistent/b\.json"),
            ("filter", ["--benchmark_filter=nothing"], "--benchmark_filter"),
            ("deadline", ["--deadline", "inf"], "--deadline.*inf"),
            ("fault", ["--inject-fault", "bit"], r"--inject-fault bit.*mask"),
            ("strategy", ["--strategies", "local,ring"], r"ring.*edgeshard"),
            ("n-prompt", ["--n-prompt", "8,x"], r"--n-prompt 8,x"),
            ("n-prompt zero", ["--n-prompt", "0"], r"prompt"),
            ("no strategies", ["--strategies", ""], r"strateg"),
            ("n-prompt too long", ["--n-prompt", "5000"], r"5000.*1024"),
            ("model", ["--model", os.path.join(folder, "gone.gguf")], r"gone\.gguf"),
            ("damaged model", ["--model", os.path.join(folder, "truncated-tensor.gguf")],
             r"truncated-tensor\.gguf"),
            ("wire", ["--wire", "f8"], r"--wire f8"),
            ("stream", ["--stream", "--strategies", "edgeshard,jupiter"], r"--stream does nothing with --strategy edgeshard,jupiter, only with local"),
            ("stream and emulate", ["--stream", "--emulate", "c.yaml"], r"--stream with --emulate")]:
        yield Case(f"bench {name}", [*quick, *flags], say, "bench",
                   parallel="flag" in name or "out" in name or name == "model")
    yield Case("bench n-gen", ["--n-gen", "-1"], r"-1", "bench")


def problems_of(case, result, ranks):
    """What is wrong with how the case ended."""
    found = result.problems(2)
    lines = [line for line in result.err.splitlines() if line.startswith("jupiter: error: ")]
    if len(lines) != 1:
        found.append(f"{len(lines)} lines with the error, expected 1")
    if lines and not re.search(case.pattern, lines[0]):
        found.append(f"the line does not say {case.pattern!r}")
    if result.out:
        found.append("something on stdout")
    if not re.search(case.also, result.err):
        found.append(f"no {case.also!r} on stderr")
    others = [line for line in result.err.splitlines() if line.startswith("jupiter: rank")]
    if others:
        found.append(f"a failure among the {ranks} ranks: {others[0]}")
    return found


def one_rank_case(options, folder):
    """Rank 1 alone has no model: all refuse, and the line names the rank."""
    path = os.path.join(folder, "rank1.sh")
    with open(path, "w", encoding="utf-8") as file:
        file.write('#!/bin/sh\nmodel=$1\nprogram=$2\nshift 2\n'
                   '[ "$OMPI_COMM_WORLD_RANK" = 1 ] && model=/nonexistent/lost.gguf\n'
                   'exec "$program" --model "$model" "$@"\n')
    os.chmod(path, 0o755)
    for name, program, flags in [("run", options.run, [*IDS, *FEW]),
                                 ("bench", options.bench, ["--n-prompt", 8, "--n-gen", 2])]:
        case = Case(f"{name}: model lost on rank 1", [], r"rank 1 on \S+: '?/nonexistent/lost\.gguf")
        yield case, [path, "synthetic:tiny", program, *flags], 3
        # The same path, another file: preflight compares.
        case = Case(f"{name}: another model on rank 1", [], r"[Mm]odel.*rank 1 on .*rank 0 on")
        other = path.replace("rank1", f"other-{name}")
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("/nonexistent/lost.gguf", "synthetic:tiny:f16")
        with open(other, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(other, 0o755)
        yield case, [other, "synthetic:tiny", program, *flags], 3
    # What decides on the course of a run is compared, flag by flag; paths are a rank's own.
    for more, say in [("--temperature 1", r"--temperature differs: rank 1 on \S+ has 1, rank 0 on \S+ has 0"),
                      ("--record r.jsonl", r"--record differs: rank 1 on \S+ has given, rank 0 on \S+ has not given")]:
        other = os.path.join(folder, f"more{more.split()[0]}.sh")
        with open(other, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\n[ "$OMPI_COMM_WORLD_RANK" = 1 ] && set -- "$@" {more}\nexec "$@"\n')
        os.chmod(other, 0o755)
        yield Case(f"run: {more} on rank 1 alone", [], say), [other, options.run, *TINY, *IDS, *FEW], 3


def rank_counts(options, case):
    """On how many ranks a case runs, each time anew; None: without a launcher."""
    if options.alone:
        return [None]
    if options.quick:
        return [None, 3] if case.parallel else [None]
    return [None, 1, 3]


def all_runs(options, folder):
    """Every run as (case, command, ranks)."""
    programs = {"run": options.run, "bench": options.bench}
    for cases in [model_cases, flag_cases, wording_cases, idle_cases, idle_for_strategy_cases, idle_bench_cases,
                  number_cases, outline_cases, reference_cases, draft_cases, bench_draft_cases, bench_cases]:
        for case in cases(folder):
            for ranks in rank_counts(options, case):
                yield case, [programs[case.program], *case.flags], ranks
    if not options.alone:
        yield from one_rank_case(options, folder)


def main():
    options = program_lib.arguments(__doc__, alone=True)

    def check(each):
        case, command, ranks = each
        result = program_lib.run(command, ranks, timeout=options.timeout, mpirun=options.mpirun)
        line = "".join(re.findall(r"^jupiter: error: .*", result.err, re.MULTILINE)[:1])
        name = f"{case.name} ({'alone' if ranks is None else f'np {ranks}'}) {line[:200]!r}"
        return name, problems_of(case, result, ranks), result.show()

    with tempfile.TemporaryDirectory(prefix="jupiter-bad-") as folder:
        good = program_lib.check_all(list(all_runs(options, folder)), check, options.jobs)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
