"""`removing-the-peak`: what makes the peak of test error along the width vanish.

Nakkiran, Venkat, Kakade & Ma, "Optimal Regularization Can Mitigate Double Descent" (ICLR 2021):
with the right amount of weight decay, test error falls with the number of parameters. Here weight
decay, early stopping and the noise of the labels, for the chapter's network on MNIST-1D, and how
the interpolation threshold moves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import DataSpec, LabelNoise
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._peak_words import peak_row
from genlab.experiments._rows import pick
from genlab.experiments.removing_the_peak.protocol import PROTOCOLS, STOPPINGS, Protocol, Scan
from genlab.experiments.removing_the_peak.series import N_CLASSES, Errors, Measured, Series
from genlab.experiments.removing_the_peak.tables import TABLES
from genlab.experiments.removing_the_peak.thresholds import condition_threshold, scanned_thresholds
from genlab.experiments.removing_the_peak.words import answer, finding, notes, settings_of
from genlab.measure import (
    error_interval,
    mean_interval,
    pairwise_intervals,
    peak_test,
    rise_test,
)
from genlab.sweep import CellResult, TrainingCell
from genlab.training import CURVES

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "Scan", "run"]

#: By label noise and weight decay.
ByCondition = Mapping[tuple[float, float], Measured]


def run(context: Context, protocol: Protocol) -> Findings:
    """Train every width with each noise level and weight decay, and compare the curves."""
    first = protocol.first_seed
    seeds = context.seeds(first + max(protocol.n_seeds, protocol.n_scan_seeds))[first:]
    conditions = [
        Series(
            Scan(protocol.n_train, 2, noise, protocol.widths),
            dataclasses.replace(protocol.recipe, weight_decay=decay),
            tuple(seeds[: protocol.n_seeds]),
        )
        for noise, decay in protocol.conditions()
    ]
    scans = [
        Series(scan, protocol.scan_recipe, tuple(seeds[: protocol.n_scan_seeds]))
        for scan in protocol.scans
    ]
    places = [
        (one, seed, width)
        for one in (*conditions, *scans)
        for seed in one.seeds
        for width in one.scan.widths
    ]
    cells = [_cell(*place, protocol) for place in places]
    results = dict(zip(places, context.run_cells(cells), strict=True))
    measured = {one: _measured(one, results) for one in (*conditions, *scans)}
    peaks = [_peak(one, stopping, measured[one]) for one in conditions for stopping in STOPPINGS]
    by_condition = {(one.scan.label_noise, one.decay): measured[one] for one in conditions}
    plain = pick(peaks, label_noise=protocol.noise, weight_decay=0.0, stopping="last")
    tables = {
        "peaks": peaks,
        "changes": _changes(by_condition, plain, protocol),
        "curves": [
            row
            for one in conditions
            for stopping in STOPPINGS
            for row in _curve(one, stopping, measured[one], protocol)
        ],
        "gains": _gains(by_condition, protocol),
        "thresholds": [
            *(condition_threshold(one, measured[one]) for one in conditions),
            *scanned_thresholds(scans, measured),
        ],
        "networks": [
            _network(place, cell, results[place]) for place, cell in zip(places, cells, strict=True)
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
    noise = series.scan.label_noise
    return TrainingCell(
        DataSpec("mnist1d_resampled", data),
        series.model(width),
        series.recipe,
        seed,
        LabelNoise(noise) if noise else None,
    )


def _measured(series: Series, results: Mapping[tuple[Series, int, int], CellResult]) -> Measured:
    def table(curve: str, at: str) -> Errors:
        return np.array(
            [
                [_value(results[series, seed, width], curve, at) for width in series.scan.widths]
                for seed in series.seeds
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
    return {
        "label_noise": series.scan.label_noise,
        "weight_decay": series.decay,
        "stopping": stopping,
    }


def _peak(series: Series, stopping: str, measured: Measured) -> Row:
    """The largest rise along the width and the fall after it, of the same seeds at all widths."""
    errors: Errors = getattr(measured, stopping)
    whole = errors[np.isfinite(errors).all(axis=1)]
    if len(whole) == 0:
        raise ValueError(f"no seed has a finite test error at every width: {series!r}.")
    test = peak_test(list(whole.T), paired=True)
    return {
        **_condition(series, stopping),
        **peak_row(test, series.scan.widths),
        "most": rise_test(list(whole.T), paired=True).most,
        "found": test.found,
        "n_seeds": len(whole),
    }


def _curve(series: Series, stopping: str, measured: Measured, protocol: Protocol) -> list[Row]:
    interval = error_interval(getattr(measured, stopping), protocol.n_test)
    return [
        {
            **_condition(series, stopping),
            "capacity": width,
            "n_parameters": series.model(width).n_parameters((40,), N_CLASSES),
            **interval.row(index=i),
            "n_seeds": int(interval.n[i]),
        }
        for i, width in enumerate(series.scan.widths)
    ]


def _gains(by_condition: ByCondition, protocol: Protocol) -> list[Row]:
    """Test error without weight decay after the last step, minus that of each way to regularise.

    By Bonferroni's inequality the intervals of all ways and widths hold at once.
    """
    plain = by_condition[protocol.noise, 0.0].last
    ways = [one for one in settings_of(protocol) if one.noise == protocol.noise]
    confidence = 1 - 0.05 / (len(ways) * len(protocol.widths))
    rows: list[Row] = []
    for way in ways:
        errors = getattr(by_condition[way.noise, way.decay], way.stopping)
        gain = mean_interval(plain - errors, confidence=confidence)
        rows += [
            {
                **way.row(),
                "capacity": width,
                **gain.row(index=i),
                "n_seeds": int(gain.n[i]),
            }
            for i, width in enumerate(protocol.widths)
        ]
    return rows


def _changes(by_condition: ByCondition, plain: Row, protocol: Protocol) -> list[Row]:
    """How much smaller the rise to the peak and the fall after it are, of the same seeds.

    By Bonferroni's inequality the intervals of all settings hold at once.
    """
    before, top, after = (protocol.widths.index(plain[name]) for name in ("before", "top", "after"))
    errors = by_condition[protocol.noise, 0.0].last
    told = settings_of(protocol)
    rows: list[Row] = []
    for one in told:
        less = errors - getattr(by_condition[one.noise, one.decay], one.stopping)
        pairs = pairwise_intervals(list(less.T), 1 - 0.05 / len(told), paired=True)
        rows += [
            {
                **one.row(),
                "change": name,
                "from": protocol.widths[i],
                "to": protocol.widths[top],
                **pairs.row(index=(i, top)),
                "n_seeds": int(pairs.n[i, top]),
            }
            for name, i in (("rise", before), ("fall", after))
        ]
    return rows


def _network(place: tuple[Series, int, int], cell: TrainingCell, result: CellResult) -> Row:
    series, seed, width = place
    return {
        "dataset": cell.data.name,
        "model": "MLP",
        "capacity": width,
        "n_parameters": series.model(width).n_parameters((40,), N_CLASSES),
        "label_noise": series.scan.label_noise,
        "seed": seed,
        "step": int(result.steps[-1]),
        **{curve: _value(result, curve, "last") for curve in CURVES},
        "weight_decay": series.decay,
        "n_train": series.recipe.n_fitted(series.scan.n_train),
        "n_layers": series.scan.n_layers,
        "stopped_step": int(result.steps[result.kept]),
        "stopped_test_error": _value(result, "test_error", "validation"),
    }
