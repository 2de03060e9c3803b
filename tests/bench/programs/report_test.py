#!/usr/bin/env python3
"""What the programs print, and where: reports, references, records, notes.

report_test.py --run JUPITER_RUN --bench JUPITER_BENCH [--models FOLDER]

Tests of the real model are left out, and said to be, when it is not there.
"""
import csv
import io
import json
import os
import re
import statistics

import make_models
import program_lib

TINY = ["--model", "synthetic:tiny", "--prompt-ids", "5,9,200,33,7,410,2,8"]
COUNTERS = ["TTFT_ms", "TPOT_ms", "TPOT_p90_ms", "n", "prefill_tps", "decode_tps", "payload_B",
            "messages", "load_s", "ranks_per_host", "threads_per_rank"]
STRATEGIES = ["local", "sequence", "megatron", "detransformer", "galaxy", "edgeshard", "jupiter"]
BENCH = ["--n-prompt", 16, "--benchmark_min_time=0.01"]


class Session(program_lib.Session):
    """Runs jupiter_run and jupiter_bench."""

    def run(self, flags, ranks=1, code=0):
        return self.call(self.options.run, flags, ranks, code)

    def bench(self, flags, ranks=2, code=0, tokens=3):
        return self.call(self.options.bench, [*BENCH, "--n-gen", tokens, *flags], ranks, code)


def parse_report(session, text):
    """The rows of a JSON report, {strategy: row}; checks what each must have."""
    try:
        report = json.loads(text)
    except json.JSONDecodeError as error:
        session.check(False, f"the report is no JSON: {error}")
        return {}
    rows = {}
    for row in report["benchmarks"]:
        strategy = row["name"].split("/")[-3]
        rows[strategy] = row
        session.check(re.fullmatch(r"real/synthetic:tiny/[a-z-]+/pp16/tg3", row["name"]) and
                      row["run_name"] == row["name"], f"the name {row['name']} of {row['run_name']}")
        missing = [name for name in COUNTERS if not isinstance(row.get(name), (int, float))]
        session.check(not missing, f"{strategy} lacks {missing}")
        session.check(row.get("label", "").split("; ")[0] == "VALID", f"{strategy} is {row.get('label')}")
    session.check(set(STRATEGIES) <= set(rows), f"only rows {sorted(rows)}")
    return rows


def without_time(text):
    """A report without what says when it was made."""
    return [line for line in text.splitlines() if not re.search(r'"(date|load_avg)":', line)]


def samples_of(row):
    """All requests of a kept row."""
    return [sample for repetition in row["measured"]["repetitions"] for sample in repetition]


def check_kept(session, row, reported):
    """A kept row against the rows that were reported of it: a repetition each, then four aggregates."""
    name = row["name"]
    session.check([r["run_type"] for r in reported] == 3 * ["iteration"] + 4 * ["aggregate"], f"{name}: {reported}")
    repetitions = row["measured"]["repetitions"]
    session.check([len(samples) for samples in repetitions] == [r["iterations"] for r in reported[:3]] ==
                  [r["n"] for r in reported[:3]], f"{name}: samples are missing")
    for samples, shown in zip(repetitions, reported):
        mean = statistics.mean(sample["e2e_s"] for sample in samples)
        ttft = statistics.median(sample["ttft_s"] for sample in samples)
        session.check(abs(mean * 1e3 / shown["real_time"] - 1) < 1e-9, f"{name}: time {shown['real_time']}")
        session.check(abs(ttft * 1e3 / shown["TTFT_ms"] - 1) < 1e-9, f"{name}: TTFT {shown['TTFT_ms']}")
    samples = samples_of(row)
    session.check(row["repetitions"] == len(samples) and row["valid"] == "exact", f"{row}")
    for key in ["e2e_s", "ttft_s"]:
        median = statistics.median(sample[key] for sample in samples)
        session.check(abs(row[key] / median - 1) < 1e-9, f"{name}: {key} is not the median of all samples")


