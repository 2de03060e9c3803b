"""Other models of the same rows, to show what the rows decide and what they leave open."""

from fit import Problem, standard_errors
from model import BOARDS, Model, SHAPES


def _equal_layers(model, env, name):
    plan = model.plan(env, name)
    return plan._replace(layers=[SHAPES[name].layers // 4] * 4)


def _one_layer_on_slow_boards(model, env, name):
    plan = model.plan(env, name)
    slow = [board != "xavier_nx" for board in BOARDS[env]]
    if not any(slow):
        return plan
    return plan._replace(layers=[1 if s else SHAPES[name].layers - sum(slow) for s in slow])


# (what, arguments of Problem, the parameter whose value is of interest)
ALTERNATIVES = (
    ("as fitted", {}, None),
    ("attention not split at all", {"fixed": {"split_projection_loss": 1.0}}, None),
    ("products split ideally, a cost per input element instead",
     {"fixed": {"split_projection_loss": 0.0}, "extra": ("activation_time",)}, "activation_time"),
    ("products split ideally, nothing instead", {"fixed": {"split_projection_loss": 0.0}}, None),
    ("host staging per byte of an all-reduce", {"extra": ("staging_time",)}, "staging_time"),
    ("0.1 ns of it", {"fixed": {"staging_time": 1e-10}}, None),
    ("1 ns of it", {"fixed": {"staging_time": 1e-9}}, None),
    ("the Nano's own time per layer and pass", {"extra": ("nano_pass_ratio",)}, "nano_pass_ratio"),
    ("the TX2's own time per layer and pass", {"extra": ("tx2_pass_ratio",)}, "tx2_pass_ratio"),
    ("one slowdown of the TX2 for everything",
     {"fixed": {"tx2_stream_bandwidth": lambda v: v["xavier_nx_stream_bandwidth"] /
                v["tx2_slowdown"]}}, "tx2_slowdown"),
    ("the Nano's own slowdown of unpacking", {"extra": ("nano_dequantise_slowdown",)},
     "nano_dequantise_slowdown"),
    ("all-reduces cost alike in both phases",
     {"fixed": {"all_reduce_decode": lambda v: v["all_reduce_prefill"]}}, None),
    ("links deliver 94 %", {"fixed": {"link_efficiency": 0.94}}, None),
    ("one payload of a step for both models",
     {"fixed": {"decode_rows_13b": lambda v: v["decode_rows_7b"]}}, None),
    ("Galaxy without overlap", {"overlap": False}, None),
    ("EdgeShard with equal layers", {"plan": _equal_layers}, "tx2_slowdown"),
    ("EdgeShard with one layer on each slow board", {"plan": _one_layer_on_slow_boards}, None),
)


def try_alternative(table, bars, reading, options, interest):
    """(Fit, Model, value of interest and its relative standard error, or None)."""
    options = dict(options)
    fixed = options.pop("fixed", {}) | {"tokens_per_step": reading}
    problem = Problem(table, bars, fixed, **options)
    fit = problem.solve()
    model = Model(fit.values, fit.plans, problem.overlap)
    noted = (fit.values[interest], standard_errors(fit)[interest]) if interest else None
    return fit, model, noted
