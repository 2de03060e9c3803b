#!/usr/bin/env python3
"""Emulated testbeds and plans as a user meets them: jupiter_bench --emulate, jupiter_plan,
jupiter_replay, --plan and --cluster of real runs, and what each says about bad input.

emulate_test.py --run JUPITER_RUN --bench JUPITER_BENCH

jupiter_plan and jupiter_replay are looked for beside jupiter_bench; cluster files in the source tree.
"""
import json
import os
import re

import make_models
import program_lib

CLUSTERS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "experiments", "clusters")
MODEL = ["--model", "synthetic:llama2-7b:q4_0", "--wire", "f16", "--kv", "f16"]
CLUSTER = """jupiter_cluster: 1
name: pair
devices:
  - {name: a, profile: jetson-xavier-nx}
  - {name: b, profile: jetson-nano}
link:
  bandwidth: 100 Mbit/s
"""


def cluster(name):
    return os.path.join(CLUSTERS, name + ".yaml")


class Session(program_lib.Session):
    """Runs the programs of the emulation."""

    def emulate(self, flags, ranks=4, code=0):
        return self.call(self.options.bench, [*MODEL, "--n-prompt", 64, "--n-gen", 4,
                                              "--benchmark_format=json", *flags], ranks, code)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)


PIPELINES = ["local", "edgeshard", "jupiter"]
SHARED = ["sequence", "megatron", "detransformer", "galaxy"]


def rows(session, result):
    try:
        return {row["name"]: row for row in json.loads(result.out)["benchmarks"]}
    except json.JSONDecodeError as error:
        session.check(False, f"the report is no JSON: {error}")
        return {}


def test_bench_emulates(session):
    flags = ["--emulate", cluster("env-b"), "--bandwidth", "100,1000",
             "--strategies", ",".join(PIPELINES)]
    once, again = (rows(session, session.emulate(flags)) for _ in range(2))
    session.check(len(once) == 6, f"{len(once)} rows, expected 3 strategies at 2 bandwidths")
    for name, row in once.items():
        # All but what the replay itself took.
        measured = {"cpu_time"}
        changed = [key for key in row if key not in measured and row[key] != again[name].get(key)]
        session.check(not changed, f"{name}: {changed} change")
        session.check({"TTFT_ms", "TPOT_ms", "payload_B", "messages", "bubble"} <= set(row),
                      f"{name}: only {sorted(row)}")
        session.check(abs(row["planned_bubble"] - row["bubble"]) < 0.01,
                      f"{name}: bubble {row['bubble']}, planned {row['planned_bubble']}")
        for time in ["TTFT_ms", "TPOT_ms"]:
            session.check(abs(row["planned_" + time] / row[time] - 1) < 0.01,
                          f"{name}: planned {time} is not the replay's")
        session.check(row["label"].startswith("EMULATED"), f"{name}: label {row['label']}")


def test_strategies_with_shares_are_emulated(session):
    """No times are planned for them, their shares are: by the planner, or as flags say."""
    flags = ["--emulate", cluster("env-b"), "--model", "synthetic:tiny:q8_0", "--n-prompt", 64, "--n-gen",
             3, "--strategies", ",".join(SHARED), "--benchmark_format=json"]
    labels = {}
    for more in [[], ["--heads", "2,1,1,0", "--columns", "320,64,64,64", "--rows", "3,1,1,1"]]:
        once, again = (rows(session, session.call(session.options.bench, [*flags, *more], 4))
                       for _ in range(2))
        session.check(len(once) == 4, f"{len(once)} rows")
        for name, row in once.items():
            changed = [key for key in row if key != "cpu_time" and row[key] != again[name].get(key)]
            session.check(not changed, f"{name}: {changed} change")
            session.check(not [key for key in row if key.startswith("planned_")], f"{name}: planned times")
            session.check(0 < row["bubble"] < 1 and row["messages"] > 0, f"{name}: {row}")
            labels[name.split("/")[3], bool(more)] = row["label"]
    heads = "heads 2,1,1,0 columns 320,64,64,64"
    for (strategy, given), expected in {
            ("sequence", False): "EMULATED rows 1,1,1,1",
            ("sequence", True): "EMULATED rows 3,1,1,1",
            ("megatron", False): "EMULATED heads 1,1,1,1 columns 128,128,128,128",
            ("megatron", True): f"EMULATED {heads}",
            ("detransformer", True): f"EMULATED {heads}; our reading; restructured model, text not "
                                     "comparable",
            ("galaxy", True): f"EMULATED {heads} rows 3,1,1,1; decoding is our extension"}.items():
        label = labels.get((strategy, given))
        session.check(label == expected, f"{strategy}: {label}, expected {expected}")
    # The faster devices have more.
    galaxy = re.search(r"heads (\d)\S*(\d) ", labels["galaxy", False])
    session.check(galaxy and int(galaxy[1]) >= int(galaxy[2]), labels["galaxy", False])


