"""What the experiments on toy regression share: columns of tables, texts and curves."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression
from genlab.models import HingeFit

BOOK = "Prince, Understanding Deep Learning, ch. 8"

#: Inputs at which curves are drawn.
CURVE_X: Float[np.ndarray, " m"] = np.linspace(0.0, 1.0, 201)

#: Columns of a curve or of points.
XY = {"x": "input, from 0 to 1", "y": "value at x, in units of y"}
#: Columns of an estimate over data sets, in squared units of y.
SQUARED_ERROR = {
    "estimate": "mean over data sets, in squared units of y",
    "low": "lower end of its 95% interval",
    "high": "upper end of its 95% interval",
}
N_DATASETS = {"n_datasets": "data sets behind the estimate"}

#: Parts of an expected squared error: code in tables -> text for people.
PART_TEXTS = {
    "noise": "noise",
    "bias_squared": "bias²",
    "variance": "variance",
    "sum": "sum",
}


def curve_rows(
    x: Float[np.ndarray, " m"], y: Float[np.ndarray, " m"], name: str = "y", **head: Any
) -> list[Row]:
    """One row per point of a curve."""
    return [{**head, "x": float(a), name: float(b)} for a, b in zip(x, y, strict=True)]


def distance_from_truth(fit: HingeFit, problem: ToyRegression) -> float:
    """Mean squared distance of one fit from the true function, over x in [0, 1]."""
    middles = (np.arange(1000) + 0.5) / 1000
    return float(np.mean((fit.predict(middles) - problem.truth(middles)) ** 2))


def roughness_of_truth(problem: ToyRegression) -> Row:
    """Total variation and curvature of the true function, from 20,000 straight lines."""
    x = np.linspace(0.0, 1.0, 20_001)
    rises = np.diff(problem.truth(x))
    return {
        "total_variation": float(np.abs(rises).sum()),
        "curvature": float(np.abs(np.diff(rises / np.diff(x))).sum()),
    }
