"""Records of an engine that splits every layer over nodes around a root: what the emulator's own
strategies do otherwise (they go around a ring, and split attention and the output matrix).

Made from the record of the whole model on one device: the same ops by the same order, shared out, and
the engine's messages between them. jupiter_replay takes it as it takes its own records.
"""

import json

from rows import UserError

_COLLECTIVE = 2
_FRAME = 64


def values_bytes(values, wire):
    return values // 32 * 34 if wire == "q8_0" else 4 * values


def _part(op, n, side):
    """A product's n-th: of its outputs (side 6) or its inputs (side 5). Fields: kind, name, weight, input,
    rows, inner, outer, context, bytes, operations, layer part, weights."""
    op = list(op)
    if op[side] % n:
        raise UserError(f"{op[side]} columns cannot be shared by {n} nodes; expected a multiple")
    op[side] //= n
    op[8] //= n
    op[9] //= n
    op[11] //= n
    return op


class Root:
    """The events of all ranks, as rank 0 tells them."""

    def __init__(self, nodes, wire):
        self.nodes, self.wire = nodes, wire
        self.events = [[] for _ in range(nodes)]

    def everyone(self, *events):
        for rank, list_of in enumerate(self.events):
            list_of += [e[rank] if isinstance(e, dict) else e for e in events]

    def root(self, *events):
        self.events[0] += events

    def message(self, sender, receiver, size):
        self.events[sender].append(["send", receiver, _COLLECTIVE, _FRAME, size])
        self.events[receiver].append(["receive", sender, _COLLECTIVE, _FRAME, size])

    def down(self, values):
        """The root sends every worker the same values."""
        for worker in range(1, self.nodes):
            self.message(0, worker, values_bytes(values, self.wire))

    def down_missing(self, values):
        """And those of a vector that a worker has not computed itself."""
        self.down(values - values // self.nodes)

    def up(self, values):
        """Every worker sends the root its part of a vector."""
        for worker in range(1, self.nodes):
            self.message(worker, 0, values_bytes(values // self.nodes, self.wire))

    def up_whole(self, values):
        """Every worker sends the root a whole vector of partial sums."""
        for worker in range(1, self.nodes):
            self.message(worker, 0, values_bytes(values, self.wire))


def _pieces(ops):
    """The seven products of a layer, and the ops before, between and after them. By place: products of one
    shape are equal."""
    at = [i for i, op in enumerate(ops) if op[1] == "linear"]
    q, _, v, out, gate, up, down = at
    between = ops[:q], ops[v + 1:out], ops[out + 1:gate], ops[up + 1:down], ops[down + 1:]
    return [ops[i] for i in at], between


def _layer_slices(star, ops, engine):
    """Products are cut by their outputs; whoever needs a whole input gets it from the root."""
    (q, k, v, out, gate, up, down), (before, attend, middle, act, after) = _pieces(ops)
    n, rows = star.nodes, q[4]
    star.root(*before)
    star.down(rows * q[5])
    star.everyone(*[_part(op, n, 6) for op in (q, k, v)])
    if engine["attention"] == "root":
        for op in (q, k, v):
            star.up(rows * op[6])
        star.root(*attend)
        star.down(rows * out[5])
    else:
        star.everyone(*[_share(op, n) for op in attend])
        star.up(rows * out[5])
        star.down_missing(rows * out[5])
    star.everyone(_part(out, n, 6))
    star.up(rows * out[6])
    star.root(*middle)
    star.down(rows * gate[5])
    star.everyone(_part(gate, n, 6), _part(up, n, 6), *[_share(op, n) for op in act])
    star.up(rows * down[5])
    star.down_missing(rows * down[5])
    star.everyone(_part(down, n, 6))
    star.up(rows * down[6])
    star.root(*after)


def _layer_sums(star, ops):
    """Second products of a pair are cut by their inputs: two exchanges of partial sums a layer."""
    (q, k, v, out, gate, up, down), (before, attend, middle, act, after) = _pieces(ops)
    n, rows = star.nodes, q[4]
    star.root(*before)
    star.down(rows * q[5])
    star.everyone(*[_part(op, n, 6) for op in (q, k, v)], *[_share(op, n) for op in attend])
    star.everyone(_part(out, n, 5))
    star.up_whole(rows * out[6])
    star.root(*middle)
    star.down(rows * gate[5])
    star.everyone(_part(gate, n, 6), _part(up, n, 6), *[_share(op, n) for op in act])
    star.everyone(_part(down, n, 5))
    star.up_whole(rows * down[6])
    star.root(*after)


def _share(op, n):
    """An op between products, on a part of its values."""
    op = list(op)
    for field in (6, 8, 9):
        op[field] //= n
    return op


def _layers(ops):
    """The ops of a batch: those of each layer, and what comes after the last one."""
    linears = [i for i, op in enumerate(ops) if op[1] == "linear"]
    ends = linears[6:-1:7]  # `down` of every layer; the last product is the output matrix
    begin, found = 0, []
    for end in ends:
        found.append(ops[begin:end + 1])
        begin = end + 1
    return found, ops[begin:]


def star_record(local_lines, nodes, engine):
    """Lines of a record over `nodes` ranks, of the lines of a record on one device."""
    header = json.loads(local_lines[0])
    star = Root(nodes, engine["wire"])
    batch = []
    for line in local_lines[2:]:
        event = json.loads(line)
        if event[0] == "op":
            batch.append(event)
            continue
        if event[0] != "mark":
            raise ValueError(f"a record of one device has a {event[0]}")
        _take_batch(star, batch, engine)
        batch = []
        if event[1] in ("prompt_batch", "step_batch"):
            star.everyone(event)
        else:
            star.root(event)
    header["ranks"] = nodes
    lines = [json.dumps(header, separators=(",", ":"))]
    for rank, events in enumerate(star.events):
        lines.append(json.dumps({"rank": rank, "events": len(events)}, separators=(",", ":")))
        lines += [json.dumps(event, separators=(",", ":")) for event in events]
    return lines


def _take_batch(star, batch, engine):
    if not any(op[1] == "linear" for op in batch):
        star.root(*batch)
        return
    layers, rest = _layers(batch)
    for ops in layers:
        if engine["exchange"] == "star-sums":
            _layer_sums(star, ops)
        else:
            _layer_slices(star, ops, engine)
    star.root(*rest)


def bytes_of(lines):
    """(sent, received) by rank 0 in the last step, without frames."""
    sent, received, rank = 0, 0, None
    for line in lines[1:]:
        event = json.loads(line)
        if isinstance(event, dict):
            rank = event["rank"]
        elif rank == 0 and event[0] == "mark" and event[1] == "step_batch":
            sent = received = 0
        elif rank == 0 and event[0] == "send":
            sent += event[4]
        elif rank == 0 and event[0] == "receive":
            received += event[4]
    return sent, received


def with_graph(lines, size):
    """A record in which every batch that rank 0 sends on takes `size` bytes more: llama.cpp's RPC sends
    the graph of the remote part with every token."""
    changed = [lines[0]]
    rank = None
    for line in lines[1:]:
        event = json.loads(line)
        if isinstance(event, dict):
            rank = event["rank"]
        elif (event[0] == "send" and rank == 0) or (event[0] == "receive" and event[1] == 0):
            if event[4]:
                event[4] += size
        changed.append(json.dumps(event, separators=(",", ":")))
    return changed
