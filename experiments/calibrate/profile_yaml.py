"""The fitted profile as YAML, and its parameters back from it."""

import math

from errors import rows_of
from fit import is_identifiable
from model import Model, SHAPES
from parameters import PARAMETERS

_BY_NAME = {p.name: p for p in PARAMETERS}

_HEAD = """\
# Written by experiments/calibrate/calibrate; experiments/profiles/README.md says how each value is
# used. Fitted to published baseline rows only.
jupiter_profile: 1
name: {name}
description: {description}
"""

_DESCRIPTIONS = {
    "plain": "fitted to the published baselines, which are taken to decode a token per step and to "
             "move padded buffers",
    "trees": "fitted to the published baselines, which are taken to verify a draft tree per step",
}


def profile_name(reading):
    return "paper-calibrated" if reading == "plain" else f"paper-calibrated-{reading}"


def _source(rows):
    phase = " and ".join(rows.phase.split(" "))
    models = "" if len(rows.models) > 1 else f", {rows.models[0]}"
    return (f"figure.csv, {phase}, {' and '.join(rows.envs)}, {' '.join(rows.systems)}{models}; "
            "table.csv of the same systems")


def _plain_unit(unit):
    return "" if unit in ("1", "row/token") else f" {unit}"


def _quoted(text):
    """None of these texts has a quote or a backslash."""
    return f'"{text}"'


def step_rows(values, model):
    """Rows that a decoding step computes: of a tree, the payload's; model: 7b or 13b."""
    tokens_per_step = values["tokens_per_step"]
    return 1 if tokens_per_step == 1 else round(values[f"decode_rows_{model}"] * tokens_per_step)


class _Writer:
    def __init__(self, reading, fit, relative_errors, bar_errors):
        self.reading = reading
        self.fit = fit
        self.relative = relative_errors
        self.bar_errors = bar_errors
        self.lines = []

    def line(self, depth, text):
        self.lines.append("  " * depth + text)

    def fitted(self, depth, key, name, remark=""):
        parameter = _BY_NAME[name]
        found = rows_of(parameter, self.bar_errors)
        residual = math.sqrt(sum(error ** 2 for _, error in found) / len(found))
        self.line(depth, f"{key}:")
        self.line(depth + 1, f"value: {self.fit.values[name]:.10g}{_plain_unit(parameter.unit)}")
        self.line(depth + 1, f"parameter: {name}")
        self.line(depth + 1, f"meaning: {_quoted(parameter.meaning)}")
        self.line(depth + 1, f"fitted_to: {_quoted(_source(parameter.rows))}")
        self.line(depth + 1, f"standard_error: {100 * self.relative[name]:.1f} %")
        self.line(depth + 1, f"residual: {100 * residual:.1f} %  # rms of the bars it is fitted to")
        verdict = "yes" if is_identifiable(self.fit, self.relative, name) else "no"
        self.line(depth + 1, f"identifiable: {_quoted(verdict + remark)}")

    def fixed(self, depth, key, value, reason):
        self.line(depth, f"{key}:")
        self.line(depth + 1, f"value: {value}")
        self.line(depth + 1, f"fixed: {_quoted(reason)}")

    def devices(self, few_rows):
        self.line(0, "devices:")
        self.line(1, f"name: calibrated-boards-{self.reading}")
        self.line(1, "law: two-regimes")
        self.fixed(1, "bytes_per_weight", 0.5625, "q4_0, 18 bytes for 32 weights")
        self.fixed(1, "few_rows", few_rows,
                   "largest number of rows that streams weights; no published row tells it apart "
                   "between a decoding step and 64 rows (SP's share of a prompt)")
        self.fitted(1, "layer_pass_time", "layer_pass_time",
                    "; merged over boards (own values of Nano and TX2 are not told from 1)")
        self.fitted(1, "split_projection_loss", "split_projection_loss")
        self.fitted(1, "many_row_unpack_bandwidth", "dequantise_bandwidth",
                    ", least of all; its ratio between boards is merged with that of rates")
        self.fitted(1, "many_row_rate", "many_row_rate")
        self.line(1, "boards:")
        for board, key in (("jetson-xavier-nx", "xavier_nx"), ("jetson-tx2", "tx2"),
                           ("jetson-nano", "nano")):
            self.line(2, f"{board}:")
            self.fitted(3, "few_row_bandwidth", f"{key}_stream_bandwidth")
            if key == "xavier_nx":
                self.fixed(3, "slowdown", 1, "the board that the others are compared with")
            else:
                self.fitted(3, "slowdown", f"{key}_slowdown", {
                    "tx2": ", given the plan of EdgeShard in B (in proportion to capacity)",
                    "nano": ""}[key])

    def links(self):
        self.line(0, "links:")
        self.line(1, "name: fitted-goodput")
        self.fitted(1, "efficiency", "link_efficiency",
                    ", if EdgeShard's prefill sends 2 bytes per element once")
        for key in ("latency", "wire_overhead", "host_overhead"):
            self.fixed(1, key, "0 s", "every published system is a line in 1 / bandwidth; half the "
                       "messages of M-LM (DT) take none of its intercept away")
        self.fixed(1, "host_time_per_byte", "0 s/B", "as above; the fit bounds it by 0.1 ns/B")

    def collectives(self):
        self.line(0, "collectives:")
        self.line(1, "name: fitted-volumes")
        self.line(1, "galaxy_overlap: true")
        self.line(1, "volume_factor:")
        self.line(2, "all_gather:")
        self.fitted(3, "prefill", "all_gather_prefill")
        self.fixed(3, "decode", 1, "no published system gathers in decoding")
        self.line(2, "all_reduce:")
        self.fitted(3, "prefill", "all_reduce_prefill")
        self.fitted(3, "decode", "all_reduce_decode",
                    ", if EdgeShard's hops carry the same payload of a step")
        self.line(2, "tile_ring:")
        self.fitted(3, "prefill", "tile_ring_prefill")
        self.fixed(3, "decode", 1, "no published system uses it in decoding")
        self.line(2, "point_to_point:")
        self.fixed(3, "prefill", 1, "not told from links.efficiency, which has it")
        self.fixed(3, "decode", 1, "not told from decoding.payload_rows, which has it")

    def decoding(self, tokens_per_step):
        self.line(0, "decoding:")
        self.line(1, f"name: {self.reading}")
        self.fixed(1, "tokens_per_step", tokens_per_step,
                   "not identifiable: rows tell payload_rows, a quotient, alone")
        self.line(1, "payload_rows:  # per generated token")
        for model in ("7b", "13b"):
            self.fitted(2, f"llama2-{model}", f"decode_rows_{model}")
        self.line(1, "rows:  # of a step, as computed")
        for model in ("7b", "13b"):
            rows = step_rows(self.fit.values, model)
            self.line(2, f"llama2-{model}: {rows}")

    def plans(self):
        self.line(0, "plans:  # of the published runs, as the fit takes them")
        for (env, model), plan in self.fit.plans.items():
            self.line(1, f"- env: {env}")
            self.line(2, f"model: {model.lower()}")
            self.line(2, f"edgeshard_layers: {plan.layers}")
            self.line(2, f"galaxy_heads: {plan.heads}")
            self.line(2, f"galaxy_columns: {plan.columns}")


