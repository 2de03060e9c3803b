"""The closed form of the profile paper-calibrated: what the simulator must reproduce.

Every term is the time of an op or of a message; experiments/profiles/README.md says which op of a
recorded run carries it. Plain Python, so that predictions need nothing but an interpreter.
"""

from collections import namedtuple

from rings import overlapped_seconds

# Layers, width, MLP width, heads. Llama 2 has as many KV heads as heads.
Shape = namedtuple("Shape", "layers hidden ffn heads")
SHAPES = {"Llama2-7B": Shape(32, 4096, 11008, 32), "Llama2-13B": Shape(40, 5120, 13824, 40)}
BOARDS = {"A": ("xavier_nx",) * 4, "B": ("xavier_nx", "tx2", "tx2", "nano")}
PROMPT, GENERATED = 256, 64  # tokens of the published workload
RANKS = 4
WEIGHT_BYTES = 0.5625  # of one weight: 4 bits, and a 2-byte scale for 32 weights
WIRE_BYTES = 2         # of one element in a message
GRAIN = 32             # columns of the MLP that Galaxy's shares are multiples of

# Times of one board. pass_s: one layer, one pass, whatever the rows. The rest is seconds per weight
# element: stream of a pass with few rows (any number of them), dequantise of a pass with many
# rows, row: of each of the many rows.
Board = namedtuple("Board", "pass_s stream dequantise row split_loss activation")


def proportional(units, speeds):
    """Units in proportion to speed by largest remainder, as planning/plan/layer_split.h."""
    whole = sum(speeds)
    shares = [units * speed / whole for speed in speeds]
    split = [int(share) for share in shares]
    order = sorted(range(len(speeds)), key=lambda d: split[d] - shares[d])
    for d in order[:units - sum(split)]:
        split[d] += 1
    return split


