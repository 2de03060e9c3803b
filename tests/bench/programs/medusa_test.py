"""Trains draft heads with jupiter_medusa as a user would, and gives it what it must refuse.
"""
import argparse
import json
import os
import re
import struct
import sys
import tempfile

import program_lib

TINY = ["--model", "synthetic:tiny"]
QUICK = ["--drawn", 8, "--greedy", 24, "--positions", 600, "--held-out", 200, "--epochs", 2,
         "--minibatch", 32, "--heads", 2]


def read(path, mode="r"):
    with open(path, mode) as file:
        return file.read()


def tensor_names(path):
    """Of a safetensors file, with their shapes."""
    data = read(path, "rb")
    header = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])
    return {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}


def training(options, folder):
    """Heads and acceptance are written, are the same again, and are measured as they were."""
    session = program_lib.Session(options, folder)
    tree = session.path("tree.yaml")
    with open(tree, "w", encoding="utf-8") as file:
        file.write("[[0], [1], [0, 0]]\n")
    first, again = session.path("first.safetensors"), session.path("again.safetensors")
    one = session.call(options.medusa, [*TINY, *QUICK, "--own-output", "--tree", tree, "--out", first])
    session.call(options.medusa, [*TINY, *QUICK, "--own-output", "--out", again, "--threads", 2,
                                  "--sequences", 5])
    session.check(read(first, "rb") == read(again, "rb"), "heads differ")
    session.check(read(session.path("first.json")) == read(session.path("again.json")),
                  "acceptance differs")
    session.check(tensor_names(first)["1.1.weight"][1] == tensor_names(first)["1.0.linear.bias"][0],
                  "no output matrix")
    acceptance = json.loads(read(session.path("first.json")))
    session.check(acceptance["jupiter_acceptance"] == 1 and acceptance["heads"] == 2 and
                  [len(head) for head in acceptance["probability"]] == [acceptance["ranks"]] * 2 and
                  acceptance["positions"] > 0, f"acceptance {acceptance}")
    for line in [r"^held-out text: \d+ positions", r"^likeliest tree: \d+ nodes", r"^\S*tree\.yaml: 3 nodes"]:
        session.check(re.search(line, one.out, re.MULTILINE), f"stdout has no {line}")
    for line in [r"^training text .*100 %", r"^training .*100 % \(loss \d"]:
        session.check(re.search(line, one.err, re.MULTILINE), f"stderr has no {line}")
    measured = session.call(options.medusa, [*TINY, *QUICK[:4], "--held-out", 200, "--measure", first])
    session.check("likeliest tree" in measured.out, "nothing measured")
    return "training", session.problems, session.details


def prompts(options, folder):
    """Prompts of a file, and an output matrix that is the model's."""
    session = program_lib.Session(options, folder)
    path = session.path("prompts.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(f"Prompt number {i}" for i in range(12)))
    out = session.path("tied.safetensors")
    session.call(options.medusa, [*TINY, *QUICK, "--prompts", path, "--blocks", 2, "--out", out,
                                  "--acceptance", session.path("other.json"), "--type", "f32"])
    session.check(sorted(tensor_names(out)) == sorted(
        f"{head}.{block}.linear.{part}" for head in range(2) for block in range(2)
        for part in ["weight", "bias"]), f"tensors {tensor_names(out)}")
    session.check(os.path.exists(session.path("other.json")), "no acceptance")
    return "prompts", session.problems, session.details


def refusal(name, flags, say):
    def check(options, folder):
        before = sorted(os.listdir(folder))
        result = program_lib.run([options.medusa, *flags], timeout=options.timeout)
        problems = result.problems(2)
        lines = result.err.splitlines()
        if len(lines) != 1 or not lines[0].startswith("jupiter: error: ") or not re.search(say, lines[0]):
            problems.append(f"stderr is not one line with {say}")
        if result.out:
            problems.append("something on stdout")
        if sorted(os.listdir(folder)) != before:
            problems.append("a file was left")
        return f"refusal: {name}", problems, result.show()
    return check


def damaged_heads(folder):
    """Files that are no heads for the tiny model, with what must be said of them."""
    def write(name, tensors, cut=0):
        header, data = {}, b""
        for tensor, shape in tensors.items():
            size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
            header[tensor] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + size]}
            data += b"\0" * size
        text = json.dumps(header).encode()
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write((struct.pack("<Q", len(text)) + text + data)[:-cut or None])
        return path

    narrow = {"0.0.linear.weight": [32, 32], "0.0.linear.bias": [32]}
    yield write("narrow", narrow), r"narrow: .*32.*another model"
    yield write("truncated", narrow, 5), r"truncated: .*truncated"
    yield write("names", {"lm_head.weight": [4, 4]}), r"names: .*lm_head\.weight.*Medusa"
    yield write("gap", {f"{head}.0.linear.{part}": shape for head in [0, 2]
                        for part, shape in [("weight", [32, 32]), ("bias", [32])]}), r"gap: .*no head 1"