def test_rows_are_kept(session):
    """--out keeps every sample of every repetition, and --resume shows the rows as they were."""
    for kind, flags in {"json": ["--benchmark_format=json"], "console": [],
                        "aggregates": ["--benchmark_report_aggregates_only=true",
                                       "--benchmark_min_warmup_time=0.01"]}.items():
        out = ["--suite", "real", "--draft", "ngram", "--benchmark_repetitions=3", "--out", session.path(kind), *flags]
        first = session.bench(out)
        again = session.bench([*out, "--resume"])
        session.check(without_time(again.out) == without_time(first.out), f"{kind}: other lines after --resume")
        kept = re.findall(r"^(\S+): kept from ", again.err, re.MULTILINE)
        session.check(len(kept) == len(set(kept)) >= 14 and ": loading" not in again.err, f"{kind}: kept are {kept}")
        if kind == "json":
            report = json.loads(again.out)["benchmarks"]
    with open(os.path.join(session.path("json"), "wall.jsonl"), encoding="utf-8") as file:
        for row in map(json.loads, file):
            check_kept(session, row, [r for r in report if r["run_name"] == row["name"]])


def test_rows_that_could_not_run_are_kept(session):
    out = ["--suite", "real", "--memory-limit", "0.5", "--benchmark_repetitions=2", "--out", session.path("out")]
    first, again = session.bench(out, code=2), session.bench([*out, "--resume"], code=2)
    session.check("its limit is 0.5 MiB" in first.out and first.out == again.out, "other lines after --resume")
    session.check(first.err.count(": loading") == first.out.count("ERROR OCCURRED") / 2, "it is tried again")


def test_one_token(session):
    """There is no time per output token then, in no report."""
    flags = ["--strategies", "local,jupiter"]
    for row in json.loads(session.bench([*flags, "--benchmark_format=json"], tokens=1).out)["benchmarks"]:
        session.check(row["TTFT_ms"] > 0 and not {"TPOT_ms", "TPOT_p90_ms", "decode_tps"} & set(row), f"{row}")
    out = ["--suite", "real", *flags, "--out", session.path("out")]
    session.bench(out, tokens=1)
    session.bench([*out, "--resume"], tokens=1)
    with open(os.path.join(out[-1], "wall.jsonl"), encoding="utf-8") as file:
        for row in map(json.loads, file):
            session.check(row["decode_ms_per_token"] is None and row["ttft_s"] > 0, f"{row}")
            session.check(all(sample["tpot_s"] is None for sample in samples_of(row)), f"{row}")
    cluster = os.path.join(os.path.dirname(__file__), "..", "..", "..", "experiments", "clusters", "env-b.yaml")
    emulated = session.call(session.options.bench, ["--n-prompt", 16, "--n-gen", 1, *flags, "--emulate", cluster,
                                                    "--benchmark_format=json"], 4)
    for row in json.loads(emulated.out)["benchmarks"]:
        session.check(row["TTFT_ms"] > 0 and not [key for key in row if "TPOT" in key], f"{row}")
    run = session.run([*TINY, "--ids", "--tokens", 1], 2)
    session.check("decode: 1 tokens, TPOT -, - t/s" in run.err, "a TPOT of one token")
    drafted = session.run([*TINY, "--ids", "--tokens", 1, "--draft", "ngram"], 2)
    session.check("drafts: 0 steps, acceptance length - (0 new tokens / steps), acceptance rate -, 0 drafted"
                  in drafted.err and "reached" not in drafted.err, "rates of no steps")
    with open(session.path("one.jsonl"), "w", encoding="utf-8") as file:
        file.write('{"prompt_ids": [1, 2]}\n{"prompt_ids": [3]}\n')
    several = session.run([*TINY[:2], "--requests", file.name, "--ids", "--tokens", 1], 2)
    session.check(re.search(r"on 2 stages; 0 rounds$", several.err, re.MULTILINE), "times of no rounds")
    plan = ["--model", "synthetic:tiny", "--cluster", cluster, "-n", 1]
    lines = [line.split() for line in session.tool("jupiter_plan", plan).out.splitlines()]
    session.check(any(line[0] == "local" and line[2] == "-" for line in lines if len(line) > 4), f"{lines}")
    times = [run["prediction"]["tpot_s"] for run in json.loads(session.tool("jupiter_plan", [*plan, "--json"]).out)
             if run["prediction"]]
    session.check(times and set(times) == {None}, f"{times}")


