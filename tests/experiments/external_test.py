#!/usr/bin/env python3
"""experiments/external on tiny made-up rows with known right answers; no emulator runs."""

import copy
import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
from importlib.util import module_from_spec, spec_from_loader
from importlib.machinery import SourceFileLoader

EXTERNAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "experiments", "external")
sys.path.insert(0, EXTERNAL)
sys.dont_write_bytecode = True

try:
    import yaml  # noqa: F401
except ImportError as error:
    print(f"external_test: skipped, {error} (scripts/setup --extras calibrate, or python3-yaml)")
    sys.exit(77)

import boards  # noqa: E402
import exchange  # noqa: E402
import rows  # noqa: E402
import scoring  # noqa: E402
import tier1  # noqa: E402
import timing  # noqa: E402

_LOADER = SourceFileLoader("external_predict", os.path.join(EXTERNAL, "predict"))
predict = module_from_spec(spec_from_loader(_LOADER.name, _LOADER))
_LOADER.exec_module(predict)

COLUMNS = ("id half source where date hardware devices threads_power network software system model shape weight_type "
           "wire_type kv_type prompt_tokens generated_tokens context metric value unit sd n suite_model comment").split()
SHAPE = "2 x 256, ff 512, heads 4/4, vocab 1024"
BASE = {"half": "development", "source": "ada/bench", "hardware": "Raspberry Pi 5 8GB", "devices": "1", "system": "local",
        "software": "distributed-llama 0.3.1", "model": "M", "shape": SHAPE, "weight_type": "q40 (q4_0)",
        "wire_type": "q80 (q8_0)", "context": "<= 16", "metric": "decode_ms", "value": "100"}


def text_of(made):
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(made)
    return file.getvalue()


def row(name, **changed):
    return {**BASE, "id": name, **changed}