def test_plans_with_shares_are_saved_and_followed(session):
    pair = session.write("pair.yaml", CLUSTER)
    tiny = ["--model", "synthetic:tiny"]
    prompt = ["--ids", "--prompt-ids", "5,9,200,33,7", "--tokens", 4]
    local = session.call(session.options.run, [*tiny, *prompt, "--strategy", "local"], 1).out
    for strategy in SHARED:
        path = session.path(strategy + ".json")
        tool = ["--cluster", pair, *tiny, "--planner", strategy, "-p", 32, "-n", 4]
        session.tool("jupiter_plan", [*tool, "--save", path])
        # It has no slices to plan for other prompts.
        refused = session.tool("jupiter_plan", [*tool, "--save", path, "--all-prompts", 8], code=2).err
        session.check(f"--all-prompts 8 does nothing with --planner {strategy}" in refused, refused)
        plan = json.loads(session.tool("jupiter_plan", [*tool, "--json"]).out)[0]
        session.check(plan["prediction"] is None and len(plan["memory_bytes"]) == 2, f"{plan}")
        session.check("no time is predicted" in plan["note"], f"note {plan['note']}")
        for flags in [["--plan", path], ["--cluster", pair, "--strategy", strategy]]:
            result = session.call(session.options.run, [*tiny, *prompt, *flags], 2)
            # DeTransformer computes another function.
            session.check(result.out == local or strategy == "detransformer", f"{strategy} {flags[0]}")
            session.check("split heads" in result.err or "split rows" in result.err, "no shares shown")
    refused = session.call(session.options.run, [*tiny, *prompt, "--plan", session.path("galaxy.json"),
                                                 "--no-overlap"], 2, 2)
    session.check("the shares are the plan's" in refused.err, refused.err)
    refused = session.call(session.options.run, [*tiny, *prompt, "--cluster", pair, "--strategy",
                                                 "megatron", "--heads", "1,1"], 2, 2)
    session.check("they add up to 2, the model has 4 KV heads" in refused.err, refused.err)


def phases(text, name):
    """Milliseconds of the prompt and of the answer in a line of an explanation."""
    line = next(line for line in text.splitlines() if line.startswith(name))
    return [float(field) for field in line[len(name):].split()[::2]]


def check_explanation(session, text):
    parts = ["  compute  ", "  host time of messages", "  on the wire", "  latency", "  queue behind other messages"]
    for phase, whole in enumerate(phases(text, "  all")):
        gap = whole - sum(phases(text, part)[phase] for part in parts)
        session.check(abs(gap) < 0.005, f"parts of the path leave {gap} ms")
    whole = sum(phases(text, "  all"))
    ranks = text.split("each rank, ms")[1].split("one change")[0].splitlines()[1:]
    for rank in ranks:
        gap = whole - sum(map(float, rank.split()[2:]))
        session.check(abs(gap) < 0.01, f"{rank}: {gap} ms are missing")
    session.check(len(ranks) == 4, f"{len(ranks)} ranks")
    for change, part in [("  bandwidth x 2", "  on the wire"), ("  every device x 2", "  compute  "),
                         ("  host time of messages / 2", "  host time of messages ")]:
        for phase, whole in enumerate(phases(text, "  all")):
            gain = whole - phases(text, change)[phase]
            most = (phases(text, part)[phase] + phases(text, "  queue behind other messages")[phase]) / 2
            session.check(-0.01 < gain < most + 0.01, f"{change} gains {gain} ms of at most {most}")


def test_where_the_time_goes(session):
    flags = ["--emulate", cluster("env-a"), "--strategies", "jupiter,megatron", "--bandwidth", "100",
             "--save-records", session.folder, "--explain"]
    explained = session.emulate(flags).err
    for strategy in ["jupiter", "megatron"]:
        begin = re.search(f"^emulated/.*/{strategy}/.*tg[0-9]+$", explained, re.MULTILINE)
        check_explanation(session, explained[begin.end():].split("\nemulated/")[0])
    name = next(file for file in os.listdir(session.folder) if "jupiter" in file)
    replay = session.tool("jupiter_replay", ["--record", session.path(name), "--cluster", cluster("env-a"),
                                             "--bandwidth", "100", "--explain"]).out
    session.check(replay.split("critical path")[1] in explained, "the bench and jupiter_replay explain differently")
    session.check("measured" not in replay, "nothing was measured")
    refused = session.call(session.options.bench, ["--explain"], 1, 2)
    session.check("--explain is for --emulate CLUSTER" in refused.err, refused.err)


def test_a_plan_is_explained(session):
    flags = ["--cluster", cluster("env-a"), *MODEL, "-p", 64, "-n", 4, "--planner", "equal"]
    text = session.tool("jupiter_plan", [*flags, "--explain"]).out
    check_explanation(session, text.split("equal, explained")[1])
    plan = json.loads(session.tool("jupiter_plan", [*flags, "--json"]).out)[0]["prediction"]
    predicted = [1e3 * plan["ttft_s"], 1e3 * (plan["e2el_s"] - plan["ttft_s"])]
    for phase, milliseconds in enumerate(phases(text, "  all")):
        session.check(abs(milliseconds - predicted[phase]) < 0.002, f"{predicted} predicted, {milliseconds} explained")
    whole = phases(text, "  the prompt whole")
    session.check(whole[0] > 0 and phases(text, "  without nx3")[0] > 0, text)
    for more, expected in [(["--json"], "--explain is text for readers"),
                           (["--planner", "megatron"], "does nothing with --planner megatron")]:
        refused = session.tool("jupiter_plan", [*flags[:-2], *more, "--explain"], code=2)
        session.check(expected in refused.err, refused.err)