def test_rows_of_several_kinds_in_csv(session):
    """Rows with drafts have more columns than those before them, rows of one token fewer."""
    out = session.bench(["--draft", "ngram", "--benchmark_format=csv"], tokens="1,3").out
    rows = list(csv.DictReader(io.StringIO(out)))
    session.check(len(rows) >= 28, f"{len(rows)} rows")
    for row in rows:
        session.check(bool(row["TPOT_ms"]) == row["name"].endswith("tg3"), f"{row}")
        drafts = "/ngram/" in row["name"]
        session.check(bool(row["drafted"]) == drafts, f"{row}")
        session.check(bool(row["tokens_per_step"]) == (drafts and row["name"].endswith("tg3")), f"{row}")


def test_rows_of_another_measurement_are_not_kept(session):
    """Whatever can change a number is in the key: flags, how often and how long rows are measured, files that
    the flags name, weights, instruction set."""
    model, tree = session.path("model.bin"), session.path("tree.yaml")
    weights = make_models.llama2c()
    other = bytearray(weights)
    other[len(other) // 2] ^= 0x10  # in the midst of a matrix, where fingerprints of models do not look

    def write(data, paths="[[0], [1], [0, 0]]"):
        with open(model, "wb") as file:
            file.write(data)
        with open(tree, "w", encoding="utf-8") as file:
            file.write(paths)

    def bench(more, code=0, environment=None):
        result = program_lib.run(
            [session.options.bench, *BENCH, "--model", model, "--draft", "medusa:synthetic:2", "--tree", tree,
             "--out", session.path("out"), "--benchmark_format=json", *more],
            2, environment, session.options.timeout, session.options.mpirun)
        session.problems += result.problems(code)
        session.details += result.show()
        return result

    strategies = ["--strategy", "galaxy,jupiter"]
    write(weights)
    bench(strategies)
    for more, environment, data, paths in [
            (["--no-overlap"], None, weights, None), (["--min-slice", 8], None, weights, None),
            (["--kv", "f16"], None, weights, None), (["--threads", 1], None, weights, None),
            (["--benchmark_repetitions=2"], None, weights, None), (["--benchmark_min_time=0.02"], None, weights, None),
            (["--benchmark_min_warmup_time=0.01"], None, weights, None),
            ([], {"BENCHMARK_REPETITIONS": "2"}, weights, None),
            ([], {"JUPITER_ISA": "portable"}, weights, None), ([], None, bytes(other), None),
            ([], None, weights, "[[0], [0, 0]]")]:
        write(data, *([paths] if paths else []))
        refused = bench([*strategies, *more, "--resume"], 2, environment)
        session.check("its results are of a run with other settings" in refused.err and not refused.out,
                      f"rows are kept for {more} {environment} {paths}")
    # What changes no number may differ, and other strategies may come.
    write(weights)
    again = bench(["--strategy", "jupiter,edgeshard", "--deadline", 50, "--benchmark_min_time=0.010s", "--resume"])
    kept = re.findall(r"^real/model.bin/(\S+): kept from ", again.err, re.MULTILINE)
    session.check(kept == ["jupiter/pp16/tg32", "jupiter/medusa/pp16/tg32"], f"kept {kept}")


def test_notes_on_the_tokenizer(session):
    """A llama2.c file holds none: that is said where it is missed, and only there."""
    path = session.path("model.bin")
    with open(path, "wb") as file:
        file.write(make_models.llama2c())
    with open(session.path("ids.jsonl"), "w", encoding="utf-8") as file:
        file.write('{"prompt_ids": [1, 2]}\n')
    for asked in [["--prompt-ids", "1,2,3"], ["--requests", file.name]]:
        run = ["--model", path, "--ids", "--tokens", 2, *asked]
        note = f"note: no token ends the answer before --n-gen: {path}: a llama2.c model has its tokenizer in another file"
        session.check(note in session.run(run, 2).err, f"no note with {asked}")
        session.check("note" not in session.run([*run, "--ignore-eos"], 2).err, f"a note for nobody with {asked}")


def test_json_report(session):
    result = session.bench(["--benchmark_format=json"])
    rows = parse_report(session, result.out)
    if session.problems:
        return
    session.check("text not comparable" in rows["detransformer"]["label"], "no caveat")
    for strategy in STRATEGIES[1:]:
        row = rows[strategy]
        session.check(row["payload_B"] > 0 and row["messages"] > 0, f"{strategy} sends nothing")
        session.check(row["TTFT_ms"] > 0 and row["TPOT_ms"] > 0 and row["n"] >= 1, f"{strategy}: {row}")
        session.check(row["TPOT_p90_ms"] >= row["TPOT_ms"], "p90 below the median")
        session.check(abs(row["prefill_tps"] * row["TTFT_ms"] / 16e3 - 1) < 1e-3, "prefill_tps")
        session.check(abs(row["decode_tps"] * row["TPOT_ms"] / 1e3 - 1) < 1e-3, "decode_tps")
        session.check(row["ranks_per_host"] == 2, f"{row['ranks_per_host']} ranks per host")
    session.check(rows["local"]["payload_B"] == 0, "local sends something")


def test_console_report(session):
    result = session.bench(["--threads", 1])
    lines = [line for line in result.out.splitlines() if line.strip("-")]
    wrong = [line for line in lines if not re.match(r"Benchmark +Time|real/synthetic:tiny/", line)]
    session.check(not wrong, f"on stdout, but not of the report: {wrong[:3]}")
    strategies = [line.split("/")[2] for line in lines[1:]]
    session.check(strategies in (STRATEGIES, ["local-all-cores", *STRATEGIES]), f"rows {strategies}")
    session.check(all(re.search(" VALID(; .*)?$", line) for line in lines[1:]), "not all are VALID")


def test_report_file(session):
    path = session.path("report.json")
    session.bench([f"--benchmark_out={path}", "--benchmark_out_format=json"])
    with open(path, encoding="utf-8") as file:
        parse_report(session, file.read())


def test_filter_and_list(session):
    result = session.bench(["--benchmark_filter=jupiter", "--benchmark_format=csv"])
    rows = [line for line in result.out.splitlines() if line.startswith('"real/')]
    session.check(len(rows) == 1 and "/jupiter/" in rows[0], f"rows {rows}")
    session.check("[1/1] real/" in result.err, f"progress: {result.err}")
    listed = session.bench(["--benchmark_list_tests"]).out.split()
    session.check(len(listed) >= 3 and all(name.startswith("real/") for name in listed), f"{listed}")
    # As listed, so filtered and printed.
    name = next(name for name in listed if "jupiter" in name)
    for names in [f"^{name}$", "jupiter/pp16/tg3$", "-local|sequence|megatron|detrans|galaxy|edgeshard"]:
        rows = session.bench([f"--benchmark_filter={names}", "--benchmark_format=json"]).out
        session.check([row["name"] for row in json.loads(rows)["benchmarks"]] == [name], f"{names}: {rows}")
    session.bench(["--benchmark_filter=manual_time"], code=2)


def test_flags_of_google_benchmark(session):
    """Both spellings of a time; --help has every flag, and it works."""
    text = session.bench(["--help"]).out
    flags = re.findall(r"^  (--benchmark_\w+)(?:=(\S+))?", text, re.MULTILINE)
    session.check(len(flags) >= 15, f"--help has {flags}")
    values = {"REGEX": "local", "SECONDS": "0.01", "N": "2", "FILE": session.path("report"),
              "KEY=VALUE,...": "key=value"}
    given = [f"{name}={values.get(value, value.split('|')[0])}" if value else name for name, value in flags]
    session.check(given.count("--benchmark_list_tests") == 1, f"{given}")
    # One that is not known would be refused.
    session.bench([*(flag for flag in given if flag != "--benchmark_list_tests"), "--benchmark_filter=jupiter"])
    for seconds in ["0.02", "0.02s"]:
        row = json.loads(session.bench(["--benchmark_filter=jupiter", f"--benchmark_min_time={seconds}",
                                        "--benchmark_format=json"]).out)["benchmarks"][0]
        session.check(row["iterations"] * row["real_time"] > 15, f"{seconds}: {row}")
    micro = session.bench(["--benchmark_filter=jupiter", "--benchmark_time_unit=us"]).out
    session.check(re.search(r"tg3 +\S+ us ", micro), micro)


def test_rows_that_cannot_run(session):
    result = session.bench(["--memory-limit", "0.5"], code=2)
    rows = [line for line in result.out.splitlines() if line.startswith("real/")]
    session.check(len(rows) >= 3, f"{len(rows)} rows")
    session.check(all(re.search("ERROR OCCURRED.*MiB", row) for row in rows), f"{rows}")


def test_streaming(session):
    """10 MiB hold no whole model, but half of one: what is checked is checked against layers read again."""
    flags = ["--memory-limit", 10, "--threads", 1, "--benchmark_format=json"]
    plain = session.bench(flags)
    streamed = session.bench([*flags, "--stream"])
    rows, more = ({row["name"].split("/")[-3]: row for row in json.loads(result.out)["benchmarks"]}
                  for result in (plain, streamed))
    for strategy in ["local", "sequence"]:
        session.check("--strategy local --stream" in rows[strategy]["error_message"], f"{rows[strategy]}")
    for strategy in ["megatron", "detransformer", "galaxy", "edgeshard", "jupiter"]:
        label = rows[strategy].get("label", "")
        session.check(label.split("; ")[0] == "VALID", f"{strategy} is {label or rows[strategy]}")
    notes = re.findall(r"^note: .* reference of \S+/(\w+)/pp16/tg3 is streamed: \d of 6 layers resident",
                       plain.err, re.MULTILINE)
    # edgeshard and jupiter have the same one.
    session.check(notes == ["megatron", "detransformer", "galaxy", "edgeshard"], f"notes on {notes}")
    session.check(re.fullmatch(r"VALID; \d of 6 layers resident, \d streamed, \d+\.\d MiB read per pass",
                               more["local"]["label"]), f"local is {more['local']}")
    session.check("error_message" in more["sequence"], "sequence streams")


def test_bench_reference(session):
    """A file of jupiter_run brings its prompt along; other lengths and a missing file are refused."""
    path = session.path("bench-reference.json")
    prompt = ",".join(map(str, range(100, 116)))  # as long as the cases of session.bench
    run = ["--model", "synthetic:tiny", "--prompt-ids", prompt, "--ids", "--save-reference", path]
    session.run([*run, "--tokens", 3])
    rows = session.bench(["--reference", path]).out
    session.check("VALID" in rows and "UNCHECKED" not in rows and "INVALID" not in rows, rows)
    session.run([*run, "--tokens", 4])
    rows = session.bench(["--reference", path], code=2).out
    session.check("has 16 prompt tokens and 4 generated ones" in rows, rows)
    missing = session.bench(["--reference", session.path("none.json")], code=2)
    session.check("none.json" in missing.err and not missing.out, "the missing file went unseen")


def test_ids(session):
    result = session.run([*TINY, "--ids", "--tokens", 7], 3)
    session.check(re.fullmatch(r"\d+( \d+){6}\n", result.out), "stdout is not one line of 7 ids")
    for word in ["plan: jupiter", "total MiB", "load s", "TTFT", "TPOT", "prefill", "decode",
                 "payload sent B", "tokens hash", "logits hash"]:
        session.check(word in result.err, f"stderr lacks '{word}'")


def test_dry_run(session):
    flags = ["--model", "synthetic:llama2-13b", "--prompt-ids", "1,2,3", "--ids", "--dry-run"]
    result = session.run([*flags, "--memory-limit", 20000], 2)
    session.check(result.out == "", "something on stdout")
    session.check("plan: jupiter" in result.err and "total MiB" in result.err, "no plan or no memory")
    session.check("load s" not in result.err, "it loaded")
    short = session.run([*flags, "--memory-limit", 2000], 2, code=2)
    session.check("total MiB" in short.err and "its limit is 2000.0 MiB" in short.err, "no shortage")


def test_reference(session):
    path = session.path("reference.json")
    flags = [*TINY, "--ids", "--tokens", 6]
    saved = session.run([*flags, "--save-reference", path], 1)
    again = session.run([*flags, "--reference", path], 3)
    session.check(re.search(r"^VALID: ", again.err, re.MULTILINE), "not VALID")
    session.check(saved.out == again.out, "other ids")
    with open(path, encoding="utf-8") as file:
        reference = json.load(file)
    for field, value in [("tokens", 3), ("logits_hashes", "0123456789abcdef")]:
        altered = session.path(f"altered-{field}.json")
        changed = {**reference, field: [*reference[field][:4], value, *reference[field][5:]]}
        with open(altered, "w", encoding="utf-8") as file:
            json.dump(changed, file)
        wrong = session.run([*flags, "--reference", altered], 2, code=1)
        session.check(re.search(r"^INVALID: .*token 4 ", wrong.err, re.MULTILINE),
                      f"altered {field} went unseen")


def test_record(session):
    path = session.path("record.jsonl")
    session.run([*TINY, "--ids", "--tokens", 4, "--record", path], 3)
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    session.check(len(lines) > 30, f"{len(lines)} lines only")
    ranks = {line["rank"] for line in lines if "rank" in line}
    session.check(ranks == {0, 1, 2}, f"lines of ranks {ranks}")
    text = json.dumps(lines)
    for word in ["send", "receive", "linear", "attention"]:
        session.check(word in text.lower(), f"no {word} in the record")


def test_overflow_is_a_row(session):
    """A case whose logits are not finite is a row that says so; the rest goes on."""
    model = session.path("overflow.gguf")
    with open(model, "wb") as file:
        file.write(make_models.overflowing(make_models.OVERFLOW_F32))
    out = session.path("out")
    result = session.bench(["--model", model, "--strategies", "local,jupiter,megatron", "--out", out,
                            "--benchmark_format=json"], code=2)
    rows = json.loads(result.out)["benchmarks"]
    session.check(len(rows) >= 3 and all("not finite" in row.get("error_message", "") for row in rows), f"{rows}")
    with open(os.path.join(out, "wall.jsonl"), encoding="utf-8") as file:
        kept = [json.loads(line) for line in file]
    session.check(len(kept) == len(rows) and all("not finite" in row["reason"] for row in kept), f"{kept}")
    session.check("jupiter: rank" not in result.err, "a rank complains")


def test_overflow_of_a_draft(session):
    """A draft model whose logits are not finite is named, once, on all ranks together."""
    for name, data in [("right.gguf", make_models.Gguf().build()),
                       ("large.gguf", make_models.overflowing(make_models.OVERFLOW_F32))]:
        with open(session.path(name), "wb") as file:
            file.write(data)
    flags = ["--model", session.path("right.gguf"), "--prompt-ids", "1,2,3", "--ids", "--tokens", 4]
    for how in ["once", "continuous"]:
        result = session.run([*flags, "--draft", f"model:{session.path('large.gguf')}", "--speculate", how], 3,
                             code=2)
        lines = re.findall(r"^jupiter: .*", result.err, re.MULTILINE)
        session.check(len(lines) == 1 and re.search(r"--draft model:\S*large\.gguf: .*not finite", lines[0]),
                      f"{lines}")


def test_sampling(session):
    flags = [*TINY, "--ids", "--tokens", 12, "--temperature", 0.9, "--top-k", 40, "--top-p", 0.95]
    alone = session.run([*flags, "--seed", 7], 1)
    spread = session.run([*flags, "--seed", 7, "--slices", 3], 3)
    other = session.run([*flags, "--seed", 8], 1)
    session.check(alone.out == spread.out, "the same seed gives other tokens on 3 ranks")
    session.check(alone.out != other.out, "another seed gives the same tokens")


def test_help(session):
    for program in [session.run, session.bench]:
        result = program(["--help"], 2)
        session.check(result.out.count("--model") == 1, "the help is not printed once")
        session.check(result.err == "", "something on stderr")


def real_model_tests(folder):
    """Tests that need stories260K."""
    with open(os.path.join(folder, "greedy.json"), encoding="utf-8") as file:
        golden = json.load(file)
    flags = ["--model", os.path.join(folder, "stories260K-f32.gguf"), "--prompt", golden["prompt"]]

    def test_text(session):
        result = session.run([*flags, "--temperature", 0, "--tokens", len(golden["generated_ids"])], 3)
        session.check(golden["prompt"] + result.out == golden["text"], "another text")

    def test_prompt_file(session):
        path = session.path("prompt.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(golden["prompt"])
        result = session.run([*flags[:2], "--prompt-file", path, "--tokens", 20, "--ids"], 2)
        session.check(result.out.split() == [str(id) for id in golden["generated_ids"][:20]], "other ids")

    def test_idle_ranks(session):
        result = session.run([*flags, "--tokens", 8, "--ids"], 8)
        session.check(re.search(r"^note: .*idle: 5, 6, 7$", result.err, re.MULTILINE), "no such note")
        session.check(result.out.split() == [str(id) for id in golden["generated_ids"][:8]], "other ids")

    return [test_text, test_prompt_file, test_idle_ranks]


def main():
    options = program_lib.arguments(__doc__, quick=False)
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    if os.path.isdir(os.path.join(options.models, "stories260K")):
        tests += real_model_tests(program_lib.stories(options))
    else:
        print("skipped: the tests of stories260K; set JUPITER_TEST_MODELS to the folder that holds it")
    program_lib.check_in_folders(tests, Session, options)


if __name__ == "__main__":
    main()