class FakeEmulator:
    """A time that follows from what it is asked: bytes of one model over the bandwidth of rank 0, and a
    message of 1 ms per further rank."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "record")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write('{"ranks":2}\n{"rank":0}\n["send",1,2,64,1000]\n["receive",1,2,64,500]\n')

    def record(self, *_):
        return self.path

    star = record

    def changed(self, record, *_):
        return record

    def replay(self, _, profiles, __):
        bandwidth = float(profiles[0]["roofline"]["memory_bandwidth"]["value"].split()[0])
        ms = 1e3 * 1e9 / bandwidth / len(profiles) + len(profiles) - 1
        return 10 * ms, ms


def predicted(made, table=()):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text_of(made))
        return predict.predict(path, list(table), "bound", lambda: FakeEmulator(folder))


def ratio(chip, log_ratio, **changed):
    return {"family": "f", "phase": "decode", "unit": "cpu", "class": "arm", "instructions": "neon", "chip": chip,
            "owner": "o", "log_ratio": log_ratio, "rows": 1, **changed}


class PredictTest(unittest.TestCase):
    MADE = [row("a"), row("b", devices="2", system="megatron", network="gigabit"),
            row("c", hardware="Board of Nobody"), row("d", metric="decode_tps", value="10"),
            row("e", metric="decode_sync_ms"), row("f", metric="power_W"), row("g", model="Gemma 3 1B"),
            row("h", hardware="Raspberry Pi 5 8GB", shape="80 x 8192, ff 28672, heads 64/8, vocab 32000"),
            row("i", metric="sync_kB", devices="2", system="megatron", hardware="")]

    def test_never_reads_values(self):
        blank = [{**one, "value": "", "n": "", "sd": ""} for one in self.MADE]
        other = [{**one, "value": "1e9"} for one in self.MADE]
        self.assertEqual(predicted(self.MADE), predicted(blank))
        self.assertEqual(predicted(self.MADE), predicted(other))

    def test_counts_what_it_cannot(self):
        reasons = {line["id"]: line["reason"] for line in predicted(self.MADE)}
        self.assertEqual(reasons["c"], "unknown board")
        self.assertEqual(reasons["e"], "part of a run's time; its total counts")
        self.assertEqual(reasons["f"], "no time per token")
        self.assertEqual(reasons["g"], "model or mode that the suite does not run")
        self.assertEqual(reasons["h"], "weights do not fit in memory")
        self.assertEqual(reasons["i"], "counts bytes")
        self.assertEqual([reasons[name] for name in "abd"], ["", "", ""])

    def test_only_unknown_boards_need_no_emulator(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rows.csv")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text_of([row("x", half="held-out", hardware="New Board", value="")]))
            lines = predict.predict(path, [], "bound", lambda: self.fail("emulator made"))
        self.assertEqual([line["reason"] for line in lines], ["unknown board"])

    def test_one_run_one_node_and_bytes(self):
        lines = {line["id"]: line for line in predicted(self.MADE)}
        self.assertEqual(lines["d"]["run"], "a")  # token/s of the run whose ms stand in a
        self.assertEqual(lines["b"]["one_node"], "a")
        self.assertAlmostEqual(float(lines["a"]["tier0_ms"]), 1e12 / (2 * 5557e6), 3)  # twice the copy rate
        self.assertAlmostEqual(float(lines["a"]["shipped_ms"]), 1e12 / (0.6 * 17.1e9), 3)
        self.assertAlmostEqual(float(lines["i"]["kB"]), 1500 / 1024, 3)

    def test_factor_slows_the_board(self):
        table = [ratio(chip, math.log(2), family="distributed-llama") for chip in ("x", "y")]
        line = predicted([row("a")], table)[0]
        self.assertAlmostEqual(float(line["tier1_ms"]) / float(line["tier0_ms"]), 2, 3)
        self.assertEqual(line["tier1_boards"], 2)
        line = predicted([row("a")], table[:1])[0]
        self.assertEqual(line["tier1_ms"], line["tier0_ms"])
        self.assertEqual(line["tier1_boards"], 0)


class TierOneTest(unittest.TestCase):
    KIND = {"unit": "cpu", "class": "arm", "instructions": "dotprod"}

    def factor(self, table, chip="mine", **others):
        return tier1.factor(table, "f", "decode", self.KIND, chip, **others)

    def test_refuses_fewer_than_two_other_boards(self):
        table = [ratio("mine", 5.0), ratio("x", 0.2), ratio("x", 0.4, owner="p")]
        self.assertEqual(self.factor(table), (None, 1))
        value, chips = self.factor(table + [ratio("y", 0.7)])
        self.assertEqual(chips, 2)
        self.assertAlmostEqual(math.log(value), 0.5)  # of 0.3 (both owners of x) and 0.7, never of its own 5

    def test_leaves_owners_out(self):
        table = [ratio("x", 0.2), ratio("y", 0.4), ratio("z", 0.6, owner="p")]
        self.assertEqual(self.factor(table, owner="o"), (None, 1))

    def test_classes(self):
        self.assertEqual(tier1.class_of(self.KIND, "decode", "bound"), "cpu")
        self.assertEqual(tier1.class_of(self.KIND, "prefill", "bound"), "dot products")
        self.assertEqual(tier1.class_of(self.KIND, "prefill", "class"), "arm")

    def test_several_devices_inform_nothing(self):
        lines = predicted(PredictTest.MADE)
        made = tier1.make(lines, {"a": 2 * float(lines[0]["tier0_ms"]), "b": 1e6, "d": 1e6})
        self.assertEqual([(one["chip"], one["rows"], one["log_ratio"]) for one in made], [("BCM2712", 1, "0.6931")])

    def test_refuses_held_out_rows(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rows.csv")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text_of([row("x", half="held-out")]))
            done = subprocess.run([sys.executable, os.path.join(EXTERNAL, "calibrate"), "--rows", path, "--predictions",
                                   path, "--out", os.path.join(folder, "f.csv")], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("development half", done.stderr)


class ScoringTest(unittest.TestCase):
    @staticmethod
    def line(name, tier0, **changed):
        return {"id": name, "run": name, "reason": "", "owner": "o", "source": "o/s", "system": "local", "nodes": "1",
                "one_node": "", "tier0_ms": str(tier0), "twice_ms": "", "rival_link_ms": "", **changed}

    def test_absolute_by_source_then_owner(self):
        lines = [self.line("a", 100 * math.e), self.line("b", 100 * math.e), self.line("c", 100),
                 self.line("d", 100 / math.e ** 3, source="o/t"), self.line("e", 100, owner="p", source="p/s"),
                 self.line("t", 1, system="megatron")]
        errors = scoring.absolute(lines, dict.fromkeys("abcdet", 100.0), "tier0_ms")
        self.assertEqual(len(errors), 5)  # tensor parallelism is not counted
        owners = scoring.by_owner(errors)
        self.assertAlmostEqual(owners["o"], 2)  # of 1 (source s: 1, 1, 0) and 3 (source t)
        self.assertAlmostEqual(owners["p"], 0)
        self.assertAlmostEqual(scoring.over_owners(errors), 1)
        low, high = scoring.without_each(errors)
        self.assertAlmostEqual(low, 0)
        self.assertAlmostEqual(high, 2)

    def test_a_run_counts_once(self):
        lines = [self.line("ms", 100), self.line("tps", 100, run="ms")]
        self.assertEqual(len(scoring.absolute(lines, {"ms": 50.0, "tps": 50.1}, "tier0_ms")), 1)
        # If the first has no value, the second stands for the run.
        self.assertEqual(len(scoring.absolute(lines, {"ms": None, "tps": 50.1}, "tier0_ms")), 1)

    def test_speed_up(self):
        lines = [self.line("one", 100),
                 self.line("two", 60, nodes="2", system="megatron", one_node="one", twice_ms=110, rival_link_ms=5)]
        measured = {"one": 200.0, "two": 125.0}
        (_, emulated, real), = scoring.speed_ups(lines, measured, "tier0_ms")
        self.assertAlmostEqual(emulated, 100 / 60)
        self.assertAlmostEqual(real, 1.6)
        (_, given, _), = scoring.given_speed_ups(lines, measured)
        self.assertAlmostEqual(given, 200 / 110)  # twice as slow as emulated: the time with ops twice as long
        (_, rival, _), = scoring.rival_speed_ups(lines, measured)
        self.assertAlmostEqual(rival, 200 / 105)

    def test_units(self):
        self.assertEqual(rows.milliseconds({"metric": "decode_tps", "value": "4", "prompt_tokens": ""}), 250)
        self.assertEqual(rows.milliseconds({"metric": "prefill_ms", "value": "100", "prompt_tokens": "50"}), 2)
        self.assertIsNone(rows.milliseconds({"metric": "decode_ms", "value": "", "prompt_tokens": ""}))


def local_record():
    """One decoding step of one layer whose products of one shape are equal, and the output matrix."""
    def product(inner, outer):
        return ["op", "linear", "q4_0", "act8", 1, inner, outer, 0, 8 * inner * outer, 2 * inner * outer, "mlp", inner * outer]
    other = ["op", "rms_norm", "f32", "f32", 1, 64, 64, 0, 512, 64]
    layer = [other, *[product(64, 64)] * 3, other, product(64, 64), other, *[product(64, 128)] * 2, other,
             product(128, 64), other]
    events = [["mark", "start", 0], ["mark", "step_batch", 1, [[0, 1, 1]]], *layer, product(64, 1024),
              ["mark", "token", 1, [[0, 1, 1]]], ["mark", "end", 1]]
    return [json.dumps(line) for line in [{"jupiter_record": 2, "ranks": 1}, {"rank": 0, "events": len(events)}, *events]]


class ExchangeTest(unittest.TestCase):
    ENGINE = {"exchange": "star-slices", "attention": "root", "wire": "q8_0"}

    def shared(self, engine):
        lines = [json.loads(line) for line in exchange.star_record(local_record(), 2, engine)]
        ranks = {}
        for line in lines[1:]:
            if isinstance(line, dict):
                events = ranks.setdefault(line["rank"], [])
                self.assertIsInstance(line["events"], int)
            else:
                events.append(line)
        return ranks

    def test_products_are_shared_out(self):
        for engine in (self.ENGINE, {**self.ENGINE, "exchange": "star-sums"}):
            ranks = self.shared(engine)
            weights = {rank: sum(e[11] for e in events if e[1] == "linear") for rank, events in ranks.items()}
            layer = 4 * 64 * 64 + 3 * 64 * 128
            self.assertEqual(weights, {0: layer // 2 + 64 * 1024, 1: layer // 2})
            sent = sum(e[4] for e in ranks[0] if e[0] == "send")
            self.assertEqual(sent, sum(e[4] for e in ranks[1] if e[0] == "receive"))

    def test_bytes_by_hand(self):
        values = {"star-slices": (64 * 3 + 64, 96 + 32 + 64 + 32), "star-sums": (128, 128)}
        for name, (sent, received) in values.items():
            lines = exchange.star_record(local_record(), 2, {**self.ENGINE, "exchange": name})
            self.assertEqual(exchange.bytes_of(lines), (sent // 32 * 34, received // 32 * 34))


class BoardsTest(unittest.TestCase):
    def test_a_measured_profile_goes_first(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "devices"))
            with open(os.path.join(folder, "mine.yaml"), "w", encoding="utf-8") as file:
                file.write("jupiter_device: 1\nname: mine\nroofline:\n  memory_bandwidth: {value: 3 GB/s, source: m}\n"
                           "  time_per_op: {value: 2 us, source: m}\n  op_rate: {f32: {value: 5 GFLOP/s, source: m}}\n"
                           "  other_rate: {value: 5 GFLOP/s, source: m}\n"
                           "measured:\n  - {op: copy, inner: 0, outer: 8, points: [[1, 0, 4 us]]}\n")
            with open(os.path.join(folder, "devices", "chip.yaml"), "w", encoding="utf-8") as file:
                file.write("chip: C\nboards: [{name: b, match: My Board, memory: 8 GiB}]\n"
                           "cpu: {class: arm, instructions: neon, profile: ../mine.yaml}\n")
            board = boards.Boards(os.path.join(folder, "devices")).find("my board, 8 GB")
            made = timing.slower(boards.profile(board, "cpu", 0), 2)
        self.assertEqual(made["roofline"]["memory_bandwidth"]["value"], "1.5 GB/s")
        self.assertEqual(made["roofline"]["time_per_op"]["value"], "4 us")
        self.assertEqual(made["measured"][0]["points"], [[1, 0, "8 us"]])

    def test_every_profile_is_complete(self):
        known = boards.Boards()
        self.assertEqual(len({one["name"] for one in known.boards}), len(known.boards))
        for board in known.boards:
            for unit, facts in board["units"].items():
                made = copy.deepcopy(boards.profile(board, unit, len(boards.CAUSES) - 1))
                self.assertGreater(float(made["roofline"]["memory_bandwidth"]["value"].split()[0]), 1e9, board["name"])
                for name, fact in facts.items():
                    if isinstance(fact, dict):
                        self.assertTrue(fact["source"], f"{board['name']} {name}")


if __name__ == "__main__":
    unittest.main()
