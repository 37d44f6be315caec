"""Predictions of networks of infinite width, with kernels that are filled in block by block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float, Int

from genlab.datasets import DataSpec, LabelNoise, part_sizes
from genlab.experiments._computed import ComputedCell, told
from genlab.measure.theory import centred_classes, predict_with_kernel, wide_network

#: Codes of kernels -> what people read.
KERNEL_TEXTS = {"nngp": "NNGP", "ntk": "NTK"}
# Rows of a kernel that are computed at once: the formulas need several arrays of that size.
_BLOCK = 1_000


@final
@dataclass(frozen=True)
class InfiniteWidth(ComputedCell):
    """Kernel regression with both kernels, to the end of training and without a ridge.

    The result holds the predicted classes of the test examples, of shape (kernels, labels,
    examples): the kernels in the order of `KERNEL_TEXTS`, the labels clean, then noisy with each
    seed.

    Parameters
    ----------
    data
        Spec of the data set.
    depth
        Number of hidden layers.
    label_noise, seeds
        Noise of the training labels, and the seeds that it is drawn with.
    """

    data: DataSpec
    depth: int
    label_noise: LabelNoise
    seeds: tuple[int, ...]

    def run(
        self, report: Callable[[int, float], None] | None = None
    ) -> Int[np.ndarray, "kernels labels examples"]:
        """Fit all labels at once, and predict the classes of the test examples."""
        data = self.data.make()
        classes, y = data.n_classes, data.y_train
        labels = [y, *(self.label_noise.labels(y, classes, seed) for seed in self.seeds)]
        targets = np.hstack([centred_classes(each, classes) for each in labels])
        train, test = (
            _kernels(rows, data.x_train, self.depth) for rows in (data.x_train, data.x_test)
        )
        predicted = np.empty((len(KERNEL_TEXTS), len(labels), data.n_test), np.int64)
        for k, kernel in enumerate(KERNEL_TEXTS):
            # Each kernel is let go when it is used.
            outputs = predict_with_kernel(train.pop(kernel), targets, test.pop(kernel))
            predicted[k] = outputs.reshape(data.n_test, len(labels), classes).argmax(axis=2).T
        told(report, 1)
        return predicted

    def work(self) -> float:
        """Multiply-adds: each kernel is decomposed, and its formulas take some hundred."""
        n_train, n_test = part_sizes(self.data)
        return 2.0 * (n_train**3 / 3 + 200.0 * n_train * (n_train + n_test))

    def memory(self) -> float:
        """A process with its libraries, both kernels, and a copy of one that is decomposed."""
        n_train, n_test = part_sizes(self.data)
        return 1e9 + 8.0 * n_train * (4 * n_train + 2 * n_test)


def _kernels(
    rows: Float[np.ndarray, "m inputs"], x: Float[np.ndarray, "n inputs"], depth: int
) -> dict[str, Float[np.ndarray, "m n"]]:
    """Both kernels of `rows` with the examples `x`."""
    both = {kernel: np.empty((len(rows), len(x))) for kernel in KERNEL_TEXTS}
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        kernels = wide_network(rows[block], x, depth=depth)
        for kernel, whole in both.items():
            whole[block] = getattr(kernels, kernel)
    return both
