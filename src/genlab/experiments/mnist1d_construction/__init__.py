"""`mnist1d-construction`: the templates, every step that changes them, and what comes out.

Figures 1 and 2 of Greydanus & Kobak, "Scaling down deep learning with MNIST-1D" (ICML 2024).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import (
    MNIST1D_CLASSES,
    Dataset,
    fetch_mnist,
    make_mnist1d,
    mnist1d_stages,
    mnist1d_templates,
)
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.mnist1d_construction.protocol import PROTOCOLS, TABLES, Protocol
from genlab.experiments.mnist1d_construction.words import answer, finding, notes

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Record the construction; nothing is trained."""
    data = make_mnist1d(protocol.n_samples)
    templates, t = mnist1d_templates()
    stages = mnist1d_stages(protocol.followed, protocol.n_samples)
    digits, missing = context.available("MNIST", fetch_mnist)
    between = _between_classes(data)
    tables = {
        "templates": _signal_rows(templates, t, [{"label": k} for k in MNIST1D_CLASSES]),
        "stages": [
            {"stage": name, "position": position, "value": float(value)}
            for name, x in stages.items()
            for position, value in enumerate(x)
        ],
        "examples": _example_rows(data, protocol),
        "digits": [] if digits is None else _digit_rows(digits),
    }
    return Findings(
        tables,
        [],
        answer(data, len(templates), templates.shape[1], between),
        notes=notes(),
        missing=missing,
        finding=finding(data, between),
    )


def _signal_rows(x: Float[np.ndarray, "n length"], t: np.ndarray, heads: list[Row]) -> list[Row]:
    return [
        {**head, "position": position, "t": float(t[position]), "value": float(value)}
        for head, signal in zip(heads, x, strict=True)
        for position, value in enumerate(signal)
    ]


def _example_rows(data: Dataset, protocol: Protocol) -> list[Row]:
    """The first training and test examples of each class."""
    assert data.t is not None
    rows: list[Row] = []
    for part, n in (("train", protocol.n_train), ("test", protocol.n_test)):
        x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        for label in MNIST1D_CLASSES:
            chosen = np.flatnonzero(y == label)[:n]
            heads = [
                {"set": part, "row": i + 1, "label": label, "index": int(index)}
                for i, index in enumerate(chosen)
            ]
            rows += _signal_rows(x[chosen], data.t, heads)
    return rows


def _digit_rows(mnist: Dataset) -> list[Row]:
    """The first digit of each class, the pixels that are not black."""
    rows: list[Row] = []
    for label in MNIST1D_CLASSES:
        image = mnist.x_train[np.flatnonzero(mnist.y_train == label)[0]]
        rows += [
            {"label": label, "row": int(i), "column": int(j), "value": float(image[i, j])}
            for i, j in np.argwhere(image > 0)
        ]
    return rows


def _between_classes(data: Dataset) -> float:
    """Fraction of the training examples' variance that lies between the means of the classes."""
    means = np.array([data.x_train[data.y_train == k].mean(axis=0) for k in MNIST1D_CLASSES])
    return float(means.var(axis=0).sum() / data.x_train.var(axis=0).sum())