def test_what_a_replay_leaves_unexplained(session):
    record = session.path("real.jsonl")
    session.call(session.options.run, ["--model", "synthetic:tiny", "--prompt-ids", "5,9,200,33,7", "--ids",
                                       "--n-gen", 8, "--strategy", "jupiter", "--record", record], 2)
    text = session.tool("jupiter_replay", ["--record", record, "--cluster", session.write("pair.yaml", CLUSTER),
                                           "--measured", "--explain"]).out
    for measured, replayed, rest in zip(phases(text, "measured"), phases(text, "  all"),
                                        phases(text, "unexplained: measured - replayed")):
        session.check(abs(measured - replayed - rest) < 0.005, f"{measured} - {replayed} is not {rest}")


def test_records_are_saved_and_replayed(session):
    flags = ["--emulate", cluster("env-a"), "--strategies", "jupiter", "--save-records", session.folder]
    row = next(iter(rows(session, session.emulate(flags)).values()))
    name = [file for file in os.listdir(session.folder) if file.endswith(".jsonl")][0]
    replay = ["--record", session.path(name), "--cluster", cluster("env-a"), "--timeline"]
    first, second = (session.tool("jupiter_replay", replay).out for _ in range(2))
    session.check(first == second, "two replays differ")
    found = re.search(r"TTFT ([0-9.]+) ms", first)
    session.check(found and abs(float(found[1]) - row["TTFT_ms"]) < 1e-6, "another TTFT than the bench's")
    session.check("# computes" in first, "no timeline")
    table = [line.split() for line in first.splitlines() if re.match(r" +\d ", line)]
    session.check("egress ms   ingress ms" in first and len(table) == 4, "no busy time of links")
    # One switch: what leaves the devices is what enters them.
    egress, ingress = (sum(float(line[column]) for line in table) for column in (5, 6))
    session.check(egress > 0 and abs(egress - ingress) < 0.01, f"{egress} ms leave, {ingress} enter")
    measured = session.tool("jupiter_replay", [*replay, "--measured"], code=2)
    session.check("has no measured times" in measured.err, "times out of nowhere")
    with open(session.path(name), encoding="utf-8") as file:
        text = file.read()
    for old, new, line in [
            ('["mark","first_token",1', '["mark","token",1', "the mark token of rank 0, expected first_token"),
            ('["mark","first_token",1,[[0,0,1]]]', '["mark","first_token",1,[[0,7,1]]]',
             "the mark first_token of rank 0 has tokens of step 7 of sequence 0, expected of a step"),
            ('["mark","first_token",1,[[0,0,1]]]', '["mark","first_token",1]', "the step is missing"),
            ('"jupiter_record":2', '"jupiter_record":1',
             "record version 1, expected 2; record the run again with this program"),
            (",8192]", ",8191]", r"rank \d, event \d+ receives \d+ bytes, but"),
            ('"ranks":4', '"ranks":4,"model":"7b"', "unknown key model; the first line of a record has")]:
        session.check(old in text, f"no {old} in the record")
        bad = session.write("bad.jsonl", text.replace(old, new, 1))
        error = session.tool("jupiter_replay", ["--record", bad, "--cluster", cluster("env-a")], code=2).err
        session.check(re.fullmatch(r"jupiter: error: " + re.escape(bad) + r": line \d+: " + line + ".*\n",
                                   error), error)


def test_run_records(session):
    path = session.path("run.jsonl")
    flags = ["--device", "recording", "--model", "synthetic:llama2-13b:q4_0", "--ids", "--prompt-ids",
             "1,2,3", "--tokens", 4]
    texts = []
    for _ in range(2):
        session.call(session.options.run, [*flags, "--record", path], 4)
        with open(path, encoding="utf-8") as file:
            texts.append(file.read())
    session.check(texts[0] == texts[1], "two records of the same run differ")
    result = session.call(session.options.run, flags, 4, 2)
    session.check("give --record FILE" in result.err, "no hint")


def test_plan_prints(session):
    flags = ["--cluster", cluster("env-b"), *MODEL]
    text = session.tool("jupiter_plan", flags).out
    for word in ["jupiter", "edgeshard-latency", "edgeshard-throughput", "edgeshard-all", "galaxy", "TTFT ms",
                 "KV heads", "tx2-0", "|0"]:
        session.check(word in text, f"no {word}")
    plans = json.loads(session.tool("jupiter_plan", [*flags, "--json"]).out)
    session.check(all(plan["feasible"] for plan in plans), "a plan is not feasible")
    jupiter = next(plan for plan in plans if plan["planner"] == "jupiter")
    session.check(sum(jupiter["plan"]["layers"]) == 32, "layers do not add up")
    session.check(sum(jupiter["prediction"]["slices"]) == 256, "slices do not add up")


