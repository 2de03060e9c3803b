"""The published baseline rows: end-to-end seconds (table.csv) and bars (figure.csv)."""

import csv
import os
from collections import namedtuple

BASELINES = ("SP", "M-LM", "DT", "Galaxy", "EdgeShard")

# seconds: None where the cell is out of memory. mbps: nominal bandwidth.
Cell = namedtuple("Cell", "env mbps model system seconds")
# ms per prompt token (prefill) or per generated token (decode); uncertainty: 95 % bound of the
# reading by pixel, ms.
Bar = namedtuple("Bar", "env mbps model system phase ms uncertainty")


class DataError(Exception):
    """A file is not what this script may be fitted to."""


def _rows(path, columns):
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != columns:
            raise DataError(f"{path}: columns are {reader.fieldnames}, expected {columns}")
        for row in reader:
            where = f"{path}: line {reader.line_num}"
            if row["system"] not in BASELINES:
                raise DataError(f"{where}: system {row['system']!r}; profiles are fitted to "
                                f"baselines only ({', '.join(BASELINES)})")
            yield where, row


def _number(where, text):
    if text == "OOM":
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value > 0:
        raise DataError(f"{where}: {text!r} is neither a positive number nor OOM")
    return value


def load_table(directory):
    columns = ["env", "bandwidth_mbps", "model", "system", "e2e_s"]
    return [Cell(row["env"], int(row["bandwidth_mbps"]), row["model"], row["system"],
                 _number(where, row["e2e_s"]))
            for where, row in _rows(os.path.join(directory, "table.csv"), columns)]


def load_bars(directory):
    columns = ["env", "model", "bandwidth_mbps", "phase", "system", "ms_per_token",
               "uncertainty_ms"]
    bars = []
    for where, row in _rows(os.path.join(directory, "figure.csv"), columns):
        ms = _number(where, row["ms_per_token"])
        uncertainty = 0.0 if ms is None else _number(where, row["uncertainty_ms"])
        bars.append(Bar(row["env"], int(row["bandwidth_mbps"]), row["model"], row["system"],
                        row["phase"], ms, uncertainty))
    return bars
