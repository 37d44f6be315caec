"""`mnist1d-tsne`: MNIST and MNIST-1D side by side in t-SNE, and the numbers behind it.

Figure 3 of Greydanus & Kobak, "Scaling down deep learning with MNIST-1D" (ICML 2024). t-SNE
by van der Maaten & Hinton (JMLR 2008) as openTSNE computes it.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from genlab._base import streams
from genlab._base.jsons import Row
from genlab.datasets import fetch_mnist, make_mnist1d
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.mnist1d_tsne.protocol import PROTOCOLS, TABLES, Protocol
from genlab.experiments.mnist1d_tsne.words import answer, finding, notes
from genlab.measure import wilson_interval

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Embed both sets and classify by neighbours, in the plane and among the inputs."""
    mnist, missing = context.available("MNIST", fetch_mnist)
    sets = {} if mnist is None else {"MNIST": mnist}
    sets["MNIST-1D"] = make_mnist1d()
    embedding: list[Row] = []
    neighbours: list[Row] = []
    k = protocol.n_neighbours
    for name, data in sets.items():
        x, y = _flat(data.x_train), data.y_train
        order = streams.numpy_stream(context.seed, streams.SPLIT).permutation(len(x))
        rows = order[: protocol.n_embedded]
        points = _embed(x[rows], protocol.perplexity, context.seed)
        embedding += [
            {"dataset": name, "label": int(label), "x": float(point[0]), "y": float(point[1])}
            for label, point in zip(y[rows], points, strict=True)
        ]
        correct = {
            "test_inputs": (_correct(x, y, _flat(data.x_test), data.y_test, k), len(x)),
            "embedded_inputs": (_correct_by_others(x[rows], y[rows], k), len(rows)),
            "embedded_plane": (_correct_by_others(points, y[rows], k), len(rows)),
        }
        neighbours += [
            {
                "dataset": name,
                "space": space,
                "n_neighbours": k,
                **wilson_interval(int(hits.sum()), len(hits)).row(),
                "n_classified": len(hits),
                "n_candidates": n_candidates,
            }
            for space, (hits, n_candidates) in correct.items()
        ]
    tables = {"neighbours": neighbours, "embedding": embedding}
    return Findings(
        tables,
        [],
        answer(neighbours, protocol),
        notes=notes(protocol),
        missing=missing,
        finding=finding(neighbours, protocol),
    )


def _flat(x: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n inputs"]:
    return x.reshape(len(x), -1).astype(np.float32)


def _embed(
    x: Float[np.ndarray, "n inputs"], perplexity: int, seed: int
) -> Float[np.ndarray, "n 2"]:
    from openTSNE import TSNE

    # One thread: its sums, and so its picture, come out the same each time.
    tsne = TSNE(perplexity=perplexity, neighbors="exact", n_jobs=1, random_state=seed)
    return np.asarray(tsne.fit(x))


def _correct(
    x: Float[np.ndarray, "n inputs"],
    y: Int[np.ndarray, " n"],
    x_test: Float[np.ndarray, "m inputs"],
    y_test: Int[np.ndarray, " m"],
    n_neighbours: int,
) -> Bool[np.ndarray, " m"]:
    """Which test examples the majority of their nearest training examples classifies correctly."""
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(n_neighbours, algorithm="brute").fit(x, y)
    return np.asarray(model.predict(x_test) == y_test)


def _correct_by_others(
    x: Float[np.ndarray, "n inputs"], y: Int[np.ndarray, " n"], n_neighbours: int
) -> Bool[np.ndarray, " n"]:
    """The same for every example by its nearest other examples."""
    from scipy import stats
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=n_neighbours).fit(x).kneighbors(return_distance=False)
    return np.asarray(stats.mode(y[nearest], axis=1).mode == y)
