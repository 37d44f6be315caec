"""The protocol of `mnist1d-tsne`, and its tables."""

from __future__ import annotations

from dataclasses import dataclass

from genlab.experiments._columns import ESTIMATE
from genlab.experiments._experiment import Table


@dataclass(frozen=True)
class Protocol:
    """What is embedded and classified.

    Attributes
    ----------
    n_embedded
        Training examples of each data set that t-SNE embeds.
    n_neighbours
        Nearest neighbours whose majority classifies an example.
    perplexity
        Perplexity of t-SNE, below a third of `n_embedded`.
    """

    n_embedded: int
    n_neighbours: int = 5
    perplexity: int = 30


PROTOCOLS = {
    "quick": Protocol(n_embedded=1_500),
    "default": Protocol(n_embedded=4_000),
    "paper": Protocol(n_embedded=4_000),
}

_DATASET = {"dataset": "MNIST or MNIST-1D"}

TABLES = {
    "neighbours": Table(
        "One row per data set and comparison: how often the majority of the nearest neighbours "
        "has an example's class.",
        {
            **_DATASET,
            "space": "test_inputs (test examples by the inputs of all training examples), "
            "embedded_inputs (each embedded example by the inputs of the others) or "
            "embedded_plane (the same in the plane of t-SNE)",
            "n_neighbours": "nearest neighbours",
            **ESTIMATE,
            "estimate": "fraction of examples classified correctly",
            "n_classified": "examples classified",
            "n_candidates": "examples among which the neighbours are looked for",
        },
    ),
    "embedding": Table(
        "One row per embedded example.",
        {
            **_DATASET,
            "label": "class, 0 to 9",
            "x": "first coordinate in t-SNE, without unit",
            "y": "second coordinate in t-SNE, without unit",
        },
    ),
}
