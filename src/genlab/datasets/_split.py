"""Division of examples into sets, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from genlab._base import streams
from genlab._base.checks import boolean, integer, real


def split_indices(
    y: Any, fractions: Sequence[float], *, stratified: bool = True, seed: int = 0
) -> list[Int[np.ndarray, " part"]]:
    """Divide examples at random into disjoint sets that together hold all of them.

    Parameters
    ----------
    y
        The label of each example.
    fractions
        Share of each set; they add up to 1. No set may come out empty.
    stratified
        Keep every class's share in every set, to within one example of the exact one.
    seed
        From 0 to 2³² − 1.

    Returns
    -------
    list
        Indices of each set, in random order.

    >>> [len(part) for part in split_indices([0, 1] * 50, (0.6, 0.2, 0.2))]
    [60, 20, 20]
    """
    labels = np.asarray(y)
    shares = [real("fractions", fraction, low=0, high=1) for fraction in fractions]
    if abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"`fractions` must add up to 1, got {tuple(fractions)!r}.")
    boolean("stratified", stratified)
    integer("seed", seed, low=0, high=streams.MAX_SEED)
    stream = streams.numpy_stream(seed, streams.SPLIT)
    order = stream.permutation(len(labels))
    if stratified:
        # Every class is spread evenly from 0 to 1; cutting there cuts each class in its shares.
        order = order[np.argsort(labels[order], kind="stable")]
        _, counts = np.unique(labels, return_counts=True)
        offsets = stream.random(len(counts))
        place = np.concatenate(
            [(np.arange(n) + offset) / n for n, offset in zip(counts, offsets, strict=True)]
        )
        order = order[np.argsort(place, kind="stable")]
    cuts = np.round(np.cumsum(shares)[:-1] * len(labels)).astype(np.int64)
    parts = [stream.permutation(part) for part in np.split(order, cuts)]
    empty = [i for i, part in enumerate(parts) if len(part) == 0]
    if empty:
        raise ValueError(
            f"`fractions` must leave no set empty, and {tuple(fractions)!r} of {len(labels)} "
            f"examples leaves set {empty[0]} so."
        )
    return parts
