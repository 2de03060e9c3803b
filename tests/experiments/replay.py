"""A message-by-message replay by the rules of planning/replay/simulator.h, written for the test alone.

A program is a list per rank of ("op", seconds), ("send", peer, seconds on the wire) and ("receive",
peer). Latency, host time and wire overhead are 0, as in the fitted profile.
"""


def replay(programs):
    """Seconds until the last rank is done."""
    ranks = len(programs)
    clock, position = [0.0] * ranks, [0] * ranks
    egress, ingress = [0.0] * ranks, [0.0] * ranks
    arrived = {}
    waiting = True
    while waiting:
        # The earliest rank that can go on, so that queues see messages in order of time.
        ready = []
        for rank, program in enumerate(programs):
            if position[rank] == len(program):
                continue
            event = program[position[rank]]
            if event[0] == "receive" and not arrived.get((event[1], rank)):
                continue
            ready.append((clock[rank], rank, event))
        waiting = bool(ready)
        if not waiting:
            break
        _, rank, event = min(ready)
        position[rank] += 1
        if event[0] == "op":
            clock[rank] += event[1]
        elif event[0] == "send":
            _, peer, seconds = event
            begin = max(clock[rank], egress[rank], ingress[peer])
            egress[rank] = ingress[peer] = begin + seconds
            arrived.setdefault((rank, peer), []).append(begin + seconds)
        else:
            clock[rank] = max(clock[rank], arrived[event[1], rank].pop(0))
    assert all(position[r] == len(programs[r]) for r in range(ranks)), "ranks wait for ever"
    return max(clock)


def all_reduce(program, rank, ranks, message):
    """Ring reduce-scatter, then ring all-gather."""
    ring(program, rank, ranks, message, 2 * (ranks - 1))


def all_gather(program, rank, ranks, message):
    ring(program, rank, ranks, message, ranks - 1)


def ring(program, rank, ranks, message, steps):
    for _ in range(steps):
        program.append(("send", (rank + 1) % ranks, message))
        program.append(("receive", (rank - 1) % ranks))


def gather_and_multiply(program, rank, ranks, message, tile):
    for step in range(ranks):
        if step > 0:
            program.append(("receive", (rank - 1) % ranks))
        if step + 1 < ranks:
            program.append(("send", (rank + 1) % ranks, message))
        program.append(("op", tile))


def multiply_and_scatter(program, rank, ranks, message, tile):
    for step in range(ranks):
        program.append(("op", tile))
        if step > 0:
            program.append(("receive", (rank - 1) % ranks))
        if step + 1 < ranks:
            program.append(("send", (rank + 1) % ranks, message))
