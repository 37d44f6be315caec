"""Networks of infinite width on the examples of the curve: its dashed lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import Dataset
from genlab.experiments._infinite_width import wide_predictions
from genlab.experiments.double_descent_mnist1d.protocol import Protocol
from genlab.measure import error_interval, mean_interval
from genlab.measure.theory import centred_classes
from genlab.studies import CapacityCurve
from genlab.sweep import CellResult

_DEPTH = 2


def infinite_width(
    data: Dataset,
    curves: Mapping[str, CapacityCurve],
    seeds: Sequence[int],
    protocol: Protocol,
) -> list[Row]:
    """Test errors with both kernels, beside the widest networks of each curve.

    The noisy labels are those of the networks of `seeds`. All intervals are over test examples,
    whose errors are averaged over these seeds.
    """
    noise = protocol.label_noise
    noisy = [noise.labels(data.y_train, data.n_classes, seed) for seed in seeds]
    labels = {"clean": [data.y_train], "noisy": noisy}
    columns = [centred_classes(y, data.n_classes) for each in labels.values() for y in each]
    found = wide_predictions(data.x_train, np.hstack(columns), data.x_test, _DEPTH)
    rows: list[Row] = []
    for kernel, predicted in found.items():
        outputs = iter(np.split(predicted, len(columns), axis=1))
        for name, each in labels.items():
            wrong = np.array([next(outputs).argmax(axis=1) != data.y_test for _ in each])
            of_example = wrong.mean(axis=0)
            width, widest = _widest(curves[name])
            rows.append(
                {
                    "labels": name,
                    "kernel": kernel,
                    **error_interval(of_example).row(),
                    "n_seeds": len(each),
                    "capacity": width,
                    **mean_interval(widest - of_example).row("difference"),
                }
            )
    return rows


def _widest(curve: CapacityCurve) -> tuple[int, Float[np.ndarray, " examples"]]:
    """The largest width, and how often its networks misclassify each test example; NaN if none."""
    width = max(curve.capacities)
    wrong = [
        np.asarray(result.test_wrong)
        for run, result in zip(curve.runs, curve.results, strict=True)
        if run.capacity == width and isinstance(result, CellResult) and result.diverged_at < 0
    ]
    return int(width), np.mean(wrong, axis=0) if wrong else np.full(curve.n_test, np.nan)
