"""Emulated ms per token of a case: with the first so many causes mended, or with a factor on its boards."""

import exchange
from boards import CAUSES, profile

_HOST, _EXCHANGE = CAUSES.index("host"), CAUSES.index("exchange")
# Of a message at either end, as the shipped clusters assume it: no measured one of a small board was found.
ASSUMED_HOST = "0.2 ms"


def link(case, causes):
    if not case.link:
        return {"bandwidth": "1000 Mbit/s"}
    host = case.link.get("host_overhead", case.assumed_host) if causes >= _HOST else case.assumed_host
    return {"bandwidth": case.link["bandwidth"], "efficiency": case.link["efficiency"], "latency": "0 s",
            "host_overhead": host}


def _by_memory(case):
    """Layers of each rank in proportion to memory, as llama.cpp's RPC shares them out by itself."""
    total, layers = sum(board["memory"] for board in case.boards), case.shape["layers"]
    shares = [max(1, round(layers * board["memory"] / total)) for board in case.boards]
    shares[-1] = layers - sum(shares[:-1])
    return shares


def _record(emulator, case, causes, prompt, generate):
    system = case.row["system"]
    if case.nodes == 1:
        return emulator.record(case.model(), "local", 1, prompt, generate)
    if system == "megatron":
        if causes >= _EXCHANGE:
            return emulator.star(case.model(), case.nodes, prompt, generate)
        return emulator.record(case.model(), "megatron", case.nodes, prompt, generate)
    if causes < _EXCHANGE:
        return emulator.record(case.model(), "edgeshard", case.nodes, prompt, generate)
    shares = _by_memory(case)
    record = emulator.record(case.model(), "edgeshard", case.nodes, prompt, generate, ",".join(map(str, shares)))
    size = case.engine.get("graph_bytes_per_layer", 0) * sum(shares[1:])
    return emulator.changed(record, f"graph {size}", lambda lines: exchange.with_graph(lines, size)) if size else record


def slower(made, factor):
    """A profile on which every op takes `factor` times as long."""
    def divided(quantity, by):
        value, unit = quantity["value"].split()
        return {**quantity, "value": f"{float(value) / by:.9g} {unit}"}
    roofline = made["roofline"]
    if "measured" in made:
        points = [{**op, "points": [[rows, context, divided({"value": time}, 1 / factor)["value"]]
                                    for rows, context, time in op["points"]]} for op in made["measured"]]
        made = {**made, "measured": points}
    return {**made, "roofline": {
        "memory_bandwidth": divided(roofline["memory_bandwidth"], factor),
        "time_per_op": divided(roofline["time_per_op"], 1 / factor),
        "op_rate": {key: divided(rate, factor) for key, rate in roofline["op_rate"].items()},
        "other_rate": divided(roofline["other_rate"], factor)}}


def _phase_ms(emulator, case, causes, phase, factors):
    profiles = [slower(profile(board, unit, causes), factor)
                for board, unit, factor in zip(case.boards, case.units, factors)]
    if phase == "prefill":
        record = _record(emulator, case, causes, case.prompt, 1)
        return emulator.replay(record, profiles, link(case, causes))[0] / case.prompt
    record = _record(emulator, case, causes, case.middle, 3)
    return emulator.replay(record, profiles, link(case, causes))[1]


def milliseconds(emulator, case, causes=_EXCHANGE, factors=None):
    """`factors`: {phase: [of each rank]}, times that ops take longer."""
    ones = [1.0] * case.nodes
    factors = factors or {}
    if case.phase != "combined":
        return _phase_ms(emulator, case, causes, case.phase, factors.get(case.phase, ones))
    prefill = _phase_ms(emulator, case, causes, "prefill", factors.get("prefill", ones))
    decode = _phase_ms(emulator, case, causes, "decode", factors.get("decode", ones))
    return (case.prompt * prefill + case.generated * decode) / (case.prompt + case.generated)
