"""What is fitted: names, units, meanings, the rows that determine each, and where to begin."""

from collections import namedtuple

# The rows that determine a parameter: phase, environments, systems, models.
Rows = namedtuple("Rows", "phase envs systems models")
# start: first guess. fallback: a function of the other values, used when what it needs (a system
# or a model) is left out. section: of the profile.
Parameter = namedtuple("Parameter", "name unit section start meaning rows fallback needs")

_ALL = ("Llama2-7B", "Llama2-13B")


def _parameter(name, unit, section, start, meaning, rows, fallback=None, needs=()):
    phase, envs, systems, *models = rows.split("; ")
    found = Rows(phase, tuple(envs), tuple(systems.split(" ")), tuple(models) or _ALL)
    return Parameter(name, unit, section, start, meaning, found, fallback, needs)


PARAMETERS = (
    _parameter("layer_pass_time", "s", "devices", 7e-3,
               "fixed time of one layer in one pass, on every board",
               "decode; AB; SP M-LM DT Galaxy EdgeShard"),
    _parameter("xavier_nx_stream_bandwidth", "B/s", "devices", 1.5e10,
               "weights of a pass with few rows, Xavier NX",
               "decode; A; SP M-LM DT EdgeShard"),
    _parameter("tx2_stream_bandwidth", "B/s", "devices", 9e9,
               "weights of a pass with few rows, TX2", "decode; B; EdgeShard",
               lambda v: v["xavier_nx_stream_bandwidth"], ("EdgeShard",)),
    _parameter("nano_stream_bandwidth", "B/s", "devices", 2e9,
               "weights of a pass with few rows, Nano",
               "decode; B; M-LM DT Galaxy EdgeShard"),
    _parameter("dequantise_bandwidth", "B/s", "devices", 8e9,
               "weights unpacked once per product of a pass with many rows, Xavier NX",
               "prefill; AB; SP M-LM EdgeShard",
               lambda v: v["xavier_nx_stream_bandwidth"], ("SP",)),
    _parameter("many_row_rate", "OP/s", "devices", 4.7e11,
               "products of a pass with many rows, Xavier NX",
               "prefill; A; SP M-LM DT Galaxy EdgeShard"),
    _parameter("tx2_slowdown", "1", "devices", 1.9,
               "TX2: many_row_rate and dequantise_bandwidth are divided by it",
               "prefill; B; EdgeShard", lambda v: 2700 / 533, ("EdgeShard",)),
    _parameter("nano_slowdown", "1", "devices", 5.4, "the same of the Nano",
               "prefill; B; SP M-LM DT Galaxy EdgeShard"),
    _parameter("split_projection_loss", "1", "devices", 0.83,
               "part of q, k, v and o that does not shrink when heads are split",
               "prefill decode; AB; M-LM DT Galaxy EdgeShard"),
    _parameter("link_efficiency", "1", "links", 0.82, "goodput / nominal bandwidth",
               "prefill; AB; EdgeShard", lambda v: 0.94, ("EdgeShard",)),
    _parameter("all_gather_prefill", "1", "collectives", 2.1,
               "bytes of SP's gathers / bytes of rings", "prefill; AB; SP",
               lambda v: v["all_reduce_prefill"], ("SP",)),
    _parameter("all_reduce_prefill", "1", "collectives", 1.4,
               "bytes of all-reduces / bytes of rings", "prefill; AB; M-LM DT"),
    _parameter("all_reduce_decode", "1", "collectives", 3.5,
               "the same in decoding, beyond the payload of a step",
               "decode; AB; M-LM DT Galaxy EdgeShard",
               lambda v: v["all_reduce_prefill"], ("EdgeShard",)),
    _parameter("tile_ring_prefill", "1", "collectives", 1.2,
               "bytes of Galaxy's tile rings / bytes of rings", "prefill; AB; Galaxy",
               lambda v: v["all_reduce_prefill"], ("Galaxy",)),
    _parameter("decode_rows_7b", "row/token", "decoding", 22,
               "payload of a decoding step / tokens per step, 7B",
               "decode; AB; M-LM DT Galaxy EdgeShard; Llama2-7B",
               lambda v: v["decode_rows_13b"], ("Llama2-7B",)),
    _parameter("decode_rows_13b", "row/token", "decoding", 15.5, "the same, 13B",
               "decode; AB; M-LM DT Galaxy EdgeShard; Llama2-13B",
               lambda v: v["decode_rows_7b"], ("Llama2-13B",)),
)

# Not fitted, since rows cannot tell: tokens per step under each reading of the published payload.
# plain: baselines decode a token per step and move padded buffers. trees: they verify draft trees;
# 2.5 lies between 1.2 (hardly any draft is taken) and 2.8 (trees of 64 rows for 7B).
READINGS = {"plain": 1.0, "trees": 2.5}

# Parameters of rejected alternatives (see alternatives.py): name, first guess.
EXTRA = {"activation_time": 1e-8, "nano_pass_ratio": 1.0, "tx2_pass_ratio": 1.0,
         "nano_dequantise_slowdown": 5.0, "staging_time": 1e-10}
