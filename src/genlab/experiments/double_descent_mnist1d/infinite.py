"""Networks of infinite width on the examples of the curve: its dashed lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from genlab._base.jsons import Row
from genlab.datasets import Dataset
from genlab.experiments._infinite_width import KERNEL_TEXTS, InfiniteWidth
from genlab.experiments.double_descent_mnist1d.protocol import Protocol
from genlab.measure import error_interval, mean_interval
from genlab.studies import CapacityCurve
from genlab.sweep import CellResult

_DEPTH = 2


def infinite_width_cell(data: Dataset, seeds: Sequence[int], protocol: Protocol) -> InfiniteWidth:
    """Both kernels; the noisy labels are those of the networks of `seeds`."""
    return InfiniteWidth(data.spec, _DEPTH, protocol.label_noise, tuple(seeds))


def infinite_width_rows(
    data: Dataset,
    curves: Mapping[str, CapacityCurve],
    predicted: Int[np.ndarray, "kernels labels examples"],
) -> list[Row]:
    """Test errors with both kernels, beside the widest networks of each curve.

    All intervals are over test examples, whose errors are averaged over the seeds of the labels.
    """
    rows: list[Row] = []
    for kernel, of_kernel in zip(KERNEL_TEXTS, predicted, strict=True):
        for name, each in (("clean", of_kernel[:1]), ("noisy", of_kernel[1:])):
            of_example = (each != data.y_test).mean(axis=0)
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
