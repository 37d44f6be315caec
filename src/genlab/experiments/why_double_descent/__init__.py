"""`why-double-descent`: whether variance or bias peaks at the interpolation threshold.

Networks of the chapter's kind, two hidden layers of equal width on MNIST-1D, are fitted to many
fresh training sets at every width. Their test loss is split into bias and variance (S. Prince,
"Understanding Deep Learning", sections 8.2 and 8.4).
"""

from __future__ import annotations

import math

from genlab._base.jsons import Row
from genlab.datasets import resample_mnist1d
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._labels import LABELS, noise_of
from genlab.experiments._peak_words import threshold_row
from genlab.experiments.why_double_descent.protocol import (
    LOSSES,
    PROTOCOLS,
    UNBIASED,
    Protocol,
)
from genlab.experiments.why_double_descent.tables import TABLES
from genlab.experiments.why_double_descent.words import answer, finding, notes
from genlab.measure import Interval, error_interval
from genlab.models import MLP
from genlab.studies import DecompositionCurve, decomposition_runs

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Fit every width to every training set, and test what peaks and what rises."""
    runs = {
        labels: decomposition_runs(
            lambda width: MLP(hidden=(width, width), init="fan_in"),
            protocol.widths,
            resample_mnist1d(0, protocol.n_train, protocol.n_test),
            protocol.n_datasets,
            losses=LOSSES,
            sampling="fresh",
            recipe=protocol.recipe,
            label_noise=noise_of(labels, protocol.label_noise) or 0.0,
            n_groups=protocol.n_groups,
            seed=context.seeds(1)[0],
        )
        for labels in LABELS
    }
    cells = [cell for one in runs.values() for cell in one.cells]
    results = context.run_cells(cells)
    n = len(cells) // len(LABELS)
    curves = {
        labels: one.curve(results[i * n : (i + 1) * n])
        for i, (labels, one) in enumerate(runs.items())
    }
    tables = {
        "tests": [row for labels in LABELS for row in _test_rows(labels, curves[labels])],
        "highest": [row for labels in LABELS for row in _highest_rows(labels, curves[labels])],
        "thresholds": [threshold_row(labels, curves[labels].threshold) for labels in LABELS],
        "parts": [
            {"labels": labels, **{name: row[name] for name in row if name != "kind"}}
            for labels in LABELS
            for row in curves[labels].rows()
            if row["kind"] != "detail"
        ],
        "bands": [row for labels in LABELS for row in _bands(labels, curves[labels], protocol)],
        "groups": [row for labels in LABELS for row in _group_rows(labels, curves[labels])],
    }
    return Findings(
        tables,
        [],
        answer(tables, protocol),
        cells,
        notes(protocol),
        finding=finding(tables, protocol),
    )


def _tested(loss: str, curve: DecompositionCurve) -> list[str]:
    """Parts that groups of training sets tell without a bias that follows the variance."""
    bias, variance = curve.terms(loss)
    if loss in UNBIASED:
        return [bias, variance, "loss"]
    # A bias that is too high where the variance is takes as much from the variance, whose peaks
    # then look lower than they are.
    return [variance, "loss"] if loss == "cross_entropy" else []


def _test_rows(labels: str, curve: DecompositionCurve) -> list[Row]:
    sizes = curve.capacities
    rows = []
    for loss in curve.losses:
        for part in _tested(loss, curve):
            peak, rise = curve.peak(loss, part), curve.rise(loss, part)
            claims: list[tuple[str, int, int, Interval, bool]] = [
                ("peak_rise", peak.before, peak.top, peak.rise, peak.found),
                ("peak_fall", peak.top, peak.after, peak.fall, peak.found),
                ("largest_rise", rise.start, rise.top, rise.rise, rise.found),
                ("change", 0, len(sizes) - 1, rise.change, not _holds_0(rise.change)),
            ]
            rows += [
                {
                    "labels": labels,
                    "loss": loss,
                    "part": part,
                    "claim": claim,
                    "from": sizes[start],
                    "to": sizes[stop],
                    **interval.row(),
                    "found": found,
                    "most": rise.most if claim == "largest_rise" else math.nan,
                }
                for claim, start, stop, interval, found in claims
            ]
    return rows


def _holds_0(interval: Interval) -> bool:
    return not (interval.low > 0 or interval.high < 0)


def _highest_rows(labels: str, curve: DecompositionCurve) -> list[Row]:
    return [
        {"labels": labels, "loss": loss, "part": part, "capacity": capacity}
        for loss in curve.losses
        for part in _tested(loss, curve)
        for capacity in curve.highest(loss, part)
    ]


def _bands(labels: str, curve: DecompositionCurve, protocol: Protocol) -> list[Row]:
    rows = []
    for name, n in (("train_error", protocol.n_train), ("test_error", protocol.n_test)):
        for capacity, n_parameters, values in zip(
            curve.capacities, curve.n_parameters, curve.errors(name), strict=True
        ):
            rows.append(
                {
                    "labels": labels,
                    "capacity": capacity,
                    "n_parameters": n_parameters,
                    "curve": name,
                    **error_interval(values, n).row(),
                    "n_fits": len(values),
                }
            )
    return rows


def _group_rows(labels: str, curve: DecompositionCurve) -> list[Row]:
    return [
        {
            "labels": labels,
            "capacity": capacity,
            "loss": loss,
            "part": part,
            "group": group,
            "estimate": float(value),
        }
        for loss in curve.losses
        for part in _tested(loss, curve)
        for capacity, values in zip(curve.capacities, curve.values(loss, part), strict=True)
        for group, value in enumerate(values)
    ]
