"""`mnist1d-tsne`: MNIST and MNIST-1D side by side in t-SNE, and the numbers behind it.

Figure 3 of Greydanus & Kobak, "Scaling down deep learning with MNIST-1D" (ICML 2024). t-SNE
by van der Maaten & Hinton (JMLR 2008) as openTSNE computes it.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from genlab._base import streams
from genlab._base.jsons import Row
from genlab.datasets import fetch_mnist, make_mnist1d
from genlab.experiments._experiment import Context, Findings
from genlab.measure import wilson_interval

# Points embedded, by scale; nearest neighbours are counted on all training and test examples.
_EMBEDDED = {"quick": 1500, "default": 4000, "paper": 4000}
_NEIGHBOURS = 5
_PERPLEXITY = 30


def run(context: Context) -> Findings:
    """Embed both sets and classify by neighbours, in the plane and among the inputs."""
    mnist, missing = context.at_hand(fetch_mnist)
    sets = {} if mnist is None else {"MNIST": mnist}
    sets["MNIST-1D"] = make_mnist1d()
    embedding: list[Row] = []
    accuracy: list[Row] = []
    for name, data in sets.items():
        drawn = _EMBEDDED[context.scale]
        x, y = _flat(data.x_train), data.y_train
        rows = streams.numpy_stream(context.seed, streams.SPLIT).permutation(len(x))[:drawn]
        points = _embed(x[rows], context.seed)
        embedding += [
            {"dataset": name, "label": int(label), "x": float(point[0]), "y": float(point[1])}
            for label, point in zip(y[rows], points, strict=True)
        ]
        right = _right(x, y, _flat(data.x_test), data.y_test)
        accuracy += [
            _accuracy_row(name, "inputs, test set", right, len(x)),
            _accuracy_row(name, "inputs, points shown", _right_but_one(x[rows], y[rows]), drawn),
            _accuracy_row(
                name, "t-SNE plane, points shown", _right_but_one(points, y[rows]), drawn
            ),
        ]
    tables = {"neighbours": accuracy, "embedding": embedding}
    return Findings(tables, [], _answer(accuracy) + missing)


def _flat(x: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n inputs"]:
    return x.reshape(len(x), -1).astype(np.float32)


def _embed(x: Float[np.ndarray, "n inputs"], seed: int) -> Float[np.ndarray, "n 2"]:
    from openTSNE import TSNE

    # One thread: its sums, and so its picture, come out the same each time.
    tsne = TSNE(perplexity=_PERPLEXITY, neighbors="exact", n_jobs=1, random_state=seed)
    return np.asarray(tsne.fit(x))


def _right(
    x: Float[np.ndarray, "n inputs"],
    y: Int[np.ndarray, " n"],
    x_test: Float[np.ndarray, "m inputs"],
    y_test: Int[np.ndarray, " m"],
) -> np.ndarray:
    """Which test examples the majority of their nearest training examples classifies rightly."""
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(_NEIGHBOURS, algorithm="brute").fit(x, y)
    return np.asarray(model.predict(x_test) == y_test)


def _right_but_one(x: Float[np.ndarray, "n inputs"], y: Int[np.ndarray, " n"]) -> np.ndarray:
    """The same for every point by its nearest other points."""
    from scipy import stats
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=_NEIGHBOURS).fit(x).kneighbors(return_distance=False)
    return np.asarray(stats.mode(y[nearest], axis=1).mode == y)


def _accuracy_row(dataset: str, space: str, right: np.ndarray, n_train: int) -> Row:
    interval = wilson_interval(int(right.sum()), len(right))
    return {
        "dataset": dataset,
        "space": space,
        "neighbours": _NEIGHBOURS,
        "accuracy": float(interval.mean),
        "low": float(interval.low),
        "high": float(interval.high),
        "n_classified": len(right),
        "n_among": n_train,
    }


def _answer(accuracy: list[Row]) -> str:
    parts = [
        f"{100 * row['accuracy']:.1f} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]% of "
        f"{row['dataset']}'s test examples"
        for row in accuracy
        if row["space"] == "inputs, test set"
    ]
    judgement = (
        "In MNIST yes, in MNIST-1D hardly, which is why it tells models apart: "
        if len(parts) == 2
        else "In MNIST-1D hardly: "
    )
    return (
        f"{judgement}the majority of the {_NEIGHBOURS} nearest training examples classifies "
        f"{' and '.join(parts)} rightly (95% Wilson intervals over the test examples)."
    )
