#!/usr/bin/env python3
"""The fitted profile: its data, its closed form against a replay, and that the fit gives it."""

import csv
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
EXPERIMENTS = os.path.join(HERE, "..", "..", "experiments")
PUBLISHED = os.path.join(EXPERIMENTS, "paper", "published")
PROFILES = os.path.join(EXPERIMENTS, "profiles")
sys.path[:0] = [os.path.join(EXPERIMENTS, "calibrate"), HERE]

try:
    import numpy  # noqa: F401
    import scipy  # noqa: F401
    import yaml
except ImportError as error:
    print(f"calibrate_test: skipped, {error} (scripts/setup --extras calibrate)")
    sys.exit(77)

import errors  # noqa: E402
import published  # noqa: E402
import replay  # noqa: E402
from fit import Problem, identifiability  # noqa: E402
from model import BOARDS, PROMPT, RANKS, SHAPES, Model, proportional  # noqa: E402
from parameters import PARAMETERS, READINGS  # noqa: E402
from profile_yaml import fitted_plans, fitted_values, profile_name  # noqa: E402


def committed(reading):
    path = os.path.join(PROFILES, profile_name(reading) + ".yaml")
    with open(path, encoding="utf-8") as file:
        tree = yaml.safe_load(file)
    return fitted_values(tree), fitted_plans(tree)


def committed_model(reading, overlap=True):
    return Model(*committed(reading), overlap=overlap)


class DataTest(unittest.TestCase):
    def test_baselines_only(self):
        table, bars = published.load_table(PUBLISHED), published.load_bars(PUBLISHED)
        self.assertEqual((len(table), len(bars)), (60, 80))
        self.assertEqual({row.system for row in table + bars}, set(published.BASELINES))
        self.assertEqual([c for c in table if c.seconds is None],
                         [c for c in table if c.system == "SP" and c.model == "Llama2-13B"])

    def refused(self, name, line):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(PUBLISHED, name), encoding="utf-8") as file:
                header = file.readline()
            with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
                file.write(header + line + "\n")
            with self.assertRaises(published.DataError) as caught:
                published.load_table(directory)
            return str(caught.exception)

    def test_other_rows_are_refused(self):
        self.assertIn("line 2: system 'Jupiter'",
                      self.refused("table.csv", "A,100,Llama2-7B,Jupiter,1.0"))
        for line, message in (("A,100,Llama2-7B,SP,-3", "neither a positive number"),
                              ("C,100,Llama2-7B,SP,3", "env 'C'; expected A or B"),
                              ("A,100,Llama2-70B,SP,3", "model 'Llama2-70B'; expected"),
                              ("A,fast,Llama2-7B,SP,3", "bandwidth_mbps 'fast' is no whole number"),
                              ("A,100,Llama2-7B,SP", "line 2: expected 5 fields"),
                              ("A,100,Llama2-7B,SP,3\nA,100,Llama2-7B,SP,4", "line 3: A 100"),
                              ("A,100,Llama2-7B,SP,3", "no row for A 100 Llama2-7B M-LM")):
            self.assertIn(message, self.refused("table.csv", line))


