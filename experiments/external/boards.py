"""Boards: facts of devices/*.yaml, and the device profiles that follow from them by one law for all.

CAUSES is the order in which the law was mended; a profile is made with the first so many of them.
"""

import os
import re

from needs import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
CAUSES = ["shipped", "compute", "bandwidth", "host", "exchange"]

_UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
# Read and written; on x86 a copy without non-temporal stores first reads what it overwrites as well.
_MOVED = {("memcpy", "arm"): 2, ("memcpy", "x86"): 2, ("c copy", "arm"): 2, ("c copy", "x86"): 3}
# GiB that system and runtime have, as the shipped profiles take them.
_RESERVED = {"arm": 1, "x86": 4, "metal": 4, "vulkan": 4, "cuda": 0.5, "jetson": 2.25}
_TIME_PER_OP = {"arm": 10e-6, "x86": 4e-6, "metal": 5e-6, "vulkan": 10e-6, "cuda": 5e-6}
_QUANTISED = ("q8_0", "q4_0", "q4_K", "q6_K")


def number(text):
    """Of a quantity such as '12.8 GB/s', in base units."""
    value, unit = text.split()
    return float(value) * _UNITS[unit[0] if unit[0] in _UNITS and len(unit) > 1 else ""]


class Boards:
    def __init__(self, folder=os.path.join(HERE, "devices")):
        self.boards = []
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                tree = yaml.safe_load(file)
            for board in tree["boards"]:
                units = {}
                for unit in ("cpu", "gpu"):
                    if unit in tree:
                        units[unit] = {**tree[unit], **board.get(unit, {})}
                self.boards.append({"name": board["name"], "chip": tree["chip"], "match": board["match"], "folder": folder,
                                    "memory": float(board["memory"].split()[0]), "units": units})

    def find(self, text):
        """The first board whose pattern is found in a part of the column `hardware`, or None. In a file, those
        with a memory size stand before those without."""
        return next((b for b in self.boards if re.search(b["match"], text, re.IGNORECASE)), None)

    def find_all(self, hardware):
        """Of 'A + B' both; None for a part that is not known."""
        return [self.find(part) for part in hardware.split(" + ")] if hardware else []


def choose_unit(board, row, software):
    """cpu or gpu, or None and why not: from what the row says, else what the engine takes by itself."""
    text = " ".join((row["threads_power"], row["hardware"], software))
    if re.search(r"GPU/CPU|layers on the GPU", text):
        return None, "two compute units in one device"
    if re.search(r"\bGPU\b|CUDA|Metal|Vulkan", text):
        unit = "gpu"
    elif re.search(r"\bCPU\b", text):
        unit = "cpu"
    else:
        graphics = board["units"].get("gpu", {}).get("class")
        unit = "gpu" if graphics in ("metal", "cuda") and "distributed-llama" not in software else "cpu"
        if unit not in board["units"] and len(board["units"]) == 1:
            unit = next(iter(board["units"]))
    if unit not in board["units"]:
        return None, f"no figures of the {unit.upper()} of {board['name']}"
    return unit, ""


def usable_bytes(board, unit):
    facts = board["units"][unit]
    kind = "jetson" if "shipped" in facts else facts["class"]
    return (board["memory"] - _RESERVED[kind]) * 2**30


def _shipped(name):
    with open(os.path.join(HERE, "..", "devices", name + ".yaml"), encoding="utf-8") as file:
        roofline = yaml.safe_load(file)["roofline"]
    value = {key: number(roofline[key]["value"]) for key in ("memory_bandwidth", "other_rate")}
    value["time_per_op"] = float(roofline["time_per_op"]["value"].split()[0]) * 1e-6
    value["rates"] = {key: number(rate["value"]) for key, rate in roofline["op_rate"].items()}
    value["why"] = f"experiments/devices/{name}.yaml"
    return value


def _of_data_sheet(facts):
    """The assumptions of the shipped profiles (0.6 or 0.75 of the memory's peak, half of f32, 0.4 of
    int8, four fifths for what is widened first) on this board's data sheet."""
    f32 = 0.5 * number(facts["f32_peak"]["value"])
    if "int8_peak" in facts:
        f16, quantised, share = 0.8 * f32, 0.4 * number(facts["int8_peak"]["value"]), 0.6
    else:
        f16 = 0.5 * number(facts["f16_peak"]["value"])
        quantised, share = 0.8 * f16, 0.75
    rates = {"f32": f32, "f16": f16, **{key: quantised for key in _QUANTISED}}
    return {"memory_bandwidth": share * number(facts["memory_peak"]["value"]), "other_rate": f32,
            "time_per_op": _TIME_PER_OP[facts["class"]], "rates": rates, "why": "shares of the data sheet"}


def _mend_compute(facts, made):
    """What products of matrices were measured at, in place of shares of peaks.

    HPL is products of f64; twice its rate is that of f32. Every weight type takes it: ggml's products of
    q4_0, q8_0, f16 and f32 ran within 11 % of each other on an RK3588 (whisper.cpp#89, 34.7 to 38.4
    GFLOP/s), so what sdot gains is lost in unpacking. Without HPL half of the f32 peak stands for it.
    """
    if facts["class"] in ("arm", "x86"):
        rate = 2 * number(facts["hpl"]["value"]) if "hpl" in facts else made["rates"]["f32"]
        made["rates"] = dict.fromkeys(("f32", "f16", *_QUANTISED), rate)
        made["other_rate"] = rate
    if "gemm_f16" in facts:
        f32, f16 = number(facts["gemm_f32"]["value"]), number(facts["gemm_f16"]["value"])
        made["rates"] = {"f32": f32, "f16": f16, **dict.fromkeys(_QUANTISED, 0.8 * f16)}
        made["other_rate"] = f32


def _mend_bandwidth(facts, made):
    """Bytes that a measured copy moves per second, read and written, in place of a share of the peak."""
    if "memory_copy" in facts:
        copy = facts["memory_copy"]
        made["memory_bandwidth"] = number(copy["value"]) * _MOVED[copy["kind"], facts["class"]]


def roofline(board, unit, causes):
    """The numbers of a profile with the first `causes` of CAUSES mended."""
    facts = board["units"][unit]
    made = _shipped(facts["shipped"]) if "shipped" in facts else _of_data_sheet(facts)
    if causes >= CAUSES.index("compute"):
        _mend_compute(facts, made)
    if causes >= CAUSES.index("bandwidth"):
        _mend_bandwidth(facts, made)
    return made


def profile(board, unit, causes):
    """A device profile as experiments/devices/README.md has it. Memory is looked at before, so it is
    ample here. One that jupiter_profile wrote of the board goes before the law."""
    ample = {"value": "4 TiB", "source": "looked at by predict"}
    facts = board["units"][unit]
    if "profile" in facts:
        with open(os.path.join(board["folder"], facts["profile"]), encoding="utf-8") as file:
            return {**yaml.safe_load(file), "memory": {"total": ample, "usable": ample}}
    made = roofline(board, unit, causes)
    why = f"{board['name']} {unit}, experiments/external, causes up to {CAUSES[causes]}"

    def quantity(value, kind):
        return {"value": f"{value:.9g} {kind}", "source": why}

    return {"jupiter_device": 1, "name": board["name"], "memory": {"total": ample, "usable": ample},
            "roofline": {"memory_bandwidth": quantity(made["memory_bandwidth"], "B/s"),
                         "time_per_op": quantity(made["time_per_op"], "s"),
                         "op_rate": {key: quantity(rate, "OP/s") for key, rate in made["rates"].items()},
                         "other_rate": quantity(made["other_rate"], "OP/s")}}
