"""`theory-double-descent`: exact theory of the peak, beside simulations of finite size.

Linear regression as in Hastie, Montanari, Rosset & Tibshirani, "Surprises in high-dimensional
ridgeless least squares interpolation" (Annals of Statistics 2022); random features as in Mei &
Montanari, "The generalization error of random features regression" (Communications on Pure and
Applied Mathematics 2022); and networks of infinite width on MNIST-1D.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.theory_double_descent.cells import SimulatedRisk
from genlab.experiments.theory_double_descent.extrapolation import can_extrapolate, extrapolated
from genlab.experiments.theory_double_descent.models import MODELS, Model, models
from genlab.experiments.theory_double_descent.networks import (
    infinite_width_cell,
    infinite_width_rows,
)
from genlab.experiments.theory_double_descent.protocol import PROTOCOLS, Protocol
from genlab.experiments.theory_double_descent.tables import TABLES
from genlab.experiments.theory_double_descent.words import answer, finding, notes
from genlab.measure import Interval, loss_interval, quantile_interval
from genlab.measure.theory import isotropic_variance_quantile

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

# Points of a line of theory; with an even number none of them is the ratio 1, the pole. More are
# close to the pole: relative distances from 1.
_N_LINE = 160
_NEAR = np.geomspace(0.001, 0.03, 12)
# A part that theory says is 0 is 0 up to rounding in every draw.
_ZERO = 1e-12
_PARTS = ("risk", "bias", "variance")


def run(context: Context, protocol: Protocol) -> Findings:
    """Simulate every model at every ratio, and count how often theory lies in the interval."""
    seed = context.seeds(1)[0]
    sizes = {
        protocol.n_examples: (protocol.n_draws, 0),
        protocol.n_smaller: (protocol.n_draws_smaller, len(MODELS)),
    }
    cells = {
        (n, model.name, ratio): SimulatedRisk(
            n, round(ratio * n), n_draws, model.ridges, seed, block + i, **model.drawn
        )
        for n, (n_draws, block) in sizes.items()
        for i, model in enumerate(models(protocol, n))
        for ratio in protocol.ratios
    }
    wide = infinite_width_cell(protocol, seed)
    *simulated, predicted = context.run_cells([*cells.values(), wide])
    found = {
        place: _parts(result, protocol) for place, result in zip(cells, simulated, strict=True)
    }
    risk: list[Row] = []
    limits: list[Row] = []
    for model in models(protocol, protocol.n_examples):
        for ratio in protocol.ratios:
            larger, fewer = (found[n, model.name, ratio] for n in sizes)
            risk += _rows(model, ratio, larger, protocol)
            limits += _extrapolated_rows(model, ratio, larger, fewer, protocol)
    tables = {
        "risk": risk,
        "extrapolated": limits,
        "agreement": list(_agreement(risk, limits)),
        "lines": [
            row
            for model in models(protocol, protocol.n_examples)
            for row in _lines(model, protocol)
        ],
        "infinite_width": infinite_width_rows(wide, predicted),
    }
    return Findings(
        tables,
        [],
        answer(tables, protocol),
        notes=notes(tables, protocol),
        finding=finding(tables),
    )


def _parts(
    result: Float[np.ndarray, "parts ridges draws"], protocol: Protocol
) -> dict[str, Float[np.ndarray, "ridges draws"]]:
    """Part of the risk -> its values of the drawn training sets, for each ridge."""
    bias, variance, at_a_point = result
    variance = protocol.noise**2 * variance
    return {
        "risk": bias + variance,
        "bias": bias,
        "variance": variance,
        "variance_at_a_point": protocol.noise**2 * at_a_point,
    }


def _rows(
    model: Model,
    ratio: float,
    found: Mapping[str, Float[np.ndarray, "ridges draws"]],
    protocol: Protocol,
) -> list[Row]:
    """Risk, bias and variance of one model at one ratio, for each ridge."""
    n = protocol.n_examples
    n_features = round(ratio * n)
    rows: list[Row] = []
    for place, ridge in enumerate(model.ridges):
        limit, finite = model.limit(n_features, ridge), model.finite(n_features, ridge)
        infinite = ridge == 0 and n_features == n
        head = {
            "model": model.name,
            "ridge": ridge,
            "ratio": ratio,
            "n_features": n_features,
        }
        for part in _PARTS:
            exact = None if finite is None else float(getattr(finite, part))
            interval = (quantile_interval if infinite else loss_interval)(found[part][place])
            rows.append(
                _row(head, part, interval, float(getattr(limit, part)), exact, median=infinite)
            )
        if model.name == "isotropic" and ridge == 0:
            part = "variance_at_a_point"
            exact = float(isotropic_variance_quantile(n, n_features, protocol.noise))
            rows.append(_row(head, part, quantile_interval(found[part][place]), None, exact, True))
    return rows


def _extrapolated_rows(
    model: Model,
    ratio: float,
    found: Mapping[str, Float[np.ndarray, "ridges draws"]],
    fewer: Mapping[str, Float[np.ndarray, "ridges draws"]],
    protocol: Protocol,
) -> list[Row]:
    """Each part at infinitely many examples, where it has a finite mean and is not 0."""
    n, smaller = protocol.n_examples, protocol.n_smaller
    rows = []
    for place, ridge in enumerate(model.ridges):
        if not all(can_extrapolate(one, round(ratio * one), ridge) for one in (n, smaller)):
            continue
        limit = model.limit(round(ratio * n), ridge)
        for part in _PARTS:
            theory = float(getattr(limit, part))
            if theory < _ZERO:
                continue
            interval = extrapolated(found[part][place], n, fewer[part][place], smaller)
            rows.append(
                {
                    "model": model.name,
                    "ridge": ridge,
                    "ratio": ratio,
                    "part": part,
                    **interval.row(),
                    "limit": theory,
                    "limit_inside": bool(interval.low <= theory <= interval.high),
                    "n_draws": protocol.n_draws,
                    "n_draws_smaller": protocol.n_draws_smaller,
                }
            )
    return rows


def _row(
    head: Row,
    part: str,
    interval: Interval,
    limit: float | None,
    finite: float | None,
    median: bool,
) -> Row:
    """One row, whose theory is compared where both are of one kind and there is something."""
    comparable = part == "variance_at_a_point" or not median

    def inside(theory: float | None) -> bool | None:
        if theory is None or not comparable or theory < _ZERO:
            return None
        return bool(interval.low <= theory <= interval.high)

    return {
        **head,
        "part": part,
        "summary": "median" if median else "mean",
        **interval.row(),
        "limit": limit,
        "limit_inside": inside(limit),
        "finite": finite,
        "finite_inside": inside(finite),
        "n_draws": int(interval.n),
    }


def _agreement(risk: list[Row], limits: list[Row]) -> Iterator[Row]:
    """How many ratios have theory in the interval, and how many would by chance."""
    groups: dict[tuple[str, float, str, str], list[bool]] = {}
    for theory, rows, column in (
        ("limit", risk, "limit_inside"),
        ("limit_extrapolated", limits, "limit_inside"),
        ("finite", risk, "finite_inside"),
    ):
        for row in rows:
            if row[column] is not None:
                key = row["model"], row["ridge"], row["part"], theory
                groups.setdefault(key, []).append(row[column])
    for (model, ridge, part, theory), found in groups.items():
        low, high = (scipy.stats.binom.ppf(q, len(found), 0.95) for q in (0.025, 0.975))
        yield {
            "model": model,
            "ridge": ridge,
            "part": part,
            "theory": theory,
            "n_inside": sum(found),
            "n_compared": len(found),
            "by_chance_low": int(low),
            "by_chance_high": int(high),
        }


def _lines(model: Model, protocol: Protocol) -> Iterator[Row]:
    """The theory of the limit, at many ratios."""
    low, high = (math.log10(end(protocol.ratios)) for end in (min, max))
    grid: Float[np.ndarray, " k"] = np.sort(
        np.concatenate([np.logspace(low, high, _N_LINE), 1 - _NEAR, 1 + _NEAR])
    )
    for ridge in model.ridges:
        found = model.limit(grid * protocol.n_examples, ridge)
        for i, ratio in enumerate(grid):
            yield {
                "model": model.name,
                "ridge": ridge,
                "ratio": float(ratio),
                "risk": float(found.risk[i]),
                "bias": float(found.bias[i]),
                "variance": float(found.variance[i]),
            }
