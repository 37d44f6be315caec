"""Test errors of networks of infinite width on MNIST-1D."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from genlab._base.jsons import Row
from genlab.datasets import LabelNoise, make_mnist1d
from genlab.experiments._infinite_width import KERNEL_TEXTS, InfiniteWidth
from genlab.experiments.theory_double_descent.protocol import Protocol
from genlab.measure import wilson_interval


def infinite_width_cell(protocol: Protocol, seed: int) -> InfiniteWidth:
    """Kernel regression with both kernels, on clean and on noisy labels, to the end."""
    n = protocol.n_train_mnist1d + protocol.n_test_mnist1d
    data = make_mnist1d(n, protocol.n_train_mnist1d / n)
    return InfiniteWidth(data.spec, protocol.depth, LabelNoise(protocol.label_noise), (seed,))


def infinite_width_rows(
    cell: InfiniteWidth, predicted: Int[np.ndarray, "kernels labels examples"]
) -> list[Row]:
    """The test error of each kernel, of what the cell found."""
    data = cell.data.make()
    rows: list[Row] = []
    for kernel, of_kernel in zip(KERNEL_TEXTS, predicted, strict=True):
        for name, classes in zip(("clean", "noisy"), of_kernel, strict=True):
            wrong = int((classes != data.y_test).sum())
            rows.append(
                {
                    "kernel": kernel,
                    "labels": name,
                    **wilson_interval(wrong, data.n_test).row(),
                    "n_train": data.n_train,
                    "n_test": data.n_test,
                }
            )
    return rows
