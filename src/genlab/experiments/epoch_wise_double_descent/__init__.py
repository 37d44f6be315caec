"""`epoch-wise-double-descent`: test error against width and training step, in one map.

Nakkiran et al., "Deep Double Descent" (ICLR 2020), section 5: with label noise, the test error of
a large network may fall, rise and fall again in the course of its training. Here every width of
the chapter's network on MNIST-1D is evaluated all along.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base.jsons import Row
from genlab.datasets import DataSpec
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.epoch_wise_double_descent.protocol import PROTOCOLS, Protocol
from genlab.experiments.epoch_wise_double_descent.tables import TABLES
from genlab.experiments.epoch_wise_double_descent.words import answer, finding, notes
from genlab.measure import (
    Interval,
    PeakTest,
    error_interval,
    interpolation_threshold,
    pairwise_intervals,
    peak_test,
)
from genlab.models import MLP
from genlab.studies import CapacityCurve, CapacityRun
from genlab.sweep import CellResult, TrainingCell

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

_ERRORS = ("train_error", "test_error")


class Course(NamedTuple):
    """The errors of the networks of one width at every evaluation."""

    width: int
    n_parameters: int
    steps: Int[np.ndarray, " steps"]
    train_error: Float[np.ndarray, "seeds steps"]
    test_error: Float[np.ndarray, "seeds steps"]

    def size(self) -> Row:
        """The columns that say which network it is."""
        return {"capacity": self.width, "n_parameters": self.n_parameters}


def run(context: Context, protocol: Protocol) -> Findings:
    """Train every width, and follow the test error through training."""
    seeds = context.seeds(protocol.n_seeds)
    runs = [_run(width, seed, protocol) for width in protocol.widths for seed in seeds]
    cells = [one.cell for one in runs]
    results = context.run_cells(cells)
    courses = [
        _course(width, runs[i : i + len(seeds)], results[i : i + len(seeds)])
        for width, i in zip(protocol.widths, range(0, len(runs), len(seeds)), strict=True)
    ]
    curve = CapacityCurve(tuple(runs), tuple(results), protocol.n_train, protocol.n_test, 10)
    tables = {
        "changes": [row for course in courses for row in _changes(course, protocol.tested_from)],
        "fitted": [_fitted(course) for course in courses],
        "map": [row for course in courses for row in _map(course, protocol)],
        "networks": curve.rows(),
    }
    return Findings(
        tables,
        [],
        answer(tables, curve, _along_width(courses), protocol),
        cells,
        notes(protocol),
        finding=finding(tables),
    )


def _run(width: int, seed: int, protocol: Protocol) -> CapacityRun[TrainingCell]:
    model = MLP(hidden=(width, width), init="fan_in")
    data = {"seed": seed, "n_train": protocol.n_train, "n_test": protocol.n_test}
    cell = TrainingCell(
        DataSpec("mnist1d_resampled", data), model, protocol.recipe, seed, protocol.label_noise
    )
    return CapacityRun(width, model.n_parameters((40,), 10), cell)


def _course(
    width: int, runs: Sequence[CapacityRun[TrainingCell]], results: Sequence[CellResult]
) -> Course:
    errors = [np.array([getattr(result, name) for result in results]) for name in _ERRORS]
    return Course(width, runs[0].n_parameters or 0, results[0].steps, *errors)


def _map(course: Course, protocol: Protocol) -> list[Row]:
    rows = []
    for name, n in zip(_ERRORS, (protocol.n_train, protocol.n_test), strict=True):
        interval = error_interval(getattr(course, name), n)
        rows += [
            {
                **course.size(),
                "step": int(step),
                "curve": name,
                **interval.row(index=i),
                "n_seeds": int(interval.n[i]),
            }
            for i, step in enumerate(course.steps)
        ]
    return rows


def _along_width(courses: Sequence[Course]) -> PeakTest:
    """Whether the error after the last step has a peak along the width, of the same seeds."""
    return peak_test([course.test_error[:, -1] for course in courses], paired=_all_there(courses))


def _all_there(courses: Sequence[Course]) -> bool:
    """Whether some seed has a finite error at every width; if not, none can be paired."""
    ends = np.array([course.test_error[:, -1] for course in courses])
    return bool(np.isfinite(ends).all(axis=0).any())


def _fitted(course: Course) -> Row:
    """From which step on training error is below 1%; step 0, where nothing is, is left out."""
    found = interpolation_threshold(course.steps[1:].tolist(), list(course.train_error[:, 1:].T))
    return {
        **course.size(),
        **found.capacity.row(),
        "n_fitted": found.crossing,
        "n_seeds": found.seeds,
    }


def _changes(course: Course, first: int) -> list[Row]:
    """Differences between steps of the same seeds, with intervals that allow for their choice."""
    tested = course.steps >= first
    course = course._replace(steps=course.steps[tested], test_error=course.test_error[:, tested])
    errors = list(course.test_error.T)
    if not np.isfinite(errors).all(axis=0).any():
        nan = np.array(np.nan)
        nothing = Interval(nan, nan, nan, np.array(0))
        return [_change(course, name, 0, 0, nothing) for name in ("end", "rise", "fall")]
    pairs = pairwise_intervals(errors, paired=True)
    peak = peak_test(errors, paired=True)
    last = len(errors) - 1
    # The mean at a position less that at the last: the lowest where this is lowest.
    lowest = int(pairs.mean[last].argmin())
    end = Interval(*(part[lowest, last] for part in (pairs.mean, pairs.low, pairs.high, pairs.n)))
    return [
        _change(course, "end", lowest, last, end, bool(end.low > 0)),
        _change(course, "rise", peak.before, peak.top, peak.rise, peak.found),
        _change(course, "fall", peak.after, peak.top, peak.fall, peak.found),
    ]


def _change(
    course: Course, name: str, first: int, second: int, interval: Interval, found: bool = False
) -> Row:
    return {
        **course.size(),
        "change": name,
        "from_step": int(course.steps[first]),
        "to_step": int(course.steps[second]),
        **interval.row(),
        "found": found,
        "n_seeds": int(interval.n),
    }
