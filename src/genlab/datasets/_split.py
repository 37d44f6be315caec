"""Splits of examples into disjoint sets, stratified by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from genlab._base import streams
from genlab._base.arrays import dense
from genlab._base.checks import boolean, integer, real


def split_indices(
    y: Any, fractions: Sequence[float], *, stratified: bool = True, seed: int = 0
) -> list[Int[np.ndarray, " part"]]:
    """Split examples at random into disjoint sets that together hold all of them.

    Parameters
    ----------
    y
        Label of each example, shape (n,).
    fractions
        Fraction of the examples in each set, from 0 to 1; they add up to 1, and no set may be
        empty.
    stratified
        Whether every class has the same fraction in every set, to within one example.
    seed
        Seed of the split, from 0 to 2³² − 1.

    Returns
    -------
    list
        Indices of each set, in random order.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> [len(part) for part in split_indices([0, 1] * 50, (0.6, 0.2, 0.2))]
    [60, 20, 20]
    """
    labels = dense("y", y)
    if labels.ndim != 1:
        raise ValueError(f"`y` must have shape (n,), one label per example, got {labels.shape}.")
    sizes = [real("fractions", fraction, low=0, high=1) for fraction in fractions]
    if abs(sum(sizes) - 1) > 1e-9:
        raise ValueError(f"`fractions` must add up to 1, got {tuple(fractions)!r}.")
    boolean("stratified", stratified)
    integer("seed", seed, low=0, high=streams.MAX_SEED)
    stream = streams.numpy_stream(seed, streams.SPLIT)
    order = stream.permutation(len(labels))
    if stratified:
        # Every class is spread evenly from 0 to 1; a cut there cuts each class at its fraction.
        order = order[np.argsort(labels[order], kind="stable")]
        _, counts = np.unique(labels, return_counts=True)
        offsets = stream.random(len(counts))
        place = np.concatenate(
            [(np.arange(n) + offset) / n for n, offset in zip(counts, offsets, strict=True)]
        )
        order = order[np.argsort(place, kind="stable")]
    cuts = np.round(np.cumsum(sizes)[:-1] * len(labels)).astype(np.int64)
    parts = [stream.permutation(part) for part in np.split(order, cuts)]
    empty = [i for i, part in enumerate(parts) if len(part) == 0]
    if empty:
        raise ValueError(
            f"`fractions` must leave no set empty, got {tuple(fractions)!r} of {len(labels)} "
            f"examples, which leaves set {empty[0]} empty."
        )
    return parts