class ClosedFormTest(unittest.TestCase):
    """Against a replay of every message, in B too, where ranks are out of step."""

    def setUp(self):
        self.model = committed_model("plain")

    def whole(self, env, programs, expected):
        self.assertAlmostEqual(replay.replay(programs) / expected, 1, places=9)

    def test_tensor_parallel(self):
        for env in BOARDS:
            for phase, rows in (("prefill", PROMPT), ("decode", 0)):
                for name, shape in SHAPES.items():
                    self.check_tensor(env, name, shape, phase, rows)

    def check_tensor(self, env, name, shape, phase, rows):
        model = self.model
        elements = PROMPT * shape.hidden if rows else model.step_elements(name, shape)
        message = model.wire(elements / 4, 500, model.values[f"all_reduce_{phase}"])
        for system in ("M-LM", "DT"):
            programs = [[] for _ in range(RANKS)]
            for _ in range(shape.layers):
                for rank, board in enumerate(BOARDS[env]):
                    attention = (sum(model.projections(model.boards[board], shape, rows, 0.25)) +
                                 model.boards[board].pass_s)
                    mlp = sum(model.mlp(model.boards[board], shape, rows, 0.25))
                    programs[rank].append(("op", attention))
                    if system == "M-LM":
                        replay.all_reduce(programs[rank], rank, RANKS, message)
                    programs[rank].append(("op", mlp))
                    replay.all_reduce(programs[rank], rank, RANKS, message)
            self.whole(env, programs, model.seconds(env, 500, name, system, phase))

    def test_sequence_parallel(self):
        model = self.model
        for env in BOARDS:
            shape = SHAPES["Llama2-7B"]
            message = model.wire(PROMPT // 4 * shape.hidden, 100,
                                 model.values["all_gather_prefill"])
            programs = [[] for _ in range(RANKS)]
            for _ in range(shape.layers):
                for rank, board in enumerate(BOARDS[env]):
                    before = 3 * model.projections(model.boards[board], shape, PROMPT // 4, 1)[1]
                    programs[rank].append(("op", before))
                    replay.all_gather(programs[rank], rank, RANKS, message)
                    replay.all_gather(programs[rank], rank, RANKS, message)
                    rest = model.layer(board, shape, PROMPT // 4) - before
                    programs[rank].append(("op", rest))
            closed = model.seconds(env, 100, "Llama2-7B", "SP", "prefill")
            self.assertAlmostEqual(replay.replay(programs) / closed, 1, places=9)

    def test_galaxy(self):
        for overlap in (True, False):
            model = committed_model("plain", overlap)
            for env in BOARDS:
                for mbps in (100, 1000):
                    self.check_galaxy(model, env, mbps)

    def check_galaxy(self, model, env, mbps):
        name, shape = "Llama2-13B", SHAPES["Llama2-13B"]
        plan = model.plans[env, name]
        message = model.wire(PROMPT // 4 * shape.hidden, mbps, model.values["tile_ring_prefill"])
        programs = [[] for _ in range(RANKS)]
        for _ in range(shape.layers):
            for rank, board in enumerate(BOARDS[env]):
                own = model.boards[board]
                rows = PROMPT // RANKS if model.overlap else PROMPT
                blocks = (model.projections(own, shape, rows, plan.heads[rank] / shape.heads),
                          model.mlp(own, shape, rows, plan.columns[rank] / shape.ffn))
                for (before, behind), fixed in zip(blocks, (own.pass_s, 0)):
                    self.galaxy_block(programs[rank], rank, message, before, behind, fixed,
                                      model.overlap)
        self.whole(env, programs, model.seconds(env, mbps, name, "Galaxy", "prefill"))

    def galaxy_block(self, program, rank, message, before, behind, fixed, overlap):
        if overlap:
            replay.gather_and_multiply(program, rank, RANKS, message, before)
            program.append(("op", fixed))
            replay.multiply_and_scatter(program, rank, RANKS, message, behind)
            return
        replay.all_gather(program, rank, RANKS, message)
        program.append(("op", before + behind + fixed))
        replay.all_gather(program, rank, RANKS, message)

    def test_shares(self):
        self.assertEqual(proportional(10, [1, 1, 1]), [4, 3, 3])
        self.assertEqual(proportional(7, [5, 1, 1]), [5, 1, 1])
        self.assertEqual(sum(proportional(344, [3.3, 1.9, 1.9, 0.7])), 344)


class CommittedTest(unittest.TestCase):
    """Of both readings: what is committed is what the fit gives, and keeps its bars."""

    @classmethod
    def setUpClass(cls):
        cls.table = published.load_table(PUBLISHED)
        cls.bars = published.load_bars(PUBLISHED)

    def test_fit_gives_the_committed_values(self):
        for reading, tokens in READINGS.items():
            values, plans = committed(reading)
            problem = Problem(self.table, self.bars, {"tokens_per_step": tokens},
                              plan=lambda model, env, name, held=plans: held[env, name])
            fit = problem.solve()  # from the first guess
            for name in fit.names:
                self.assertAlmostEqual(fit.values[name] / values[name], 1, delta=1e-3,
                                       msg=f"{reading} {name}")
            rank, condition, _ = identifiability(fit)
            self.assertEqual(rank, len(PARAMETERS))
            self.assertLess(condition, 100)
            self.assertLessEqual(len(fit.names), 24)

    def test_plans_are_near_those_of_the_values(self):
        for reading in READINGS:
            model = committed_model(reading)
            for (env, name), plan in model.plans.items():
                own = model.plan(env, name)
                for mine, held in zip(own.layers + own.heads, plan.layers + plan.heads):
                    self.assertLessEqual(abs(mine - held), 1)

    def test_errors_and_ranks(self):
        for reading in READINGS:
            model = committed_model(reading)
            cells = errors.cell_errors(model, self.table)
            self.assertLess(errors.largest(cells), 0.08)
            self.assertLess(errors.middle(cells), 0.02)
            for bar, error in errors.bar_errors(model, self.bars):
                limit = 0.30 if errors.is_galaxy_prefill(bar) else 0.15
                self.assertLess(abs(error), limit, bar)
            self.assertEqual(errors.misplaced(model, self.table), ([], 12))

    def test_check_tables_are_of_these_values(self):
        models = {reading: committed_model(reading) for reading in READINGS}
        with open(os.path.join(PROFILES, "closed-form.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 2 * (2 * 2 + 2 * 3 * 2 * 5 * 2))
        for row in rows:
            model = models[row["reading"]]
            if row["system"] == "local":
                seconds = model.local(row["model"], row["phase"])
            else:
                seconds = model.seconds(row["env"], int(row["bandwidth_mbps"]), row["model"],
                                        row["system"], row["phase"])
            self.assertAlmostEqual(float(row["seconds"]) / seconds, 1, places=7)

    def test_terms_add_up_to_a_cell(self):
        with open(os.path.join(PROFILES, "terms.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
        for reading, tokens in READINGS.items():
            model = committed_model(reading)
            for phase in ("prefill", "decode"):
                own = [r for r in rows if (r["reading"], r["phase"]) == (reading, phase)]
                whole = sum(int(r["count"]) * float(r["seconds_each"]) for r in own
                            if r["term"] != "sum")
                steps = tokens if phase == "decode" else 1
                self.assertAlmostEqual(
                    whole / steps / model.seconds("A", 100, "Llama2-7B", "M-LM", phase), 1,
                    places=7)


if __name__ == "__main__":
    unittest.main()
