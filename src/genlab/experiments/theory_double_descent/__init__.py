"""`theory-double-descent`: exact theory of the peak, beside simulations of finite size.

Linear regression as in Hastie, Montanari, Rosset & Tibshirani, "Surprises in high-dimensional
ridgeless least squares interpolation" (Annals of Statistics 2022); random features as in Mei &
Montanari, "The generalization error of random features regression" (Communications on Pure and
Applied Mathematics 2022); and networks of infinite width on MNIST-1D.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base import streams
from genlab._base.jsons import Row
from genlab._base.threads import one_blas_thread
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.theory_double_descent.models import MODELS, Model, models
from genlab.experiments.theory_double_descent.networks import infinite_width
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


def run(context: Context, protocol: Protocol) -> Findings:
    """Simulate every model at every ratio, and count how often theory lies in the interval."""
    seed = context.seeds(1)[0]
    risk: list[Row] = []
    for model in models(protocol):
        for ratio in protocol.ratios:
            risk += _rows(model, ratio, protocol, seed)
    tables = {
        "risk": risk,
        "agreement": list(_agreement(risk)),
        "lines": [row for model in models(protocol) for row in _lines(model, protocol)],
        "infinite_width": infinite_width(protocol, seed),
    }
    return Findings(
        tables,
        [],
        answer(tables, protocol),
        notes=notes(tables, protocol),
        finding=finding(tables),
    )


def _rows(model: Model, ratio: float, protocol: Protocol, seed: int) -> list[Row]:
    """Risk, bias and variance of one model at one ratio, for each ridge."""
    n = protocol.n_examples
    n_features = round(ratio * n)
    # A block of the stream for each model, ratio and draw.
    start = (MODELS.index(model.name) * 1_000_000 + n_features) * 10_000
    with one_blas_thread():
        drawn = [
            model.draw(streams.numpy_stream(seed, streams.THEORY, start + draw), n_features)
            for draw in range(protocol.n_draws)
        ]
    rows: list[Row] = []
    for place, ridge in enumerate(model.ridges):
        bias = np.array([parts.bias[place] for parts in drawn])
        variance = protocol.noise**2 * np.array([parts.variance[place] for parts in drawn])
        limit, finite = model.limit(n_features, ridge), model.finite(n_features, ridge)
        infinite = ridge == 0 and n_features == n
        head = {
            "model": model.name,
            "ridge": ridge,
            "ratio": ratio,
            "n_features": n_features,
        }
        for part, values in (("risk", bias + variance), ("bias", bias), ("variance", variance)):
            exact = None if finite is None else float(getattr(finite, part))
            interval = (quantile_interval if infinite else loss_interval)(values)
            rows.append(
                _row(head, part, interval, float(getattr(limit, part)), exact, median=infinite)
            )
        if model.name == "isotropic" and ridge == 0:
            points = protocol.noise**2 * np.array([parts.at_a_point[place] for parts in drawn])
            exact = float(isotropic_variance_quantile(n, n_features, protocol.noise))
            rows.append(
                _row(head, "variance_at_a_point", quantile_interval(points), None, exact, True)
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


def _agreement(risk: list[Row]) -> Iterator[Row]:
    """How many ratios have theory in the interval, and how many would by chance."""
    groups = dict.fromkeys((row["model"], row["ridge"], row["part"]) for row in risk)
    for model, ridge, part in groups:
        rows = [r for r in risk if (r["model"], r["ridge"], r["part"]) == (model, ridge, part)]
        for theory in ("limit", "finite"):
            found = [r[f"{theory}_inside"] for r in rows if r[f"{theory}_inside"] is not None]
            if found:
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
