"""What a row's metadata says that it is, or why it cannot be predicted: rules fixed before any score.

They are asked in this order, and the first reason counts. None looks at a measured value.
"""

import re

import models
import rows
from boards import choose_unit, usable_bytes

_POSITIONS = 8192  # of the model files that are written here
_OTHER_MODELS = re.compile(r"Gemma|Qwen3|-A\d+B|Mixtral|MoE|[Pp]hi|Mamba|DeepSeek-V|gpt-oss")


class Case:
    """A row that can be predicted: everything that the emulator asks."""

    def __init__(self, row):
        self.row = row
        self.phase = rows.phase(row)
        self.prompt, self.middle, self.generated = rows.lengths(row)
        self.nodes = rows.devices(row)
        self.engine = self.shape = self.scheme = self.link = None
        self.boards = []  # by rank
        self.units = []
        self.assumed_host = ""  # where no link says what a message costs at either end

    def model(self):
        return self.shape, self.scheme, self.engine, models.is_qwen2(self.row["model"])


def _metric(case, _):
    metric = case.row["metric"]
    if metric in rows.PARTS:
        return "part of a run's time; its total counts"
    if metric in rows.COUNTS:
        return "counts bytes"
    return "" if case.phase else "no time per token"


def _software(case, engines):
    software = case.row["software"]
    if not software:
        return "software not stated"
    reason = engines.unsupported(software)
    if reason:
        return reason
    case.engine = engines.find(software)
    if case.engine and case.row["wire_type"]:
        case.engine["wire"] = "f32" if case.row["wire_type"].startswith("f32") else "q8_0"
    return "" if case.engine else "unknown engine"


def _model(case, _):
    row = case.row
    if row.get("suite_model", "").startswith("not supported") or _OTHER_MODELS.search(row["model"]):
        return "model or mode that the suite does not run"
    case.shape = models.parse_shape(row["shape"])
    if not case.shape:
        return "no shape of the model"
    case.scheme = models.parse_weights(row["weight_type"], row["model"])
    if not case.scheme:
        return "weight type not stated or not in the suite"
    if not models.divisible(case.shape, case.scheme):
        return "K-quants of rows without whole blocks: llama.cpp takes types that the suite lacks"
    if case.phase in ("prefill", "combined") and not case.prompt:
        return "length of the prompt not stated"
    return "too long a context" if max(case.prompt, case.middle) + 8 > _POSITIONS else ""


def _system(case, _):
    system = case.row["system"]
    if not case.nodes or system not in ("local", "edgeshard", "megatron"):
        return "number of devices or system not stated"
    if (case.nodes == 1) != (system == "local"):
        return "one device behind a network of its own"
    if system == "megatron" and (case.shape["kv_heads"] % case.nodes or case.shape["ff"] % (32 * case.nodes)):
        return "more nodes than heads, or uneven shares"
    return "the engine does not split like that" if system == "megatron" and "exchange" not in case.engine else ""


def _boards(case, known):
    found = known.find_all(case.row["hardware"])
    if len(found) == 1:
        found = found * case.nodes
    if not found or None in found or len(found) != case.nodes:
        return "unknown board"
    for board in found:
        unit, reason = choose_unit(board, case.row, case.row["software"])
        if not unit:
            return reason
        case.units.append(unit)
    case.boards = found
    return ""


def _network(case, engines):
    if case.nodes == 1:
        return ""
    case.link = engines.link(case.row["network"])
    return "" if case.link else "speed of the network not stated"


def _memory(case, _):
    total = models.weight_bytes(case.shape, case.scheme, case.engine)
    for board, unit in zip(case.boards, case.units):
        if total / case.nodes > usable_bytes(board, unit):
            return "weights do not fit in memory"
    return ""


def assess(row, known, engines):
    """(Case, "") or (Case as far as it goes, reason)."""
    case = Case(row)
    for rule, data in ((_metric, None), (_software, engines), (_model, None), (_system, None), (_boards, known),
                       (_network, engines), (_memory, None)):
        reason = rule(case, data)
        if reason:
            return case, reason
    return case, ""


def assess_bytes(row, engines):
    """A Case of a row that counts the root's bytes of a token, or None: it needs no board."""
    case = Case(row)
    if row["metric"] not in rows.COUNTS or row["system"] != "megatron" or case.nodes < 2:
        return None
    return None if _software(case, engines) or _model(case, None) or _system(case, None) else case


def one_node(case, cases):
    """The id of the row that measured one node of this case, or ''."""
    if case.nodes == 1:
        return ""
    same = ("source", "software", "model", "weight_type")
    for other in cases:
        if (other.nodes == 1 and other.phase == case.phase and other.boards[0]["name"] == case.boards[0]["name"]
                and all(other.row[c] == case.row[c] for c in same)):
            return other.row["id"]
    return ""
