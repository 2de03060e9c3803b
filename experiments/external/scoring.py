"""Scores of predictions: S, the speed-up over the source's own one-node row, and A, absolute times.

An error is |ln(emulated / measured)|. Of many the median within a source, over the sources of an owner, then
over owners: an owner counts once, however many rows it has. Of a run one row counts.
"""

import math
from statistics import median

LIMIT = math.log(1.2)
COUNTED = ("local", "edgeshard")  # tensor parallelism is shown, and counts in a later issue


def once(lines, measured):
    """Of every run the first line that is predicted and has a measured value."""
    seen, found = set(), []
    for line in lines:
        if not line["reason"] and measured.get(line["id"]) and line["run"] not in seen:
            seen.add(line["run"])
            found.append(line)
    return found


def log_error(emulated, measured):
    return abs(math.log(float(emulated) / measured))


def by_owner(errors):
    """{owner: error} of [(owner, source, error)]."""
    sources = {}
    for who, source, error in errors:
        sources.setdefault(who, {}).setdefault(source, []).append(error)
    return {who: median(median(rows) for rows in of.values()) for who, of in sources.items()}


def over_owners(errors):
    owners = by_owner(errors)
    return median(owners.values()) if owners else math.nan


def without_each(errors):
    """(least, most) of the median when one owner is left out; nan with fewer than two."""
    owners = by_owner(errors)
    if len(owners) < 2:
        return math.nan, math.nan
    left = [median(e for o, e in owners.items() if o != who) for who in owners]
    return min(left), max(left)


def absolute(lines, measured, column, systems=COUNTED):
    """[(owner, source, error)] of the rows that have this column."""
    return [(line["owner"], line["source"], log_error(line[column], measured[line["id"]]))
            for line in once(lines, measured) if line["system"] in systems and line[column]]


def speed_ups(lines, measured, column):
    """[(line, emulated speed-up, measured speed-up)] of rows with a one-node row of their own."""
    by_id = {line["id"]: line for line in lines}
    found = []
    for line in once(lines, measured):
        alone = by_id.get(line["one_node"])
        if alone and measured.get(alone["id"]):
            found.append((line, float(alone[column]) / float(line[column]), measured[alone["id"]] / measured[line["id"]]))
    return found


def given_speed_ups(lines, measured):
    """As speed_ups of tier 0, with ops slowed until one node takes what the source measured on it: what
    software costs stays on computing, and links stay as they are."""
    by_id = {line["id"]: line for line in lines}
    found = []
    for line, _, real in speed_ups(lines, measured, "tier0_ms"):
        local = measured[line["one_node"]]
        slower = local / float(by_id[line["one_node"]]["tier0_ms"])
        once_ms, twice = float(line["tier0_ms"]), float(line["twice_ms"])
        found.append((line, local / (once_ms + (slower - 1) * (twice - once_ms)), real))
    return found


def rival_speed_ups(lines, measured):
    """The naive rival of S: local / n, and the root's bytes over the link."""
    found = []
    for line, _, real in speed_ups(lines, measured, "tier0_ms"):
        local = measured[line["one_node"]]
        found.append((line, local / (local / int(line["nodes"]) + float(line["rival_link_ms"])), real))
    return found


def speed_errors(found):
    return [(line["owner"], line["source"], log_error(emulated, real)) for line, emulated, real in found]
