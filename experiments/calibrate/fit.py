"""Least squares: relative residuals of the table and of the bars' intercepts and slopes."""

import math
from collections import namedtuple

import numpy as np
from scipy.optimize import least_squares

from model import Model, PROMPT
from parameters import EXTRA, PARAMETERS

# Floors of the relative errors that a model this small is expected to leave: one number for all
# cells, one for all bars. Galaxy's prefill is known not to follow one overlap rule.
TABLE_FLOOR = 0.02
BAR_FLOOR = 0.03
GALAXY_PREFILL_FLOOR = 0.15
LEAST_SINGULAR = 1e-8  # of the largest: a direction below it changes no residual
MOST_RELATIVE_ERROR = 0.5
_STEP = 1e-4  # of the logarithm of a parameter, in differences

Fit = namedtuple("Fit", "values names plans cost jacobian residuals")


def without_memory_cells(table, bars):
    return ([cell for cell in table if cell.seconds is not None],
            [bar for bar in bars if bar.ms is not None])


def bar_ms(model, bar):
    seconds = model.seconds(bar.env, bar.mbps, bar.model, bar.system, bar.phase)
    return 1e3 * seconds / (PROMPT if bar.phase == "prefill" else 1)


def table_seconds(model, cell):
    return model.end_to_end(cell.env, cell.mbps, cell.model, cell.system)


class Lines:
    """Bars at two bandwidths as bandwidth-independent ms and communication ms at 100 Mbit/s.

    The two bars of a line share most of the model's error; their difference is far better known
    than either, and only it says what links and collectives cost.
    """

    def __init__(self, bars):
        found = {}
        for bar in bars:
            found.setdefault((bar.env, bar.model, bar.system, bar.phase), {})[bar.mbps] = bar
        self.pairs = [(pair[100], pair[1000]) for pair in found.values()]

    @staticmethod
    def split(slow, fast):
        slope = (slow - fast) / 0.9
        return fast - 0.1 * slope, slope

    def residuals(self, model):
        result = []
        for slow, fast in self.pairs:
            published = self.split(slow.ms, fast.ms)
            ours = self.split(bar_ms(model, slow), bar_ms(model, fast))
            galaxy = slow.system == "Galaxy" and slow.phase == "prefill"
            floor = GALAXY_PREFILL_FLOOR if galaxy else BAR_FLOOR
            read = self._reading_errors(slow.uncertainty / 1.96, fast.uncertainty / 1.96)
            for value, mine, error in zip(published, ours, read):
                result.append((mine - value) / math.hypot(floor * value, error))
        return result

    @staticmethod
    def _reading_errors(slow, fast):
        return math.hypot(fast / 0.9, slow / 9), math.hypot(slow, fast) / 0.9


class Problem:
    """Published rows, what is held fixed, and the options of the model."""

    def __init__(self, table, bars, fixed=None, extra=(), overlap=True, plan=None):
        self.table, bars = without_memory_cells(table, bars)
        self.lines = Lines(bars)
        self.fixed = dict(fixed or {})
        self.overlap = overlap
        self.plan = plan  # None, or a rule: Model, env, model -> Plan
        self.free = [p.name for p in PARAMETERS if p.name not in self.fixed] + list(extra)

    def values(self, logs):
        values = dict(zip(self.free, np.exp(np.clip(logs, -80, 80))))
        for name, value in self.fixed.items():
            values[name] = value(values) if callable(value) else value
        return values

    def plans(self, values):
        model = Model(values, overlap=self.overlap)
        if self.plan is None:
            return model.plans
        return {key: self.plan(model, *key) for key in model.plans}

    def residuals(self, logs, plans):
        model = Model(self.values(logs), plans, self.overlap)
        cells = [(table_seconds(model, cell) / cell.seconds - 1) / TABLE_FLOOR
                 for cell in self.table]
        return np.array(cells + self.lines.residuals(model))

    def _jacobian(self, logs, plans):
        columns = []
        for i in range(len(logs)):
            step = np.zeros(len(logs))
            step[i] = _STEP
            columns.append((self.residuals(logs + step, plans) -
                            self.residuals(logs - step, plans)) / (2 * _STEP))
        return np.array(columns).T

    def _start(self, start):
        first = {p.name: p.start for p in PARAMETERS} | EXTRA | dict(start or {})
        return np.log([first[name] for name in self.free])

    def solve(self, start=None):
        """Plans follow from the parameters and jump, which often leaves none that agrees with its
        own optimum: they are held while parameters move, made anew until they come back to one
        that was there before, and the cheapest of them stands."""
        logs = self._start(start)
        plans = self.plans(self.values(logs))
        best, seen = None, []
        while plans not in seen:
            seen.append(plans)
            found = least_squares(self.residuals, logs, jac=self._jacobian, args=(plans,),
                                  xtol=1e-10, ftol=1e-10, max_nfev=60)
            logs = found.x
            if best is None or found.cost < best[0].cost:
                best = found, plans
            plans = self.plans(self.values(logs))
        found, plans = best
        return Fit(self.values(found.x), self.free, plans, 2 * found.cost, found.jac, found.fun)


def standard_errors(fit):
    """Relative, by parameter; scaled by the misfit when that is larger than the stated errors."""
    freedom = max(1, len(fit.residuals) - len(fit.names))
    scale = max(1.0, fit.cost / freedom)
    covariance = np.linalg.pinv(fit.jacobian.T @ fit.jacobian) * scale
    return dict(zip(fit.names, np.sqrt(np.diag(covariance))))


def _directions(fit):
    """Singular values of the Jacobian with unit columns, and their directions by parameter."""
    norms = np.linalg.norm(fit.jacobian, axis=0)
    _, singular, right = np.linalg.svd(fit.jacobian / norms)
    return singular, right


def is_identifiable(fit, relative_errors, name):
    """Whether the rows tell this parameter: it is in no direction that changes no residual, and known
    to better than half of its value."""
    singular, right = _directions(fit)
    silent = right[singular <= LEAST_SINGULAR * singular[0], fit.names.index(name)]
    return np.abs(silent).max(initial=0.0) < 1e-3 and relative_errors[name] < MOST_RELATIVE_ERROR


def identifiability(fit):
    """(rank, condition with unit columns, smallest singular direction by parameter)."""
    singular, right = _directions(fit)
    rank = int(np.sum(singular > LEAST_SINGULAR * singular[0]))
    return rank, singular[0] / singular[-1], dict(zip(fit.names, right[-1]))