def test_plans_draft_trees(session):
    heads = ["--cluster", cluster("env-a"), *MODEL, "--bandwidth", 1000, "--draft-heads", 5]
    tree = session.write("wide.yaml", "wide = [(0,), (1,), (2,), (3,), (0, 0), (0, 1)]")
    flags = [*heads, "--acceptance", "medusa1-vicuna-7b", "--tree", tree]
    saved = session.path("tree.yaml")
    text = session.tool("jupiter_plan", [*flags, "--save-tree", saved]).out
    session.check(re.search("wide +6 +2", text) and "--acceptance says them" not in text, text)
    with open(saved, encoding="utf-8") as file:
        lines = file.read()
    session.check("".join(line.strip() for line in lines.splitlines()) in "".join(
        line.strip() for line in text.splitlines()), "printed another tree than saved")
    runs = json.loads(session.tool("jupiter_plan", [*flags, "--json"]).out)
    best = min((run for run in runs if run["prediction"]), key=lambda run: run["prediction"]["e2el_s"])
    session.check([run["planner"] for run in runs if "draft_trees" in run] == [best["planner"]],
                  "trees for other plans than the best")
    trees = best["draft_trees"]
    planned = trees["planned"]
    session.check(len(planned["paths"]) == planned["nodes"] == lines.count("[") - 1, "another tree")
    session.check(abs(planned["gain"] * trees["plain"]["tokens_per_s"] / planned["tokens_per_s"] - 1)
                  < 1e-9, "the gain is not that over plain decoding")
    session.check(len(trees["fixed"]) == 4 and all(
        fixed["tokens_per_s"] <= planned["tokens_per_s"] for fixed in trees["fixed"]), "not the best")
    # The saved tree is the planned one when it comes back.
    again = json.loads(session.tool("jupiter_plan", [*flags, "--tree", saved, "--json"]).out)
    back = next(run for run in again if "draft_trees" in run)["draft_trees"]["fixed"][-1]
    session.check(back["tokens_per_s"] == planned["tokens_per_s"], "the saved tree is another one")


def without_wire(flags):
    """For one device, which sends nothing."""
    place = flags.index("--wire")
    return [*flags[:place], *flags[place + 2:]]


def slow_first(session):
    """A cluster whose second device is the fastest alone."""
    pair = CLUSTER.replace("jetson-xavier-nx", "raspberry-pi-5").replace("jetson-nano", "jetson-xavier-nx")
    return session.write("slow-first.yaml", pair)


def test_trees_are_those_of_the_plan(session):
    path = slow_first(session)
    flags = ["--cluster", path, *MODEL, "--draft-heads", 5, "--acceptance", "medusa1-vicuna-7b"]
    alone = without_wire(flags)
    local = json.loads(session.tool("jupiter_plan", [*alone, "--planner", "local", "--json"]).out)[0]
    session.check(local["device"] == "b", f"local on {local['device']}")
    trees = local["draft_trees"]
    widest = next(tree for tree in trees["fixed"] if tree["nodes"] == 63)
    session.check(widest["step_s"] == local["prediction"]["verification_s"],
                  f"a verification step takes {local['prediction']['verification_s']} or {widest['step_s']}")
    session.check(abs(trees["plain"]["step_s"] / local["prediction"]["tpot_s"] - 1) < 0.01,
                  "a plain step is not one of the device's")
    # What is kept belongs together, and is shown.
    saved = {flag: session.path(flag[2:]) for flag in ["--save", "--save-tree"]}
    kept = session.tool("jupiter_plan", [*flags, "--json", *[word for item in saved.items() for word in item]])
    names = re.findall("(?:plan of|draft tree for) ([a-z-]+)", kept.err)
    session.check(len(names) == 2 and names[0] == names[1] != "local", kept.err)
    shown = {run["planner"]: run["draft_trees"] for run in json.loads(kept.out) if "draft_trees" in run}
    session.check(set(shown) == {"local", names[0]}, f"trees of {list(shown)}")
    with open(saved["--save-tree"], encoding="utf-8") as file:
        session.check(file.read().count("[") - 1 == shown[names[0]]["planned"]["nodes"], "another tree")
    line = session.tool("jupiter_plan", [*alone, "--planner", "local", "--save-tree", saved["--save-tree"]],
                        code=2).err.strip()
    session.check("\n" not in line and "--save-tree" in line and "put that device first" in line, line)


def test_bad_draft_trees(session):
    heads = ["--cluster", cluster("env-a"), *MODEL, "--draft-heads", 5]
    known = ["--acceptance", "medusa1-vicuna-7b"]
    orphan = session.write("orphan.yaml", "jupiter_tree: 1\npaths: [[0], [1, 0]]\n")
    sums = session.write("sums.json", json.dumps({"jupiter_acceptance": 1, "heads": 1, "ranks": 2,
                                                  "probability": [[0.5, 0.7]], "positions": 9}))
    for flags, say in [
            ([*heads[:-2], *known], "--acceptance medusa1-vicuna-7b .*add --draft-heads N"),
            ([*heads, "--save-tree", session.path("t")], "--save-tree .*add --acceptance FILE"),
            ([*heads, "--tree", orphan], "--tree .*add --acceptance FILE"),
            ([*heads, "--acceptance", session.path("none")], "none: no such file.*medusa1-vicuna-13b"),
            ([*heads, "--acceptance", sums], r"sums.json: line 1: probability\[0\]: .*1.2"),
            ([*heads, *known, "--tree", orphan], r"orphan.yaml: line 2: paths\[1\]: .*\[1, 0\]"),
            ([*heads, *known, "--save-tree", "/nowhere/t"], "/nowhere/t: cannot be written"),
            ([*heads, *known, "--planner", "galaxy"], "galaxy is none; choose another --planner")]:
        result = session.tool("jupiter_plan", flags, code=2)
        session.check(re.search(say, result.err) and not result.out, f"{flags}: {result.err}")


