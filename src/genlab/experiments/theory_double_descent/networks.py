"""Test errors of networks of infinite width on MNIST-1D."""

from __future__ import annotations

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import corrupt_labels, make_mnist1d
from genlab.experiments._infinite_width import wide_predictions
from genlab.experiments.theory_double_descent.protocol import Protocol
from genlab.measure import wilson_interval
from genlab.measure.theory import centred_classes


def infinite_width(protocol: Protocol, seed: int) -> list[Row]:
    """Kernel regression with both kernels, on clean and on noisy labels, to the end."""
    n = protocol.n_train_mnist1d + protocol.n_test_mnist1d
    data = make_mnist1d(n, protocol.n_train_mnist1d / n)
    classes = data.n_classes
    noisy, _ = corrupt_labels(data.y_train, protocol.label_noise, classes, seed=seed)
    labels = {"clean": data.y_train, "noisy": noisy}
    targets = np.hstack([centred_classes(y, classes) for y in labels.values()])
    found = wide_predictions(data.x_train, targets, data.x_test, protocol.depth)
    rows: list[Row] = []
    for kernel, predicted in found.items():
        for name, outputs in zip(labels, np.split(predicted, len(labels), axis=1), strict=True):
            wrong = int((outputs.argmax(axis=1) != data.y_test).sum())
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
