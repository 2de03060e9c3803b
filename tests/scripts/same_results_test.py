#!/usr/bin/env python3
"""scripts/same_results: what counts as a change, and how it is told."""
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts")
COMPARE = os.path.join(SCRIPTS, "lib", "compare_results.py")

HASHES = "add/4x77 75ac\nmath b25a\n"
ROWS = """\
{"suite":"paper","env":"env-a","bandwidth_mbps":100,"model":"m","system":"local","policy":"plain",\
"e2e_s":1.5,"per_rank":[{"kv":7},{"kv":8}]}
{"suite":"paper","env":"env-a","bandwidth_mbps":1000,"model":"m","system":"local","policy":"plain",\
"e2e_s":null,"per_rank":[]}
"""
GREEDY = "m bin local np 1: 4 5 6\nm bin jupiter np 2: 4 5 6\n"


class Compare(unittest.TestCase):
    def compare(self, new, *flags):
        """(exit code, lines) of a comparison with the texts above, some replaced."""
        old = {"hashes": HASHES, "rows": ROWS, "greedy": GREEDY}
        with tempfile.TemporaryDirectory() as folder:
            for side, texts in [("old", old), ("new", {**old, **new})]:
                os.mkdir(os.path.join(folder, side))
                for part, text in texts.items():
                    with open(os.path.join(folder, side, part), "w", encoding="utf-8") as file:
                        file.write(text)
            result = subprocess.run([sys.executable, COMPARE, *flags, "base", os.path.join(folder, "old"),
                                     os.path.join(folder, "new"), "hashes", "rows", "greedy"],
                                    capture_output=True, text=True, check=False)
        self.assertEqual(result.stderr, "")
        return result.returncode, result.stdout.splitlines()

    def test_the_same(self):
        self.assertEqual(self.compare({}), (0, [
            "SAME as base: 0 of 2 hashes, 0 of 17 numbers of rows, 0 of 2 greedy texts differ"]))

    def test_another_hash_and_a_new_one(self):
        code, lines = self.compare({"hashes": "add/4x77 0000\nmath b25a\nsoftmax 1234\n"})
        self.assertEqual(code, 1)
        self.assertEqual(lines[:2], ["hashes add/4x77: 75ac -> 0000", "hashes softmax: (none) -> 1234"])
        self.assertEqual(lines[2], "CHANGED since base: 1 of 3 hashes, 0 of 17 numbers of rows, "
                                   "0 of 2 greedy texts differ; new: 1 hashes")

    def test_rows_go_by_their_cell(self):
        first, second = ROWS.splitlines(keepends=True)
        self.assertEqual(self.compare({"rows": second + first})[0], 0)
        code, lines = self.compare({"rows": first.replace('"kv":8', '"kv":9') + second.replace("null", "2")})
        self.assertEqual(code, 1)
        self.assertEqual(lines[:-1], ["rows paper/env-a/100/m/local/plain per_rank[1].kv: 8 -> 9",
                                      "rows paper/env-a/1000/m/local/plain e2e_s: null -> 2"])

    def test_a_row_that_is_gone_or_there_twice(self):
        first, second = ROWS.splitlines(keepends=True)
        _, lines = self.compare({"rows": first})
        self.assertIn("rows paper/env-a/1000/m/local/plain e2e_s: null -> (none)", lines)
        _, lines = self.compare({"rows": first + second + second})
        self.assertIn("rows paper/env-a/1000/m/local/plain #2 e2e_s: (none) -> null", lines)

    def test_where_texts_part(self):
        code, lines = self.compare({"greedy": "m bin local np 1: 4 5 7\nm bin jupiter np 2: 4 5\n"})
        self.assertEqual(code, 1)
        self.assertEqual(lines[:2], ["greedy m bin local np 1: token 2 is 6 -> token 2 is 7",
                                     "greedy m bin jupiter np 2: token 2 is 6 -> 2 tokens"])

    def test_a_run_that_fails_is_a_change(self):
        _, lines = self.compare({"greedy": GREEDY.replace("np 2: 4 5 6", "np 2: exit code 2: no model")})
        self.assertEqual(lines[0], "greedy m bin jupiter np 2: 4 5 6 -> exit code 2: no model")

    def test_says_what_was_left_out(self):
        _, lines = self.compare({}, "--left-out=rows (--quick)")
        self.assertTrue(lines[-1].endswith("differ; left out: rows (--quick)"), lines[-1])


class BadInput(unittest.TestCase):
    def refusal(self, *arguments):
        result = subprocess.run([os.path.join(SCRIPTS, "same_results"), *arguments],
                                capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        return result.stderr

    def test_says_what_is_wrong(self):
        self.assertIn("give the commit", self.refusal())
        self.assertIn("'no-such-commit'", self.refusal("no-such-commit"))
        self.assertIn("'--fast'", self.refusal("--fast", "HEAD"))
        self.assertIn("one commit", self.refusal("HEAD", "HEAD"))


if __name__ == "__main__":
    unittest.main()
