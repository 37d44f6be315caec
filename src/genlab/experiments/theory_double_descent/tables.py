"""The tables of `theory-double-descent`. Errors are squared, in units of the target's variance."""

from __future__ import annotations

from genlab.experiments._columns import LABELS
from genlab.experiments._experiment import Table

_MODEL = {
    "model": "isotropic, general (linear regression with features of equal and of two variances) "
    "or random_features (ReLU)",
    "ridge": "ridge λ; 0: the fit of minimum norm",
}
_RATIO = {"ratio": "features / training examples"}
_PART = "risk (without the noise of new targets), bias or variance (over label noise)"

TABLES = {
    "risk": Table(
        "One row per model, ridge, ratio and part of the error.",
        {
            **_MODEL,
            **_RATIO,
            "n_features": "number of features",
            "part": f"{_PART}; variance_at_a_point: variance at one random test input for each "
            "training set",
            "summary": "mean or median: over training sets; the median where the mean is infinite",
            "estimate": "mean or median over training sets",
            "low": "lower end of its 95% interval; empty where all values are equal",
            "high": "upper end of its 95% interval; empty where all values are equal",
            "limit": "theory for infinitely many examples; empty where there is none or it is "
            "infinite",
            "limit_inside": "whether `limit` lies in the interval; empty where it is no comparison",
            "finite": "theory for this number of examples; empty where there is none",
            "finite_inside": "whether `finite` lies in the interval",
            "n_draws": "training sets",
        },
    ),
    "extrapolated": Table(
        "One row per model, ridge, ratio and part: simulations of two sizes, extrapolated to "
        "infinitely many examples.",
        {
            **_MODEL,
            **_RATIO,
            "part": _PART,
            "estimate": "what the logarithms of the two means give, linear in 1 / examples",
            "low": "lower end of its 95% interval",
            "high": "upper end of its 95% interval",
            "limit": "theory for infinitely many examples",
            "limit_inside": "whether `limit` lies in the interval",
            "n_draws": "training sets of the larger size",
            "n_draws_smaller": "training sets of the smaller size",
        },
    ),
    "agreement": Table(
        "One row per model, ridge, part and theory: how many ratios have theory in the interval.",
        {
            **_MODEL,
            "part": f"{_PART}; variance_at_a_point",
            "theory": "limit (infinitely many examples), finite (this number of examples) or "
            "limit_extrapolated (the limit, with the simulation extrapolated to it)",
            "n_inside": "ratios whose 95% interval holds the theory",
            "n_compared": "ratios that are compared",
            "by_chance_low": "2.5% quantile of that count if theory is right",
            "by_chance_high": "97.5% quantile of that count if theory is right",
        },
    ),
    "lines": Table(
        "One row per model, ridge and ratio of a fine grid: theory of the limit.",
        {
            **_MODEL,
            **_RATIO,
            "risk": "bias + variance",
            "bias": "bias given the training inputs",
            "variance": "variance over label noise",
        },
    ),
    "infinite_width": Table(
        "One row per kernel and training labels: kernel regression on MNIST-1D.",
        {
            "kernel": "nngp (all weights but the last layer's stay random) or ntk (all layers "
            "with hidden inputs are trained)",
            **LABELS,
            "estimate": "fraction of test examples misclassified",
            "low": "lower end of its 95% interval over test examples",
            "high": "upper end of its 95% interval over test examples",
            "n_train": "training examples",
            "n_test": "test examples",
        },
    ),
}