def without(flags, flag):
    """Flags with values, but for this one."""
    pairs = zip(flags[::2], flags[1::2])
    return [word for pair in pairs if pair[0] != flag for word in pair]


def cases(folder):
    out = os.path.join(folder, "never.safetensors")
    base = [*TINY, *QUICK, "--out", out]
    yield from [training, prompts]
    yield refusal("no model", ["--out", out], r"--model")
    yield refusal("missing model", ["--model", "/nonexistent/m.gguf", "--out", out], r"/nonexistent/m\.gguf")
    yield refusal("no output", TINY, r"--out FILE.*--measure")
    yield refusal("measure and train", [*base, "--measure", out], r"--out .* with --measure: nothing is trained")
    yield refusal("same files", [*base, "--acceptance", out], r"--out and --acceptance")
    yield refusal("missing heads", [*TINY, "--measure", "/nonexistent/h"], r"/nonexistent/h")
    for path, say in damaged_heads(folder):
        yield refusal(f"heads {os.path.basename(path)}", [*TINY, "--measure", path], say)
    tree = os.path.join(folder, "orphan.yaml")
    with open(tree, "w", encoding="utf-8") as file:
        file.write("[[0], [1, 0]]\n")
    empty = os.path.join(folder, "empty.txt")
    with open(empty, "w", encoding="utf-8") as file:
        file.write("\n")
    for flag, wrong, say in [
            ("--out", "/nonexistent/h.safetensors", r"/nonexistent/h\.safetensors.*written"),
            ("--acceptance", "/nonexistent/a.json", r"/nonexistent/a\.json.*written"),
            ("--heads", 0, r"--heads is 0, expected 1 to 16"), ("--heads", 17, r"--heads is 17"),
            ("--blocks", 0, r"--blocks is 0, expected 1 to"), ("--ranks", 0, r"--ranks is 0"),
            ("--nodes", 5000, r"--nodes is 5000"), ("--positions", 0, r"--positions is 0"),
            ("--held-out", -3, r"--held-out is -3"), ("--epochs", "nan", r"--epochs is nan"),
            ("--rate", -1, r"--rate is -1"), ("--minibatch", 0, r"--minibatch is 0"),
            ("--threads", 0, r"--threads is 0"), ("--sequences", 0, r"--sequences is 0"),
            ("--seed", -1, r"--seed -1: expected a whole number from 0"),
            ("--seed", 2**64, rf"--seed {2**64}: expected a whole number from 0 to {2**64 - 1}"),
            ("--temperature", "nan", r"--temperature.*nan"),
            ("--drawn", -1, r"--drawn is -1"), ("--greedy", 5, r"--greedy is 5, expected 18"),
            ("--greedy", 1020, r"--greedy 1020 .*1024"), ("--type", "q8_0", r"--type q8_0.*f32 or f16"),
            ("--quantize", "q5_0", r"--quantize q5_0.*q8_0"), ("--device", "tpu", r"tpu.*cpu"),
            ("--device", "recording", r"recording computes nothing"),
            ("--prompts", "/nonexistent/p.txt", r"--prompts /nonexistent/p\.txt"),
            ("--prompts", empty, r"empty\.txt.*no prompts"),
            ("--tree", tree, r"orphan\.yaml.*\[1, 0\]"), ("--tree", "/nonexistent/t", r"/nonexistent/t"),
            ("--tokenizer", "/nonexistent/tok.bin", r"/nonexistent/tok\.bin"),
            ("--head", 3, r"--head")]:
        yield refusal(f"{flag} {os.path.basename(str(wrong))}", [*without(base, flag), flag, wrong], say)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--medusa", default="jupiter_medusa", help="the program jupiter_medusa")
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jupiter-medusa-") as folder:
        # One after the other: a refusal must leave the folder as it was.
        good = program_lib.check_all(list(cases(folder)), lambda case: case(options, folder), 1)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