def test_local_is_the_fastest_device_alone(session):
    path = slow_first(session)
    flags = ["--cluster", path, *without_wire(MODEL), "--planner", "local"]
    text = session.tool("jupiter_plan", flags).out
    session.check(re.search(r"^local .* b \(rank 1\) alone$", text, re.MULTILINE), text)
    plan = json.loads(session.tool("jupiter_plan", [*flags, "--json"]).out)[0]
    session.check(plan["device"] == "b" and len(plan["prediction"]["memory_bytes"]) == 1, f"{plan}")
    # Without MPI nobody says which rank a process is on.
    line = session.tool("jupiter_plan", [*flags, "--save", session.path("p.json")], code=2).err.strip()
    session.check("\n" not in line and "b (rank 1) alone would be the fastest" in line, line)
    both = session.tool("jupiter_plan", ["--cluster", path, *MODEL, "--save", session.path("p.json")])
    session.check("plan of " in both.err and "plan of local" not in both.err, both.err)


def test_what_does_not_fit(session):
    flags = ["--cluster", cluster("env-a"), "--model", "synthetic:llama2-70b"]
    result = session.tool("jupiter_plan", flags, code=2)
    session.check("MiB short" in result.err, f"no number: {result.err}")
    rows_ = rows(session, session.call(
        session.options.bench, [*flags[2:], "--emulate", cluster("env-a"), "--benchmark_format=json"],
        4, 2))
    session.check(all(row["error_occurred"] for row in rows_.values()), "a row without error")
    small = CLUSTER.replace("profile: jetson-nano}", "profile: jetson-nano, memory: "
                            "{usable: {value: 2000 MiB, source: a test}}}")
    small = small.replace("jetson-xavier-nx}", "jetson-nano, memory: "
                          "{usable: {value: 3600 MiB, source: a test}}}")
    path = session.write("small.yaml", small)
    # The planner's slices fit where the whole prompt at once does not.
    flags = [*MODEL, "--emulate", path, "--strategies", "jupiter", "--n-prompt", 2048, "--n-gen", 4,
             "--benchmark_format=json"]
    for slices, code in [("auto", 0), ("whole", 2)]:
        result = session.call(session.options.bench, [*flags, "--slices", slices], 2, code)
        row = next(iter(rows(session, result).values()))
        session.check(("short" in row.get("error_message", "")) == (code == 2), f"slices {slices}")


def test_plans_are_followed(session):
    path = session.path("plan.json")
    pair = session.write("pair.yaml", CLUSTER)
    tiny = ["--model", "synthetic:tiny"]
    session.tool("jupiter_plan", ["--cluster", pair, *tiny, "--planner", "jupiter", "-p", 96,
                                  "--min-slice", 8, "--all-prompts", 32, "--save", path])
    prompt = ["--ids", "--prompt-ids", ",".join(str(i) for i in range(1, 61)), "--tokens", 5]
    local = session.call(session.options.run, [*tiny, *prompt, "--strategy", "local"], 1)
    for flags in [["--plan", path], ["--cluster", pair]]:
        result = session.call(session.options.run, [*tiny, *prompt, *flags], 2)
        session.check(result.out == local.out, f"{flags[0]}: other tokens")
    other = session.call(session.options.run,
                         [*tiny, *prompt, "--plan", path, "--strategy", "edgeshard"], 2, 2)
    session.check("the plan is for jupiter" in other.err, "a plan for another strategy was taken")
    sliced = session.call(session.options.run, [*tiny, *prompt, "--cluster", pair, "--slices", 3], 2)
    session.check("slices: 20,20,20" in sliced.err, "--slices beside --cluster went unheard")
    bench = session.call(session.options.bench,
                         [*tiny, "--n-prompt", 40, "--n-gen", 3, "--cluster", pair,
                          "--benchmark_min_time=0.01", "--benchmark_format=json"], 2)
    labels = {row["label"].split("; ")[0] for row in rows(session, bench).values()}
    session.check(labels == {"VALID"}, f"labels {labels}")


def save_plan(session, *flags):
    """A plan of jupiter for two ranks, synthetic:tiny and 96 tokens; its path."""
    path = session.path("plan.json")
    pair = session.write("pair.yaml", CLUSTER)
    session.tool("jupiter_plan", ["--cluster", pair, "--model", "synthetic:tiny", "--planner", "jupiter",
                                  "-p", 96, "--min-slice", 8, "--save", path, *flags])
    return path