def few_rows_limits(values):
    """Least and largest number of rows that may stream weights: those of a decoding step, and less
    than the 64 of SP's share of a prompt."""
    return max(step_rows(values, model) for model in ("7b", "13b")), 63


def to_yaml(reading, fit, relative_errors, bar_errors, quality, variant=None):
    """quality: [(key, value)] of the fit as a whole. variant: (name, description, few_rows)."""
    writer = _Writer(reading, fit, relative_errors, bar_errors)
    tokens_per_step = fit.values["tokens_per_step"]
    least, most = few_rows_limits(fit.values)
    name, description = profile_name(reading), _DESCRIPTIONS[reading]
    few_rows = least if tokens_per_step == 1 else most
    if variant:
        name, also, few_rows = variant
        description += f"; {also}"
    writer.devices(few_rows)
    writer.links()
    writer.collectives()
    writer.decoding(tokens_per_step)
    writer.plans()
    writer.line(0, "fit:")
    for key, value in quality:
        writer.line(1, f"{key}: {value}")
    head = _HEAD.format(name=name, description=_quoted(description))
    return head + "\n".join(writer.lines) + "\n"


def fitted_values(tree):
    """{parameter: value in base units} of a parsed profile, tokens_per_step included."""
    values = {"tokens_per_step": float(tree["decoding"]["tokens_per_step"]["value"])}

    def walk(node):
        if isinstance(node, dict):
            if "parameter" in node:
                values[node["parameter"]] = float(str(node["value"]).split(" ")[0])
            for child in node.values():
                walk(child)

    walk(tree)
    return values


def fitted_plans(tree):
    """{(env, model): Plan} of a parsed profile."""
    names = {name.lower(): name for name in SHAPES}
    return {(plan["env"], names[plan["model"]]):
            Model.Plan(plan["edgeshard_layers"], plan["galaxy_heads"], plan["galaxy_columns"])
            for plan in tree["plans"]}
