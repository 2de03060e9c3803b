"""Tier 1: one factor per engine family, phase and instruction class, of measured / emulated on other boards.

factors.csv has the log of that ratio by chip and owner, made by `factors` from single-device rows. A chip's
factor is the median over the other chips of the median over their owners; with fewer than two other chips
there is none. Boards with one chip are one board here: a Raspberry Pi 400 says nothing new of a Pi 4.
"""

import csv
import math
from statistics import median

from rows import UserError

COLUMNS = ["family", "phase", "unit", "class", "instructions", "chip", "owner", "log_ratio", "rows"]
# How fine an instruction class is. `bound`, which counts, follows the roofline of tier 0: where arithmetic binds
# (prefill), what the instructions do to bytes; where memory binds (decoding) they do nothing, and any CPU is one
# class. The others are there to be compared: arm, x86, cuda, metal, vulkan; neon, dotprod, i8mm, avx2 ...
GRAINS = ["bound", "class", "instructions"]
# Products of bytes: by sdot and smmla, by AVX, or by none.
_PRODUCTS = {"neon": "no dot products", "dotprod": "dot products", "i8mm": "dot products", "avx2": "avx",
             "avx512": "avx"}


def class_of(kind, phase, grain):
    """The instruction class of a board (`kind`: its unit, class and instructions) in a phase."""
    if grain != "bound":
        return kind[grain]
    if kind["unit"] == "gpu":
        return kind["class"]
    return "cpu" if phase == "decode" else _PRODUCTS[kind["instructions"]]


def load(path):
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != COLUMNS:
                raise UserError(f"{path}: expected columns {','.join(COLUMNS)}")
            return [{**row, "log_ratio": float(row["log_ratio"])} for row in reader]
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error


def factor(table, family, phase, kind, chip, grain="bound", owner=""):
    """(factor, number of other chips), or (None, that number) where fewer than two others have rows.
    `kind` has unit, class and instructions of the board. Rows of `owner` are left out, too."""
    by_chip = {}
    for row in table:
        if (row["family"] == family and row["phase"] == phase and row["chip"] != chip
                and class_of(row, phase, grain) == class_of(kind, phase, grain) and (not owner or row["owner"] != owner)):
            by_chip.setdefault(row["chip"], []).append(row["log_ratio"])
    if len(by_chip) < 2:
        return None, len(by_chip)
    return math.exp(median(median(logs) for logs in by_chip.values())), len(by_chip)


def make(predictions, measured):
    """Rows of factors.csv, of predictions (dicts of predictions.csv) and {id: measured ms}. One device, one
    phase; each run once."""
    groups, seen = {}, set()
    for row in predictions:
        if row["reason"] or row["nodes"] != "1" or row["phase"] == "combined" or row["run"] in seen:
            continue
        if measured.get(row["id"]) is None:
            continue
        seen.add(row["run"])
        key = tuple(row[c] for c in COLUMNS[:7])
        groups.setdefault(key, []).append(math.log(measured[row["id"]] / float(row["tier0_ms"])))
    return [{**dict(zip(COLUMNS, key)), "log_ratio": f"{median(logs):.4f}", "rows": len(logs)}
            for key, logs in sorted(groups.items())]
