"""`removing-the-peak`: what makes the peak of test error along the width vanish.

Nakkiran, Venkat, Kakade & Ma, "Optimal Regularization Can Mitigate Double Descent" (ICLR 2021):
with the right amount of weight decay, test error falls with the number of parameters. Here weight
decay, early stopping and the noise of the labels, for the chapter's network on MNIST-1D, and how
the interpolation threshold moves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import DataSpec, LabelNoise
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.removing_the_peak.protocol import PROTOCOLS, STOPPINGS, Protocol, Scan
from genlab.experiments.removing_the_peak.tables import TABLES
from genlab.experiments.removing_the_peak.words import answer, finding, notes
from genlab.measure import (
    error_interval,
    interpolation_threshold,
    mean_interval,
    pairwise_intervals,
    peak_test,
)
from genlab.models import MLP
from genlab.sweep import CellResult, TrainingCell
from genlab.training import CURVES

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "Scan", "run"]

_N_CLASSES = 10
Errors = Float[np.ndarray, "seeds widths"]


class Series(NamedTuple):
    """Networks of several widths that are otherwise alike."""

    noise: float
    decay: float
    scan: Scan

    def model(self, width: int) -> MLP:
        """The network of a width."""
        return MLP(hidden=(width,) * self.scan.n_layers, init="fan_in")


class Measured(NamedTuple):
    """What the networks of a series ended with: after the last step, and at the best one."""

    train: Errors
    last: Errors
    validation: Errors


def run(context: Context, protocol: Protocol) -> Findings:
    """Train every width with each noise level and weight decay, and compare the curves."""
    seeds = context.seeds(protocol.n_seeds)
    main = Scan(protocol.n_train, 2, protocol.widths)
    conditions = [Series(noise, decay, main) for noise, decay in protocol.conditions()]
    series = [*conditions, *(Series(protocol.noise, 0.0, scan) for scan in protocol.scans)]
    places = [(one, seed, width) for one in series for seed in seeds for width in one.scan.widths]
    cells = [_cell(*place, protocol) for place in places]
    results = dict(zip(places, context.run_cells(cells), strict=True))
    measured = {one: _measured(one, seeds, results) for one in series}
    tables = {
        "peaks": [
            _peak(one, stopping, measured[one]) for one in conditions for stopping in STOPPINGS
        ],
        "curves": [
            row
            for one in conditions
            for stopping in STOPPINGS
            for row in _curve(one, stopping, measured[one], protocol)
        ],
        "gains": _gains(conditions, measured, protocol),
        "thresholds": [_threshold(one, measured[one], protocol) for one in series if not one.decay],
        "networks": [
            _network(place, cell, results[place], protocol)
            for place, cell in zip(places, cells, strict=True)
        ],
    }
    return Findings(
        tables,
        [],
        answer(tables, protocol),
        cells,
        notes(protocol),
        finding=finding(tables, protocol),
    )


def _cell(series: Series, seed: int, width: int, protocol: Protocol) -> TrainingCell:
    data = {"seed": seed, "n_train": series.scan.n_train, "n_test": protocol.n_test}
    return TrainingCell(
        DataSpec("mnist1d_resampled", data),
        series.model(width),
        dataclasses.replace(protocol.recipe, weight_decay=series.decay),
        seed,
        LabelNoise(series.noise) if series.noise else None,
    )


def _measured(
    series: Series, seeds: Sequence[int], results: Mapping[tuple[Series, int, int], CellResult]
) -> Measured:
    def table(curve: str, at: str) -> Errors:
        return np.array(
            [
                [_value(results[series, seed, width], curve, at) for width in series.scan.widths]
                for seed in seeds
            ]
        )

    return Measured(
        table("train_error", "last"), table("test_error", "last"), table("test_error", "validation")
    )


def _value(result: CellResult, curve: str, stopping: str) -> float:
    if stopping == "validation":
        return result.end(curve)
    return float(getattr(result, curve)[-1])


def _condition(series: Series, stopping: str) -> Row:
    return {"label_noise": series.noise, "weight_decay": series.decay, "stopping": stopping}


def _peak(series: Series, stopping: str, measured: Measured) -> Row:
    """The largest rise along the width and the fall after it, of the same seeds at all widths."""
    errors: Errors = getattr(measured, stopping)
    whole = errors[np.isfinite(errors).all(axis=1)]
    if len(whole) == 0:
        raise ValueError(f"no seed has a finite test error at every width: {series!r}.")
    test = peak_test(list(whole.T), paired=True)
    highs = pairwise_intervals(list(whole.T), paired=True).high
    above = highs[np.triu_indices(len(highs), 1)]
    widths = series.scan.widths
    return {
        **_condition(series, stopping),
        "before": widths[test.before],
        "top": widths[test.top],
        "after": widths[test.after],
        **test.rise.row("rise"),
        **test.fall.row("fall"),
        "most": float(above.max()),
        "found": test.found,
        "n_seeds": len(whole),
    }


def _curve(series: Series, stopping: str, measured: Measured, protocol: Protocol) -> list[Row]:
    interval = error_interval(getattr(measured, stopping), protocol.n_test)
    return [
        {
            **_condition(series, stopping),
            "capacity": width,
            "n_parameters": series.model(width).n_parameters((40,), _N_CLASSES),
            **interval.row(index=i),
            "n_seeds": int(interval.n[i]),
        }
        for i, width in enumerate(series.scan.widths)
    ]


def _gains(
    conditions: Sequence[Series], measured: Mapping[Series, Measured], protocol: Protocol
) -> list[Row]:
    """Test error without weight decay after the last step, minus that of each other way."""
    regularised = [one for one in conditions if one.noise == protocol.noise]
    plain = measured[next(one for one in regularised if not one.decay)].last
    rows = []
    for one in regularised:
        for stopping in STOPPINGS:
            if one.decay == 0 and stopping == "last":
                continue
            gain = mean_interval(plain - getattr(measured[one], stopping))
            rows += [
                {
                    **_condition(one, stopping),
                    "capacity": width,
                    **gain.row(index=i),
                    "n_seeds": int(gain.n[i]),
                }
                for i, width in enumerate(one.scan.widths)
            ]
    return rows


def _threshold(series: Series, measured: Measured, protocol: Protocol) -> Row:
    """Where training error falls below 1%: a width, and parameters per example and class."""
    found = interpolation_threshold(series.scan.widths, list(measured.train.T))
    width = found.capacity
    n = protocol.recipe.n_fitted(series.scan.n_train)
    return {
        "n_train": n,
        "label_noise": series.noise,
        "n_layers": series.scan.n_layers,
        **width.row(),
        **{
            name: parameters(float(end), series.scan.n_layers) / (n * _N_CLASSES)
            for name, end in (
                ("ratio", width.mean),
                ("ratio_low", width.low),
                ("ratio_high", width.high),
            )
        },
        "n_fitted": found.crossing,
        "n_seeds": found.seeds,
    }


def parameters(width: float, n_layers: int) -> float:
    """Weights and biases of a network 40-h-…-h-10, also between whole widths.

    >>> parameters(100.0, 2) == MLP(hidden=(100, 100)).n_parameters((40,), 10)
    True
    """
    return 41 * width + (n_layers - 1) * (width + 1) * width + 10 * (width + 1)


def _network(
    place: tuple[Series, int, int], cell: TrainingCell, result: CellResult, protocol: Protocol
) -> Row:
    series, seed, width = place
    return {
        "dataset": cell.data.name,
        "model": "MLP",
        "capacity": width,
        "n_parameters": series.model(width).n_parameters((40,), _N_CLASSES),
        "label_noise": series.noise,
        "seed": seed,
        "step": int(result.steps[-1]),
        **{curve: _value(result, curve, "last") for curve in CURVES},
        "weight_decay": series.decay,
        "n_train": protocol.recipe.n_fitted(series.scan.n_train),
        "n_layers": series.scan.n_layers,
        "stopped_step": int(result.steps[result.kept]),
        "stopped_test_error": _value(result, "test_error", "validation"),
    }
