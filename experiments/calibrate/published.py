"""The published baseline rows: end-to-end seconds (table.csv) and bars (figure.csv)."""

import csv
import itertools
import os
from collections import namedtuple

ENVS = ("A", "B")
MODELS = ("Llama2-7B", "Llama2-13B")
PHASES = ("prefill", "decode")
BASELINES = ("SP", "M-LM", "DT", "Galaxy", "EdgeShard")

# seconds: None where the cell is out of memory. mbps: nominal bandwidth.
Cell = namedtuple("Cell", "env mbps model system seconds")
# ms per prompt token (prefill) or per generated token (decode); uncertainty: 95 % bound of the
# reading by pixel, ms.
Bar = namedtuple("Bar", "env mbps model system phase ms uncertainty")


class DataError(Exception):
    """A file is not what this script may be fitted to."""


def _lines(path, columns):
    """[(where, row)]"""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != columns:
                raise DataError(f"{path}: columns are {reader.fieldnames}, expected {columns}")
            return [(f"{path}: line {reader.line_num}", row) for row in reader]
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: no CSV in UTF-8: {error}") from error


def _rows(path, columns):
    """{cell: (where, row)}"""
    cells = {}
    for where, row in _lines(path, columns):
        if None in row or None in row.values():
            raise DataError(f"{where}: expected {len(columns)} fields")
        if row["system"] not in BASELINES:
            raise DataError(f"{where}: system {row['system']!r}; profiles are fitted to "
                            f"baselines only ({', '.join(BASELINES)})")
        for key, known in (("env", ENVS), ("model", MODELS), ("phase", PHASES)):
            if key in row and row[key] not in known:
                raise DataError(f"{where}: {key} {row[key]!r}; expected {' or '.join(known)}")
        if not row["bandwidth_mbps"].isdigit():
            raise DataError(f"{where}: bandwidth_mbps {row['bandwidth_mbps']!r} is no whole number")
        cell = tuple(row[key] for key in ("env", "bandwidth_mbps", "model", "system", "phase")
                     if key in row)
        if cell in cells:
            raise DataError(f"{where}: {' '.join(cell)} stands here twice")
        cells[cell] = where, row
    return cells


def _expect_all(path, cells, *phases):
    """Of every bandwidth that there is, all cells."""
    for mbps in sorted({cell[1] for cell in cells}, key=int):
        for cell in itertools.product(ENVS, (mbps,), MODELS, BASELINES, *phases):
            if cell not in cells:
                raise DataError(f"{path}: no row for {' '.join(cell)}")
    if not cells:
        raise DataError(f"{path}: no rows")


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
    path = os.path.join(directory, "table.csv")
    rows = _rows(path, columns)
    table = [Cell(row["env"], int(row["bandwidth_mbps"]), row["model"], row["system"],
                  _number(where, row["e2e_s"])) for where, row in rows.values()]
    _expect_all(path, rows)
    return table


def load_bars(directory):
    columns = ["env", "model", "bandwidth_mbps", "phase", "system", "ms_per_token",
               "uncertainty_ms"]
    path = os.path.join(directory, "figure.csv")
    rows = _rows(path, columns)
    bars = []
    for where, row in rows.values():
        ms = _number(where, row["ms_per_token"])
        uncertainty = 0.0 if ms is None else _number(where, row["uncertainty_ms"])
        bars.append(Bar(row["env"], int(row["bandwidth_mbps"]), row["model"], row["system"],
                        row["phase"], ms, uncertainty))
    _expect_all(path, rows, PHASES)
    return bars
