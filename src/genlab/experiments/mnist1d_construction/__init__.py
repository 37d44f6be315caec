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

# The example that is followed: the first of the training set.
_FOLLOWED = 0
_ROWS = {"train": 3, "test": 2}


def run(context: Context) -> Findings:
    """Record the construction; nothing is trained."""
    data = make_mnist1d()
    templates, t = mnist1d_templates()
    stages = mnist1d_stages(_FOLLOWED)
    digits, missing = context.at_hand(fetch_mnist)
    tables = {
        "templates": _signal_rows(templates, t, [{"label": k} for k in MNIST1D_CLASSES]),
        "stages": [
            {"stage": name, "position": position, "value": float(value)}
            for name, x in stages.items()
            for position, value in enumerate(x)
        ],
        "examples": _example_rows(data),
        "digits": [] if digits is None else _digit_rows(digits),
    }
    return Findings(tables, [], _answer(data, templates, missing))


def _signal_rows(x: Float[np.ndarray, "n length"], t: np.ndarray, heads: list[Row]) -> list[Row]:
    return [
        {**head, "position": position, "t": float(t[position]), "value": float(value)}
        for head, signal in zip(heads, x, strict=True)
        for position, value in enumerate(signal)
    ]


def _example_rows(data: Dataset) -> list[Row]:
    """The first examples of each class, of both sets."""
    assert data.t is not None
    rows = []
    for part, n in _ROWS.items():
        x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        for label in MNIST1D_CLASSES:
            found = np.flatnonzero(y == label)[:n]
            heads = [
                {"set": part, "row": f"{part} {i + 1}", "label": label, "index": int(index)}
                for i, index in enumerate(found)
            ]
            rows += _signal_rows(x[found], data.t, heads)
    return rows


def _digit_rows(mnist: Dataset) -> list[Row]:
    """The first digit of each class, the pixels that are not black."""
    rows = []
    for label in MNIST1D_CLASSES:
        image = mnist.x_train[np.flatnonzero(mnist.y_train == label)[0]]
        rows += [
            {"label": label, "row": int(i), "column": int(j), "value": float(image[i, j])}
            for i, j in np.argwhere(image > 0)
        ]
    return rows


def _answer(data: Dataset, templates: np.ndarray, missing: str) -> str:
    """How much of an example its template explains, class means of both sets apart."""
    between = np.array([data.x_train[data.y_train == k].mean(axis=0) for k in MNIST1D_CLASSES])
    share = between.var(axis=0).sum() / data.x_train.var(axis=0).sum()
    return (
        f"Random padding, stretching, scaling and a random place leave little of a class at any "
        f"fixed position: the means of the classes hold {100 * share:.1f}% of the variance of "
        f"the {data.n_train:,} training examples (a description of this one set, so without an "
        f"interval). {len(templates)} templates of {templates.shape[1]} points become examples of "
        f"{data.input_shape[0]} points.{missing}"
    )