def test_bench_follows_a_plan_for_one_strategy(session):
    plan = save_plan(session, "--wire", "f16")
    with open(plan, encoding="utf-8") as file:
        layers = json.load(file)["layers"]
    tiny = ["--model", "synthetic:tiny", "--n-prompt", 96, "--n-gen", 3, "--plan", plan, "--benchmark_format=json"]
    quick = ["--benchmark_min_time=0.01"]
    note = f"note: --plan {plan} is for jupiter alone; {', '.join(['local', *SHARED, 'edgeshard'])}: "
    real = session.call(session.options.bench, [*tiny, *quick], 2)
    session.check(note + "with layers split equally" in real.err, f"no note: {real.err}")
    labels = {row["label"].split("; ")[0] for row in rows(session, real).values()}
    session.check(labels == {"VALID"}, "not VALID")
    alone = session.call(session.options.bench, [*tiny, *quick, "--strategies", "jupiter"], 2)
    session.check("note:" not in alone.err, f"a note for nobody: {alone.err}")
    flags = [*tiny, "--emulate", session.path("pair.yaml")]
    emulated = session.call(session.options.bench, flags, 2)
    session.check(note + "planned as in their papers" in emulated.err, f"no note: {emulated.err}")
    label = next(row["label"] for name, row in rows(session, emulated).items() if "jupiter" in name)
    session.check(label == "EMULATED layers " + ",".join(map(str, layers)), f"{label}, plan {layers}")
    # What is emulated is the plan of the file, not the planner's.
    with open(plan, encoding="utf-8") as file:
        other = json.load(file)
    other["layers"] = [sum(layers), 0]
    with open(plan, "w", encoding="utf-8") as file:
        json.dump(other, file)
    row = next(iter(rows(session, session.call(session.options.bench, [*flags, "--strategies", "jupiter"],
                                               2)).values()))
    session.check(row["label"] == f"EMULATED layers {sum(layers)},0", row["label"])


def test_plans_for_something_else(session):
    plan = save_plan(session, "--wire", "f16")
    ids = ["--ids", "--tokens", 3, "--prompt-ids"]
    prompt = [*ids, ",".join(["5"] * 96)]
    tiny = ["--model", "synthetic:tiny", "--plan", plan]
    where = re.escape(plan)
    for flags, expected in [
            ([*tiny, *ids, "1,2,3"], where + r": slices: of a prompt of 96 tokens, this one has 3; plan "
             r"again with jupiter_plan --n-prompt 3"),
            (["--model", "synthetic:tinyllama-1.1b:q4_0", "--plan", plan, *prompt],
             where + r": model\.layers: \d+ \(.*tiny\), but the model .*tinyllama-1.1b has 22; plan"),
            ([*tiny, *prompt, "--slices", 2], r"--slices 2 with --plan .*: the slices are the plan's"),
            ([*tiny, *prompt, "--min-slice", 2], r"--min-slice 2 with --plan"),
            ([*tiny, *prompt, "--wire", "f32"], r"--wire f32 with --plan .*: the plan has f16"),
            ([*tiny, *prompt, "--kv", "f16"], r"--kv f16 with --plan .*: the plan has f32"),
            ([*tiny, *prompt, "--residual", "f16"], r"--residual f16 with --plan"),
            ([*tiny, *prompt, "--split", "equal"], r"--plan, --cluster, and --layers or --split")]:
        line = session.call(session.options.run, flags, 2, 2).err.strip()
        session.check("\n" not in line and re.search(expected, line), f"{flags[-2:]}: {line}")
    # What a flag repeats is no contradiction.
    session.call(session.options.run, [*tiny, *prompt, "--wire", "f16", "--kv", "f32"], 2)
    bench = ["--model", "synthetic:tiny", "--plan", plan, "--strategies", "local,edgeshard"]
    line = session.call(session.options.bench, bench, 2, 2).err.strip()
    session.check("\n" not in line and "jupiter, which is not among --strategy local,edgeshard" in line, line)
    with open(plan, encoding="utf-8") as file:
        text = file.read()
    layers = ",".join(map(str, json.loads(text)["layers"]))
    for old, new, expected in [
            ('"wire"', '"layers":[1,1],"wire"', "line 1: layers stands twice"),
            ('"jupiter"', '"jupitre"', "strategy: unknown strategy"),
            ('"jupiter"', '"local"', f"layers: {layers}, but local has all of them on rank 0; plan again"),
            ('"jupiter"', '"megatron"', "heads: missing: megatron gives each rank a share of every layer; plan"),
            ('"jupiter"', '"sequence"', "rows: missing: sequence gives each rank a share"),
            ('"jupiter"', '"edgeshard"', "slices: edgeshard takes prompts whole; plan again"),
            ('"min_slice"', '"overlap":false,"min_slice"', "overlap: jupiter sends nothing while it computes"),
            ('"min_slice"', '"heads":[2,2],"min_slice"', "line 1: layers"),
            ('"min_slice":8', '"min_slice":-8', "line 1: min_slice: got -8, expected a whole number"),
            ('"model"', '"modell"', "line 1: unknown key modell; a plan has")]:
        session.check(old in text, f"no {old} in the plan")
        bad = session.write("bad.json", text.replace(old, new, 1))
        line = session.call(session.options.run, ["--model", "synthetic:tiny", "--plan", bad, *prompt],
                            2, 2).err.strip()
        session.check("\n" not in line and f"{bad}: {expected}" in line, f"{new}: {line}")
    table = save_plan(session, "--all-prompts", 32)
    line = session.call(session.options.run, ["--model", "synthetic:tiny", "--plan", table, *ids,
                                              ",".join(["5"] * 97)], 2, 2).err.strip()
    session.check(f"{table}: slices: of prompts of up to 96 tokens, this one has 97" in line, line)


