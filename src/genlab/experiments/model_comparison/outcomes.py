"""How the test examples were classified: tables of one model, trained with several seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from genlab._base.jsons import Row
from genlab.measure import Reliability, class_errors, error_interval, mean_interval, most_confused
from genlab.sweep import CellResult


def class_rows(results: Sequence[CellResult]) -> list[Row]:
    """The error of each class: mean over seeds and its interval."""
    errors = class_errors(_confusions(results))
    return [
        {"class": label, **errors.row(index=label), "n_seeds": int(errors.n[label])}
        for label in range(len(errors.mean))
    ]


def confused_rows(results: Sequence[CellResult]) -> list[Row]:
    """The five pairs of classes that are confused most."""
    return [
        {
            "true": row["true"],
            "predicted": row["predicted"],
            "count": row["count"],
            "estimate": row["share"],
            "low": row["low"],
            "high": row["high"],
        }
        for row in most_confused(_confusions(results), 5)
    ]


def confusion_rows(results: Sequence[CellResult]) -> list[Row]:
    """Counts over all seeds, and the fraction of the true class's examples."""
    counts = _confusions(results).sum(axis=0)
    of_class = np.maximum(counts.sum(axis=1), 1)
    return [
        {
            "true": true,
            "predicted": predicted,
            "count": int(counts[true, predicted]),
            "fraction": float(counts[true, predicted] / of_class[true]),
        }
        for true in range(len(counts))
        for predicted in range(len(counts))
    ]


def reliability_of(results: Sequence[CellResult]) -> Reliability:
    """The counts by confidence, one row per seed."""
    count, confidence, correct = np.array([result.test_confidence for result in results]).swapaxes(
        0, 1
    )
    return Reliability(count, confidence, correct)


def calibration_row(results: Sequence[CellResult]) -> Row:
    """The expected calibration error, and that of a calibrated model by chance."""
    reliability = reliability_of(results)
    error = error_interval(reliability.error)
    return {
        **error.row(),
        "n_seeds": int(error.n),
        "by_chance": float(mean_interval(reliability.chance).mean),
    }


def reliability_rows(results: Sequence[CellResult]) -> list[Row]:
    """One row per bin of the confidence."""
    return reliability_of(results).rows()


def _confusions(results: Sequence[CellResult]) -> Int[np.ndarray, "seeds classes classes"]:
    return np.array([result.test_confusion for result in results]).astype(np.int64)
