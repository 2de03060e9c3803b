"""Relative errors of a model on published rows, ranks of the systems, and rows left out."""

import math
from statistics import median

from fit import Problem, bar_ms, table_seconds
from model import Model
from parameters import PARAMETERS
from published import BASELINES

TIE = 0.02  # published times this close have no order


def cell_errors(model, table):
    return [(cell, table_seconds(model, cell) / cell.seconds - 1)
            for cell in table if cell.seconds is not None]


def bar_errors(model, bars):
    return [(bar, bar_ms(model, bar) / bar.ms - 1) for bar in bars if bar.ms is not None]


def is_galaxy_prefill(bar):
    return bar.system == "Galaxy" and bar.phase == "prefill"


def largest(errors):
    return max((abs(error) for _, error in errors), default=0.0)


def middle(errors):
    return median(abs(error) for _, error in errors)


def root_mean_square(errors):
    return math.sqrt(sum(error ** 2 for _, error in errors) / len(errors))


def rows_of(parameter, errors):
    rows = parameter.rows
    return [(bar, error) for bar, error in errors
            if bar.phase in rows.phase and bar.env in rows.envs and
            bar.system in rows.systems and bar.model in rows.models]


def misplaced(model, table):
    """Pairs of systems in one (environment, bandwidth, model) that we rank the other way."""
    pairs = []
    rows = {}
    for cell in table:
        if cell.seconds is not None:
            rows.setdefault((cell.env, cell.mbps, cell.model), []).append(cell)
    for key, cells in rows.items():
        for one in cells:
            for other in cells:
                if one.seconds * (1 + TIE) < other.seconds and (
                        table_seconds(model, one) > table_seconds(model, other)):
                    pairs.append((key, one.system, other.system))
    return pairs, len(rows)


def leave_out(table, bars, reading, system=None, model=None):
    """Errors on the rows of a system or model that the fit has not seen.

    What only those rows determine falls back to a sibling or to a data sheet; SP has rows for 7B
    alone, so that 7B left out leaves SP out as well.
    """
    gone = {system, model} - {None}
    if model == "Llama2-7B":
        gone.add("SP")
    fixed = {p.name: p.fallback for p in PARAMETERS if gone & set(p.needs)}

    def kept(row):
        return row.system != system and row.model != model

    problem = Problem([c for c in table if kept(c)], [b for b in bars if kept(b)],
                      fixed | {"tokens_per_step": reading})
    fit = problem.solve()
    seen = Model(fit.values, fit.plans)
    return (cell_errors(seen, [c for c in table if not kept(c)]),
            bar_errors(seen, [b for b in bars if not kept(b)]), sorted(fixed))


def leave_each_out(table, bars, reading):
    """[(what, cell errors, bar errors, parameters that fell back)]"""
    runs = [(s, leave_out(table, bars, reading, system=s)) for s in BASELINES]
    runs += [(m, leave_out(table, bars, reading, model=m)) for m in ("Llama2-7B", "Llama2-13B")]
    return [(what, *found) for what, found in runs]


def quantile(values, share):
    """Of sorted values, the smallest that at least this share does not exceed."""
    values = sorted(values)
    return values[max(0, math.ceil(share * len(values)) - 1)]
