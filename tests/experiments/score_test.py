#!/usr/bin/env python3
"""experiments/paper/score: what it says of predictions, and that nothing else opens Jupiter's rows."""
import os
import subprocess
import sys
import tempfile
import unittest

EXPERIMENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "experiments")


class OpenerTest(unittest.TestCase):
    """Only what scores opens Jupiter's rows: nothing can be fitted to them, or follow from them."""

    OPENERS = {os.path.join("bench", "comparison", "score.cc"), os.path.join("experiments", "paper", "score")}
    NAMES = ("paper/jupiter", '"jupiter", "table.csv"', '"/jupiter"', "/frozen/", '"frozen"')

    def test_nobody_else_opens_them(self):
        root = os.path.dirname(EXPERIMENTS)
        openers = set()
        for room in ("kernels", "model", "parallel", "planning", "bench", "experiments", "scripts"):
            for folder, _, files in os.walk(os.path.join(root, room)):
                for name in files:
                    path = os.path.join(folder, name)
                    if name.endswith((".md", ".csv", ".svg")):
                        continue
                    with open(path, encoding="utf-8", errors="replace") as file:
                        text = file.read()
                    if any(known in text for known in self.NAMES):
                        openers.add(os.path.relpath(path, root))
        self.assertEqual(openers, self.OPENERS)


class ScoreTest(unittest.TestCase):
    PREDICTED = ("env,bandwidth_mbps,model,system,reading,e2e_s,low_s,high_s\n"
                 "A,100,m,s,plain,10,8,12\nA,100,m,s,trees,13,11,15\nB,100,m,s,plain,OOM,,\n")

    def score(self, held_out, predicted=PREDICTED):
        with tempfile.TemporaryDirectory() as directory:
            paths = []
            for name, text in (("p.csv", predicted), ("h.csv", held_out)):
                paths.append(os.path.join(directory, name))
                with open(paths[-1], "w", encoding="utf-8") as file:
                    file.write(text)
            done = subprocess.run([sys.executable, os.path.join(EXPERIMENTS, "paper", "score"),
                                   "--predictions", paths[0], "--held-out", paths[1]],
                                  capture_output=True, text=True, check=False)
            return done.returncode, done.stdout, done.stderr

    HEADER = "env,bandwidth_mbps,model,system,e2e_s\n"

    def test_scores(self):
        code, out, _ = self.score(self.HEADER + "A,100,m,S,12.5\nB,100,m,S,OOM\n")
        self.assertEqual(code, 0)
        self.assertIn("-20.0 %", out)  # 10 s predicted in the reading `plain`
        self.assertIn("+4.0 %", out)
        self.assertIn("1 of 1 inside the span", out)
        self.assertIn("1 of 1 out-of-memory", out)

    def test_outside(self):
        code, out, _ = self.score(self.HEADER + "A,100,m,S,16\n")
        self.assertEqual(code, 0)
        self.assertIn("0 of 1 inside the span", out)

    def test_user_errors(self):
        for held_out, message in ((self.HEADER + "A,100,m,other,3\n", "no prediction"),
                                  (self.HEADER + "A,100,m,S,fast\n", "line 2"),
                                  (self.HEADER + "A,100,m,S,3\nA,100,m,S,3\n", "stands here twice"),
                                  (self.HEADER + "A,100,m,S\n", "line 2: expected 5 fields"),
                                  (self.HEADER + "A,100,m,S,3,4\n", "line 2: expected 5 fields"),
                                  (self.HEADER, "no rows"),
                                  ("a,b\n1,2\n", "columns")):
            code, _, err = self.score(held_out)
            self.assertEqual(code, 2)
            self.assertIn(message, err)


if __name__ == "__main__":
    unittest.main()
