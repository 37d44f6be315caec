"""Splits of examples into disjoint sets, stratified by class, with groups kept together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from genlab._base import streams
from genlab._base.arrays import dense
from genlab._base.checks import boolean, integer, real, several
from genlab._base.words import received


def split_indices(
    y: Any,
    fractions: Sequence[float],
    *,
    stratified: bool = True,
    groups: Any = None,
    seed: int = 0,
) -> list[Int[np.ndarray, " part"]]:
    """Split examples at random into disjoint sets that together hold all of them.

    Parameters
    ----------
    y
        Label of each example, shape (n,). Numbers of a floating-point type are the targets of a
        regression, which are not stratified.
    fractions
        Fraction of the examples in each set, from 0 to 1; they add up to 1, and no set may be
        empty.
    stratified
        Whether every class has the same fraction in every set, to within one example.
    groups
        Group of each example, shape (n,), or None. All examples of a group come into the same
        set; the fractions, also those of each class, then hold as far as the groups allow.
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
    >>> first, second = split_indices([0, 1] * 4, (0.5, 0.5), groups=list("aabbccdd"))
    >>> sorted(first.tolist())
    [0, 1, 6, 7]
    """
    labels = dense("y", y)
    if labels.ndim != 1:
        raise ValueError(f"`y` must have shape (n,), one label per example, got {labels.shape}.")
    fractions = several("fractions", fractions)
    sizes = [real("fractions", fraction, low=0, high=1) for fraction in fractions]
    if abs(sum(sizes) - 1) > 1e-9:
        raise ValueError(f"`fractions` must add up to 1, got {tuple(fractions)!r}.")
    boolean("stratified", stratified)
    integer("seed", seed, low=0, high=streams.MAX_SEED)
    stream = streams.numpy_stream(seed, streams.SPLIT)
    classes = labels if stratified and labels.dtype.kind != "f" else None
    if labels.dtype.kind == "O" and len({type(label) for label in labels}) > 1:
        raise ValueError(f"`y` must hold labels of one type, got {received(y)}.")
    if groups is None:
        sets = _sets(len(labels), classes, sizes, stream)
    else:
        sets = _sets_of_groups(dense("groups", groups), len(labels), classes, sizes, stream)
    parts = [stream.permutation(part) for part in sets]
    empty = [i for i, part in enumerate(parts) if len(part) == 0]
    if empty:
        raise ValueError(
            f"`fractions` must leave no set empty, got {tuple(fractions)!r} of {len(labels)} "
            f"examples{_in_groups(groups)}, which leaves set {empty[0]} empty."
        )
    return parts


def _sets(
    n: int, classes: np.ndarray | None, sizes: Sequence[float], stream: np.random.Generator
) -> list[Int[np.ndarray, " part"]]:
    """Examples of each set, drawn one by one."""
    cuts = np.round(np.cumsum(sizes)[:-1] * n).astype(np.int64)
    return np.split(_order(n, classes, stream), cuts)


def _order(
    n: int, classes: np.ndarray | None, stream: np.random.Generator
) -> Int[np.ndarray, " n"]:
    """A random order, in which each class is spread evenly."""
    order = stream.permutation(n)
    if classes is not None:
        # Every class is spread evenly from 0 to 1; a cut there cuts each class at its fraction.
        order = order[np.argsort(classes[order], kind="stable")]
        _, counts = np.unique(classes, return_counts=True)
        offsets = stream.random(len(counts))
        place = np.concatenate(
            [(np.arange(n) + offset) / n for n, offset in zip(counts, offsets, strict=True)]
        )
        order = order[np.argsort(place, kind="stable")]
    return order


def drawn_rows(y: np.ndarray, n: int, groups: Any, seed: int) -> Int[np.ndarray, " n"]:
    """Rows of `n` examples drawn without replacement, in increasing order.

    With one seed, fewer examples are a part of more. Classes have about their fractions of all
    examples. With groups, whole groups are drawn, of which the last is cut where it must be.
    """
    stream = streams.numpy_stream(seed, streams.DRAWN)
    if groups is None:
        order = _order(len(y), None if y.dtype.kind == "f" else y, stream)
    else:
        place = stream.permutation(int(groups.max()) + 1)
        order = np.lexsort((stream.permutation(len(y)), place[groups]))
    return np.sort(order[:n])


def _sets_of_groups(
    groups: np.ndarray,
    n: int,
    classes: np.ndarray | None,
    sizes: Sequence[float],
    stream: np.random.Generator,
) -> list[Int[np.ndarray, " part"]]:
    """Examples of each set, whole groups of them.

    The largest group comes first, those of one size in random order. Each goes into the set
    that lacks most of its examples, class by class.
    """
    if groups.shape != (n,):
        raise ValueError(f"`groups` must have shape ({n},), got {groups.shape}.")
    _, group = np.unique(groups, return_inverse=True)
    _, label = np.unique(np.zeros(n) if classes is None else classes, return_inverse=True)
    n_groups, n_classes = group.max() + 1, label.max() + 1
    counts = np.bincount(group * n_classes + label, minlength=n_groups * n_classes)
    counts = counts.reshape(n_groups, n_classes)
    sizes_of_groups = counts.sum(axis=1)
    # All examples count like one more class, so that the remainders of classes do not add up.
    counts = np.column_stack([counts, sizes_of_groups])
    totals = counts.sum(axis=0)
    lacking = np.outer(sizes, totals).astype(np.float64)
    order = stream.permutation(n_groups)
    order = order[np.argsort(-sizes_of_groups[order], kind="stable")]
    chosen = np.empty(n_groups, np.int64)
    for i in order:
        chosen[i] = np.argmax(lacking @ (counts[i] / totals))
        lacking[chosen[i]] -= counts[i]
    in_set = chosen[group]
    return [np.flatnonzero(in_set == i) for i in range(len(sizes))]


def _in_groups(groups: Any) -> str:
    return "" if groups is None else f" in {len(np.unique(np.asarray(groups)))} groups"