def test_names_that_are_no_utf8(session):
    """Reports and plans are JSON whatever a file is called."""
    folder = os.path.join(os.fsencode(session.folder), b"caf\xe9")
    os.mkdir(folder)
    pair = os.fsdecode(os.path.join(folder, b"p\xe9.yaml"))
    with open(pair, "w", encoding="utf-8") as file:
        file.write(CLUSTER.replace("jetson-nano", "jetson-nanoo"))
    line = session.tool("jupiter_plan", ["--cluster", pair, *MODEL], code=2).err
    session.check("did you mean jetson-nano?" in line, line)
    model = os.fsdecode(os.path.join(folder, b"m\xe9.gguf"))
    with open(model, "wb") as file:
        file.write(make_models.Gguf().build())
    with open(pair, "w", encoding="utf-8") as file:
        file.write(CLUSTER)
    plans = session.tool("jupiter_plan", ["--cluster", pair, "--model", model, "-p", 16, "-n", 2,
                                          "--json", "--save", session.path("plan.json")])
    json.loads(plans.raw.decode("utf-8"))
    with open(session.path("plan.json"), "rb") as file:
        json.loads(file.read().decode("utf-8"))
    bench = ["--model", model, "--n-prompt", 16, "--n-gen", 2, "--benchmark_format=json"]
    for flags in [["--benchmark_min_time=0.01"], ["--emulate", pair]]:
        report = session.call(session.options.bench, [*bench, *flags], 2)
        json.loads(report.raw.decode("utf-8"))


def test_refused_runs_leave_no_files(session):
    files = {flag: session.path(flag[2:] + ".json") for flag in ["--record", "--save-reference", "--save"]}
    refused = ["--model", "synthetic:tiny", "--ids", "--prompt-ids", "1,2", "--tokens", 100000]
    session.call(session.options.run, [*refused, "--record", files["--record"], "--save-reference",
                                       files["--save-reference"]], 2, 2)
    session.tool("jupiter_plan", ["--cluster", cluster("env-a"), "--model", "synthetic:llama2-70b", "--save",
                                  files["--save"]], code=2)
    for flag, path in files.items():
        session.check(not os.path.exists(path), f"{flag} left a file behind")
    nowhere = session.tool("jupiter_plan", ["--cluster", cluster("env-a"), *MODEL, "--save", "/nowhere/p"],
                           code=2)
    session.check(not nowhere.out and "/nowhere/p: cannot be written" in nowhere.err,
                  "planned before it looked where to save")
    kept = session.write("kept.json", "old")
    session.call(session.options.run, [*refused, "--record", kept], 2, 2)
    with open(kept, encoding="utf-8") as file:
        session.check(file.read() == "old", "a refused run changed a file")


def test_many_ranks(session):
    flags = ["--emulate", cluster("orin-nano-64"), "--split", "equal", "--strategies", "jupiter",
             "--model", "synthetic:llama2-70b:q4_0", "--slices", 4, "--n-prompt", 64, "--n-gen", 4,
             "--benchmark_format=json"]
    row = next(iter(rows(session, session.call(session.options.bench, flags, 64)).values()))
    session.check(row["messages"] == 63 * 4 + 63 * 3 + 4 + 63, f"{row['messages']} messages")


def test_clusters_have_names(session):
    """Wherever a cluster file is taken, the name of a shipped one does."""
    def both(call):
        named, given = call("env-b"), call(cluster("env-b"))
        session.check(named and named == given, f"{named} for env-b, {given} for its file")

    both(lambda b: session.tool("jupiter_plan", ["--cluster", b, *MODEL, "--planner", "equal"]).out)
    record = ["--save-records", session.folder, "--strategy", "jupiter"]
    both(lambda b: {name: row["TTFT_ms"] for name, row in rows(session, session.emulate(
        ["--emulate", b, *record, "--benchmark_format=json"])).items()})
    file = next(name for name in os.listdir(session.folder) if name.endswith(".jsonl"))
    both(lambda b: session.tool("jupiter_replay", ["--cluster", b, "--record", session.path(file)]).out)
    tiny = ["--model", "synthetic:tiny", "--prompt-ids", "1,2,3", "--ids", "--n-gen", 2, "--dry-run"]
    both(lambda b: re.findall(r"^plan: .*", session.call(session.options.run, [*tiny, "--cluster", b], 4).err,
                              re.MULTILINE))


