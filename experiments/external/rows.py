"""The rows of a CSV of measurements, and what their metadata alone says of them.

Nothing here reads the column `value`: read() drops it unless scoring asks for it, so a prediction
cannot depend on what was measured.
"""

import csv
import os
import re

UNITS = {"decode_tps": "decode", "decode_ms": "decode", "prefill_tps": "prefill", "prefill_ms": "prefill",
         "ttft_ms": "prefill", "combined_tps": "combined"}
PARTS = ("decode_compute_ms", "decode_sync_ms")
COUNTS = ("sync_kB", "sent_kB", "recv_kB")
MEASURED = ("value", "sd", "n")
# Beside these, rows that differ in none are of one run: its ms and its token/s count once.
_RUN = ("source", "hardware", "devices", "threads_power", "network", "software", "system", "model", "shape",
        "weight_type", "wire_type", "kv_type", "prompt_tokens", "generated_tokens", "context")


class UserError(Exception):
    pass


def default_rows():
    """The set that JUPITER_CLUSTERS names, or that of a folder `shared` above or beside this tree."""
    if os.environ.get("JUPITER_CLUSTERS"):
        return os.environ["JUPITER_CLUSTERS"]
    folder = os.path.dirname(os.path.abspath(__file__))
    path = os.path.join(folder, "shared", "clusters", "development.csv")
    while not os.path.exists(path) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        path = os.path.join(folder, "shared", "clusters", "development.csv")
    return path


def read(path, values=False):
    """Dicts by column, in the order of the file; without the measured columns unless `values`."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [c for c in _RUN + ("id", "metric") if c not in (reader.fieldnames or [])]
            if missing:
                raise UserError(f"{path}: no column {missing[0]}")
            rows = [{k: v or "" for k, v in row.items() if k is not None} for row in reader]
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: no CSV in UTF-8: {error}") from error
    if not rows:
        raise UserError(f"{path}: no rows")
    if not values:
        for row in rows:
            for column in MEASURED:
                row.pop(column, None)
    return rows


def owner(row):
    """Who measured: the owner of the repository, or the whole name of a paper."""
    return row["source"].split("/")[0].lower()


def phase(row):
    """decode, prefill or combined; None for what is no time per token."""
    return UNITS.get(row["metric"])


def devices(row):
    """The number of devices; 0: not stated."""
    return int(row["devices"]) if row["devices"].isdigit() else 0


def run_of(row):
    """What rows of one run and phase have in common."""
    return tuple(row[c] for c in _RUN) + (phase(row),)


def milliseconds(row):
    """Measured ms per token; None where the value is empty or no positive number."""
    try:
        value = float(row["value"])
    except (KeyError, ValueError):
        return None
    if not 0 < value < float("inf"):
        return None
    if row["metric"].endswith("_tps"):
        return 1000 / value
    if row["metric"] in ("prefill_ms", "ttft_ms"):
        tokens = number(row["prompt_tokens"])
        return value / tokens if tokens else None
    return value


def number(text):
    """The first whole number of a text, 0 without one."""
    found = re.search(r"\d+", text)
    return int(found.group()) if found else 0


def lengths(row):
    """(prompt, context in the middle of decoding, generated). What a source does not say is 16 tokens
    of a prompt and 128 of an answer, whatever the row."""
    prompt, generated = number(row["prompt_tokens"]), number(row["generated_tokens"])
    span = [int(n) for n in re.findall(r"\d+", row["context"])]
    if row["context"].startswith("<=") and span:
        middle = span[0] // 2
    elif len(span) == 2:
        middle = sum(span) // 2
    else:
        middle = (prompt or (0 if row["prompt_tokens"] == "0" else 16)) + (generated or 128) // 2
    if phase(row) == "combined":
        middle = prompt + generated // 2
    return prompt, max(1, middle), generated
