"""The sentences of `mnist1d-tsne`."""

from __future__ import annotations

from collections.abc import Sequence

from genlab._base.jsons import Row
from genlab._base.words import percent
from genlab.experiments.mnist1d_tsne.protocol import Protocol

#: What the spaces of the table are called.
SPACES = {
    "test_inputs": "inputs, test examples",
    "embedded_inputs": "inputs, embedded examples",
    "embedded_plane": "t-SNE plane, embedded examples",
}


def answer(neighbours: Sequence[Row], protocol: Protocol) -> str:
    """The finding, with its numbers."""
    correct = {row["dataset"]: percent(row) for row in neighbours if row["space"] == "test_inputs"}
    nearest = f"the {protocol.n_neighbours} nearest neighbours classify"
    conclusion = "correctly, so a model must learn more than distances."
    if "MNIST" not in correct:
        return (
            f"Often not in MNIST-1D: {nearest} {correct['MNIST-1D']} of its test examples "
            f"{conclusion}"
        )
    return (
        f"Yes in MNIST: {nearest} {correct['MNIST']} of its test digits correctly. In MNIST-1D "
        f"they classify {correct['MNIST-1D']} of the test examples {conclusion}"
    )


def finding(neighbours: Sequence[Row], protocol: Protocol) -> str:
    """The answer in one sentence."""
    rows = {row["dataset"]: row for row in neighbours if row["space"] == "test_inputs"}
    one = rows["MNIST-1D"]
    less = "MNIST" in rows and rows["MNIST"]["low"] > one["high"]
    return (
        f"In MNIST-1D the {protocol.n_neighbours} nearest neighbours classify {percent(one)} of "
        f"the test examples correctly{', fewer than in MNIST' if less else ''}."
    )


def notes(protocol: Protocol) -> list[str]:
    """What a neighbour's vote is, over what the intervals are taken, and what t-SNE shows."""
    return [
        f"An example gets the class that most of its {protocol.n_neighbours} nearest neighbours "
        f"have, by Euclidean distance. Test examples have their neighbours among all training "
        f"examples. The neighbours of the {protocol.n_embedded:,} embedded examples are the other "
        f"embedded examples.",
        "Intervals: 95%, Wilson, over the examples that are classified.",
        f"t-SNE with perplexity {protocol.perplexity} places near neighbours near each other. "
        f"Distances between clusters have no meaning.",
    ]