BAD_CLUSTERS = [
    ("broken", CLUSTER + "  latency: [1\n", r"line \d+"),
    ("unknown key", CLUSTER + "  bandwith: 1 Mbit/s\n", r"line 8: .*bandwith.*did you mean bandwidth"),
    ("negative", CLUSTER.replace("100 Mbit/s", "-1 Mbit/s"), r"line 7: link.bandwidth: "),
    ("absurd", CLUSTER.replace("100 Mbit/s", "1e30 Mbit/s"), r"line 7: link.bandwidth: "),
    ("unknown device", CLUSTER.replace("jetson-nano", "jetson-micro"), r"line 5: .*jetson-micro"),
    ("twice the same name", CLUSTER.replace("name: b", "name: a"), r"line 5: "),
]


def test_bad_clusters(session):
    for what, text, expected in BAD_CLUSTERS:
        path = session.write("bad.yaml", text)
        for result in [session.tool("jupiter_plan", ["--cluster", path, *MODEL], code=2),
                       session.emulate(["--emulate", path], 2, 2)]:
            line = result.err.strip()
            session.check("\n" not in line and re.search(re.escape(path) + ": " + expected, line),
                          f"{what}: {line}")


BAD_FLAGS = [
    (["--emulate", "CLUSTER"], 3, r"devices: 2 of them for 3 ranks; start mpirun with -np 2"),
    (["--emulate", "nowhere.yaml"], 2, r"no file or shipped cluster \"nowhere\.yaml\".*env-a"),
    (["--emulate", "CLUSTER", "--bandwidth", "0"], 2, r"--bandwidth 0: expected"),
    (["--emulate", "CLUSTER", "--bandwidth", "100,1e7"], 2, r"--bandwidth 100,1e7: expected .*'1e7'"),
    (["--emulate", "CLUSTER", "--bandwidth", "10,10"], 2, r"10 is given twice"),
    (["--emulate", "CLUSTER", "--link", "100mbit"], 2, r"--link 100mbit with --emulate: .*leave it out"),
    (["--emulate", "CLUSTER", "--slowdown", "1,2"], 2, r"--slowdown 1,2 with --emulate: .*leave"),
    (["--emulate", "CLUSTER", "--cluster", "CLUSTER"], 2, r"--cluster \S+ with --emulate: .*leave"),
    (["--emulate", "CLUSTER", "--device", "eigen"], 2, r"--device eigen with --emulate: .*leave"),
    (["--emulate", "CLUSTER", "--memory-limit", "9"], 2, r"--memory-limit 9 with --emulate: .*leave"),
    (["--emulate", "CLUSTER", "--split", "speed"], 2, r"--split speed with --emulate: .*measure"),
    (["--emulate", "CLUSTER", "--plan", "/nowhere.json"], 2, r"/nowhere.json: no such plan"),
    (["--bandwidth", "100"], 2, r"--bandwidth 100 is for --emulate CLUSTER; leave it out"),
    (["--emulate", "CLUSTER", "--inject-fault", "mask"], 2, r"computes nothing"),
    (["--emulate", "CLUSTER", "--layers", "3,4"], 2, r"add up to 7, the model has 32"),
    (["--cluster", "CLUSTER", "--layers", "16,16"], 2, r"give one"),
    (["--emulate", "CLUSTER", "--save-records", "/proc/none"], 2, r"no folder can be made there"),
]


def test_bad_flags(session):
    pair = session.write("pair.yaml", CLUSTER)
    for flags, ranks, expected in BAD_FLAGS:
        flags = [pair if flag == "CLUSTER" else flag for flag in flags]
        result = session.emulate(flags, ranks, 2)
        line = result.err.strip()
        session.check("\n" not in line and re.search(expected, line), f"{flags}: {line}")
    for flags, expected in [
            (["--cluster", pair, *MODEL, "--planner", "best"], r"unknown planner 'best'.*galaxy, or all$"),
            (["--cluster", pair, *MODEL, "--bandwidth", 0], r"--bandwidth 0: expected"),
            (["--cluster", pair, *MODEL, "--bandwidth", "1,2"], r"--bandwidth 1,2: expected one number"),
            (["--cluster", pair, *MODEL, "--planner", "local"],
             r"--wire f16 does nothing with --planner local, only with the others; leave it out$"),
            (["--cluster", pair, *without_wire(MODEL), "--planner", "local", "--bandwidth", 10],
             r"--bandwidth 10 does nothing with --planner local"),
            (["--cluster", pair, "--model", "synthetic:tiny:q4_0", "--quantize", "q8_0"],
             r"--quantize q8_0: .*synthetic:tiny:q4_0 has none"),
            (["--cluster", pair, *MODEL, "-p", 0], r"expected at least 1"),
            (["--cluster", pair, *MODEL, "-p", 5000], r"at most 4096 together"),
            (["--cluster", pair, "--model", "synthetic:huge"], r"unknown synthetic shape"),
            (MODEL, r"--cluster is required")]:
        line = session.tool("jupiter_plan", flags, code=2).err.strip()
        session.check("\n" not in line and re.search(expected, line), f"{flags}: {line}")


def main():
    options = program_lib.arguments(__doc__, quick=False)
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    program_lib.check_in_folders(tests, Session, options)


if __name__ == "__main__":
    main()
