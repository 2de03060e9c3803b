"""Tables that a simulator is checked against: every phase, and one cell term by term."""

from model import BOARDS, PROMPT, RANKS, SHAPES, WIRE_BYTES
from profile_yaml import step_rows
from published import BASELINES

_CELL = ("A", 100, "Llama2-7B", "M-LM")


def closed_form_csv(models):
    """models: {reading: Model}. Seconds of the whole prompt, and of one generated token."""
    lines = ["reading,env,bandwidth_mbps,model,system,phase,seconds"]
    for reading, model in models.items():
        for name in SHAPES:
            for phase in ("prefill", "decode"):
                seconds = model.local(name, phase)
                lines.append(f"{reading},A,0,{name},local,{phase},{seconds:.12g}")
        for env in BOARDS:
            for mbps in (100, 500, 1000):
                for name in SHAPES:
                    for system in BASELINES:
                        for phase in ("prefill", "decode"):
                            seconds = model.seconds(env, mbps, name, system, phase)
                            lines.append(f"{reading},{env},{mbps},{name},{system},{phase},"
                                         f"{seconds:.12g}")
    return "\n".join(lines) + "\n"


def _terms(model, phase):
    """(term, carried by, times per pass, seconds each) of one rank in M-LM."""
    _, mbps, name, _ = _CELL
    shape, board = SHAPES[name], model.boards["xavier_nx"]
    rows = PROMPT if phase == "prefill" else 0
    share = 1 / RANKS
    into, out = model.projections(board, shape, rows, share)
    up, down = model.mlp(board, shape, rows, share)
    elements, real = PROMPT * shape.hidden, PROMPT * shape.hidden
    if phase == "decode":
        elements = model.step_elements(name, shape)
        real = step_rows(model.values, "7b") * shape.hidden
    factor = model.values[f"all_reduce_{phase}"]
    message = model.wire(elements / RANKS, mbps, factor)
    layers, h, f = shape.layers, shape.hidden, shape.ffn
    return [("fixed time", "attention", layers, board.pass_s),
            ("wq wk wv", f"linear {h}x{h // RANKS}", 3 * layers, into / 3),
            ("wo", f"linear {h // RANKS}x{h}", layers, out),
            ("w_gate w_up", f"linear {h}x{f // RANKS}", 2 * layers, up / 2),
            ("w_down", f"linear {f // RANKS}x{h}", layers, down),
            ("all-reduce", f"message of {real // RANKS * WIRE_BYTES} B payload",
             2 * layers * 2 * (RANKS - 1), message)]


def terms_csv(models):
    """Per pass: in the reading `trees` a pass of decoding gives tokens_per_step tokens."""
    env, mbps, name, system = _CELL
    lines = [f"# {system}, {name}, environment {env}, {mbps} Mbit/s; seconds of a prompt's pass "
             "and of a decoding step, rank by rank alike.",
             "reading,phase,term,carried_by,count,seconds_each,seconds"]
    for reading, model in models.items():
        for phase in ("prefill", "decode"):
            whole = 0.0
            for term, carrier, count, each in _terms(model, phase):
                whole += count * each
                lines.append(f"{reading},{phase},{term},{carrier},{count},{each:.12g},"
                             f"{count * each:.12g}")
            lines.append(f"{reading},{phase},sum,,,,{whole:.12g}")
    return "\n".join(lines) + "\n"