class Model:
    """Predictions of one set of parameters (see parameters.py for names and units).

    plans: None, or {(env, model): Plan} to hold plans fixed.
    """

    Plan = namedtuple("Plan", "layers heads columns")

    def __init__(self, values, plans=None, overlap=True):
        self.values = values
        self.overlap = overlap
        self.boards = {name: self._board(name) for name in ("xavier_nx", "tx2", "nano")}
        self.plans = plans or {(env, model): self.plan(env, model)
                               for env in BOARDS for model in SHAPES}

    def _board(self, name):
        v = self.values
        slower = v.get(f"{name}_slowdown", 1.0)
        return Board(pass_s=v["layer_pass_time"] * v.get(f"{name}_pass_ratio", 1.0),
                     stream=WEIGHT_BYTES / v[f"{name}_stream_bandwidth"],
                     dequantise=(WEIGHT_BYTES / v["dequantise_bandwidth"] *
                                 v.get(f"{name}_dequantise_slowdown", slower)),
                     row=2 / v["many_row_rate"] * slower,
                     split_loss=v["split_projection_loss"],
                     activation=v.get("activation_time", 0.0) * slower)

    # Ops. `share` is the rank's part of the heads or of the columns.

    @staticmethod
    def _linear(board, rows, inner, outer, charged):
        """charged: weight elements that the product is charged for."""
        if rows == 0:  # few: one pass of decoding
            return charged * board.stream
        return charged * (board.dequantise + rows * board.row) + rows * inner * board.activation

    def projections(self, board, shape, rows, share):
        """Seconds of (wq, wk, wv together; wo) on this share of the heads."""
        whole = shape.hidden ** 2
        own = whole * share
        charged = own + board.split_loss * (whole - own)
        into = self._linear(board, rows, shape.hidden, shape.hidden * share, charged)
        return 3 * into, self._linear(board, rows, shape.hidden * share, shape.hidden, charged)

    def mlp(self, board, shape, rows, share):
        """Seconds of (w_gate and w_up; w_down) on this share of the columns."""
        weights = shape.hidden * shape.ffn * share
        return (2 * self._linear(board, rows, shape.hidden, shape.ffn * share, weights),
                self._linear(board, rows, shape.ffn * share, shape.hidden, weights))

    def layer(self, name, shape, rows, heads=1.0, columns=1.0):
        """Seconds of one layer's pass; rows = 0 stands for a decoding step."""
        board = self.boards[name]
        return (board.pass_s + sum(self.projections(board, shape, rows, heads)) +
                sum(self.mlp(board, shape, rows, columns)))

    # Plans: from the time of a whole layer with the whole prompt.

    def plan(self, env, model):
        shape = SHAPES[model]
        speeds = [1 / self.layer(name, shape, PROMPT) for name in BOARDS[env]]
        columns = [GRAIN * grains for grains in proportional(shape.ffn // GRAIN, speeds)]
        return Model.Plan(proportional(shape.layers, speeds), proportional(shape.heads, speeds),
                          columns)

    # Messages.

    def wire(self, elements, mbps, factor=1.0):
        """Seconds of a message of so many elements."""
        return factor * elements * WIRE_BYTES * 8 / (mbps * 1e6 * self.values["link_efficiency"])

    def ring_all_reduce(self, elements, mbps, factor):
        """2 (n - 1) steps of 1 / n of the elements, and the staging copies of both ends."""
        steps = 2 * (RANKS - 1)
        chunk = elements / RANKS
        staging = 2 * chunk * WIRE_BYTES * factor * self.values.get("staging_time", 0.0)
        return steps * (self.wire(chunk, mbps, factor) + staging)

    # Phases: seconds of the whole prompt, or of one generated token.

    def seconds(self, env, mbps, model, system, phase):
        shape = SHAPES[model]
        if phase == "prefill":
            return getattr(self, "_prefill_" + _PART[system])(env, mbps, model, shape, system)
        step = getattr(self, "_decode_" + _PART[system])(env, mbps, model, shape, system)
        return step / self.values.get("tokens_per_step", 1.0)

    def end_to_end(self, env, mbps, model, system):
        return (self.seconds(env, mbps, model, system, "prefill") +
                GENERATED * self.seconds(env, mbps, model, system, "decode"))

    def local(self, model, phase):
        """A single Xavier NX."""
        shape = SHAPES[model]
        if phase == "prefill":
            return shape.layers * self.layer("xavier_nx", shape, PROMPT)
        return (shape.layers * self.layer("xavier_nx", shape, 0) /
                self.values.get("tokens_per_step", 1.0))

    def step_elements(self, model, shape):
        """What a decoding step moves, as elements: rows per token x tokens per step x width."""
        rows = self.values["decode_rows_" + model[7:].lower()]
        return rows * self.values.get("tokens_per_step", 1.0) * shape.hidden

    def _stages(self, env, model, shape, rows):
        layers = self.plans[env, model].layers
        return sum(n * self.layer(name, shape, rows) for n, name in zip(layers, BOARDS[env]) if n)

    def _hops(self, env, model):
        return sum(n > 0 for n in self.plans[env, model].layers) - 1

    def _prefill_pipeline(self, env, mbps, model, shape, _):
        return (self._stages(env, model, shape, PROMPT) +
                self._hops(env, model) * self.wire(PROMPT * shape.hidden, mbps))

    def _decode_pipeline(self, env, mbps, model, shape, _):
        return (self._stages(env, model, shape, 0) +
                self._hops(env, model) * self.wire(self.step_elements(model, shape), mbps))

    def _prefill_sequence(self, env, mbps, model, shape, _):
        """Two all-gathers per layer, of K and of V, n - 1 steps of 1 / n of the rows each."""
        rows = PROMPT // RANKS
        factor = self.values["all_gather_prefill"]
        gather = (RANKS - 1) * self.wire(rows * shape.hidden, mbps, factor)
        slowest = max(self.layer(name, shape, rows) for name in BOARDS[env])
        return shape.layers * (slowest + 2 * gather)

    def _decode_sequence(self, env, mbps, model, shape, _):
        return shape.layers * self.layer(BOARDS[env][0], shape, 0)

    def _tensor_parallel(self, env, shape, rows, heads, columns, reduces):
        slowest = max(self.layer(name, shape, rows, h / shape.heads, c / shape.ffn)
                      for name, h, c in zip(BOARDS[env], heads, columns))
        return shape.layers * (slowest + reduces)

    def _prefill_tensor(self, env, mbps, model, shape, system):
        reduces = {"M-LM": 2, "DT": 1}[system] * self.ring_all_reduce(
            PROMPT * shape.hidden, mbps, self.values["all_reduce_prefill"])
        return self._tensor_parallel(env, shape, PROMPT, [shape.heads / RANKS] * RANKS,
                                     [shape.ffn / RANKS] * RANKS, reduces)

    def _decode_tensor(self, env, mbps, model, shape, system):
        reduces = {"M-LM": 2, "DT": 1, "Galaxy": 2}[system] * self.ring_all_reduce(
            self.step_elements(model, shape), mbps, self.values["all_reduce_decode"])
        plan = self.plans[env, model]
        heads, columns = [shape.heads / RANKS] * RANKS, [shape.ffn / RANKS] * RANKS
        if system == "Galaxy":
            heads, columns = plan.heads, plan.columns
        return self._tensor_parallel(env, shape, 0, heads, columns, reduces)

    def _prefill_galaxy(self, env, mbps, model, shape, _):
        """Tiles of 1 / n of the rows; a tile's message travels during the next tile's product.

        Without overlap the products run over all rows at once.
        """
        plan = self.plans[env, model]
        rows = PROMPT // RANKS
        message = self.wire(rows * shape.hidden, mbps, self.values["tile_ring_prefill"])
        boards = [self.boards[name] for name in BOARDS[env]]
        tiles = [self._products(board, shape, rows, h / shape.heads, c / shape.ffn)
                 for board, h, c in zip(boards, plan.heads, plan.columns)]
        passes = [board.pass_s for board in boards]
        return overlapped_seconds(shape.layers, tiles, passes, message, self.overlap)

    def _products(self, board, shape, tile, heads, columns):
        """Seconds per tile of the products before and after attention and activation."""
        tiles = 1 if self.overlap else RANKS
        products = (*self.projections(board, shape, tile * tiles, heads),
                    *self.mlp(board, shape, tile * tiles, columns))
        return [seconds / tiles for seconds in products]


_PART = {"SP": "sequence", "M-LM": "tensor", "DT": "tensor", "Galaxy": "galaxy",
         "EdgeShard": "pipeline"}
Model._decode_galaxy = Model._decode_tensor  # one row cannot be cut in tiles: an all-reduce
