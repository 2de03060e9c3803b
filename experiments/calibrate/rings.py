"""Galaxy's tile-overlapped rings as a recurrence over layers, ranks and tiles.

A rank holds its outgoing link for one message at a time; a message arrives when it has left. The
same rules as planning/replay/simulator.h without latency, host time and wire overhead.
"""

_SETTLED = 6  # layers after which every further layer takes the same time


class _Ring:
    def __init__(self, message, ranks):
        self.message = message
        self.clock = [0.0] * ranks   # what each rank has done
        self.egress = [0.0] * ranks  # when its outgoing link is free
        self.ranks = ranks

    def _send(self, rank):
        start = max(self.clock[rank], self.egress[rank])
        self.egress[rank] = start + self.message
        return self.egress[rank]

    def _shift(self, sent):
        """Arrivals by receiver: rank r hears from r - 1."""
        return sent[-1:] + sent[:-1]

    def gather_and_multiply(self, tile):
        """Ring all-gather: pass the tile on, multiply it meanwhile; the last one stays."""
        have = list(self.clock)
        for step in range(self.ranks):
            self.clock = [max(c, h) for c, h in zip(self.clock, have)]
            if step + 1 < self.ranks:
                have = self._shift([self._send(rank) for rank in range(self.ranks)])
            self.clock = [c + t for c, t in zip(self.clock, tile)]

    def multiply_and_scatter(self, tile):
        """Ring reduce-scatter: multiply a tile, add what arrived of it, pass the sum on."""
        have = list(self.clock)
        for step in range(self.ranks):
            self.clock = [max(c + t, h) for c, t, h in zip(self.clock, tile, have)]
            if step + 1 < self.ranks:
                have = self._shift([self._send(rank) for rank in range(self.ranks)])

    def exchange(self):
        """The n - 1 messages of either ring with nothing to overlap."""
        for _ in range(self.ranks - 1):
            have = self._shift([self._send(rank) for rank in range(self.ranks)])
            self.clock = [max(c, h) for c, h in zip(self.clock, have)]


def _layer(ring, tiles, passes, overlap):
    for block in (0, 1):  # attention, MLP
        before = [tile[2 * block] for tile in tiles]
        behind = [tile[2 * block + 1] for tile in tiles]
        if overlap:
            ring.gather_and_multiply(before)
        else:
            ring.exchange()
            ring.clock = [c + ring.ranks * t for c, t in zip(ring.clock, before)]
        if block == 0:
            ring.clock = [c + p for c, p in zip(ring.clock, passes)]
        if overlap:
            ring.multiply_and_scatter(behind)
        else:
            ring.clock = [c + ring.ranks * t for c, t in zip(ring.clock, behind)]
            ring.exchange()


def overlapped_seconds(layers, tiles, passes, message, overlap=True):
    """Seconds of a prompt through all layers, of the slowest rank.

    tiles: per rank the seconds of one tile's product before and after attention, and before and
    after the activation of the MLP. passes: per rank the fixed seconds of a layer's pass.
    """
    ring = _Ring(message, len(tiles))
    before = now = 0.0
    for layer in range(min(layers, _SETTLED)):
        _layer(ring, tiles, passes, overlap)
        before, now = now, max(ring.clock)
    return now + max(0, layers - _SETTLED) * (now - before)
