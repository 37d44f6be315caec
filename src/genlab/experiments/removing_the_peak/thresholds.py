"""The table `thresholds` of `removing-the-peak`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.experiments.removing_the_peak.series import (
    N_CLASSES,
    Errors,
    Measured,
    Series,
    parameters,
)
from genlab.measure import interpolation_threshold, mean_interval


def condition_threshold(series: Series, measured: Measured) -> Row:
    """Where training error falls below 1%: a width, and parameters per example and class."""
    found = interpolation_threshold(series.scan.widths, list(measured.train.T))
    width = found.capacity
    return {
        "n_train": series.recipe.n_fitted(series.scan.n_train),
        "label_noise": series.scan.label_noise,
        "weight_decay": series.decay,
        "n_layers": series.scan.n_layers,
        **width.row(),
        **{
            name: _ratio(float(end), series)
            for name, end in (
                ("ratio", width.mean),
                ("ratio_low", width.low),
                ("ratio_high", width.high),
            )
        },
        "n_fitted": found.crossing,
        "n_seeds": found.seeds,
        "scanned": False,
        "change": None,
        "change_low": None,
        "change_high": None,
    }


def scanned_thresholds(scans: Sequence[Series], measured: Mapping[Series, Measured]) -> list[Row]:
    """The thresholds of the scans, and how far each ratio is from that of the first scan.

    By Bonferroni's inequality the intervals of all differences hold at once.
    """
    of_seeds = [_ratios(one, measured[one].train) for one in scans]
    rows = []
    for one, ratios in zip(scans, of_seeds, strict=True):
        row = {**condition_threshold(one, measured[one]), "scanned": True}
        both = ratios - of_seeds[0][:, ::-1]
        if one is not scans[0] and np.isfinite(both).all():
            # Each threshold lies between two widths, so each difference does between two, too.
            ends = mean_interval(both, confidence=1 - 0.05 / (len(scans) - 1))
            row |= {
                "change": float((ratios - of_seeds[0])[:, 1].mean()),
                "change_low": float(ends.low[0]),
                "change_high": float(ends.high[2]),
            }
        rows.append(row)
    return rows


def _ratios(series: Series, train: Errors) -> Float[np.ndarray, "seeds 3"]:
    """Of each seed the ratio below its threshold, at it, and above it; NaN if it has none."""
    found = [interpolation_threshold(series.scan.widths, list(one[:, None])) for one in train]
    return np.array(
        [
            [
                _ratio(float(width), series)
                for width in (one.none_below, one.capacity.mean, one.all_from)
            ]
            if one.crossing and np.isfinite(one.none_below)
            else [np.nan] * 3
            for one in found
        ]
    )


def _ratio(width: float, series: Series) -> float:
    """Parameters for each training example and class of a network of that width."""
    n = series.recipe.n_fitted(series.scan.n_train)
    return parameters(float(width), series.scan.n_layers) / (n * N_CLASSES)
