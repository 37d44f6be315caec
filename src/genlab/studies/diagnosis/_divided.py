"""The splits that all models of a diagnosis are compared on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Int

from genlab.datasets import Dataset, split_indices
from genlab.measure import Interval, cross_validated_difference
from genlab.studies.diagnosis._effort import N_FOLDS

#: Rows that are fitted, and rows that are predicted.
Pair: TypeAlias = tuple[Int[np.ndarray, " n"], Int[np.ndarray, " m"]]
#: Losses of the validation examples of a division; NaN where its fit failed.
Losses: TypeAlias = Float[np.ndarray, " m"]

# Repeats of the folds draw them anew by seeds that lie this far apart.
_NEXT = 7919


def folds_of(data: Dataset, n_divisions: int, seed: int) -> list[Pair]:
    """Rows to fit and rows to predict: folds of the training set, repeated as often as need be.

    Folds are stratified by class, groups stay together, and the rows of each are in random
    order, so that the first of them are a random part. Fewer splits are the first of more.

    Raises
    ------
    ValueError
        Where there are fewer examples or groups than folds.
    """
    groups = data.n_train if data.groups is None else len(np.unique(data.groups))
    if groups < N_FOLDS:
        what = "examples" if data.groups is None else "groups"
        raise ValueError(
            f"`data` must have at least {N_FOLDS} training {what}, one for each fold, got {groups}."
        )
    pairs: list[Pair] = []
    for repeat in range(-(-n_divisions // N_FOLDS)):
        folds = split_indices(
            data.y_train,
            (1 / N_FOLDS,) * N_FOLDS,
            groups=data.groups,
            seed=(seed + _NEXT * repeat) % 2**32,
        )
        for i, held_out in enumerate(folds):
            others = np.concatenate([part for j, part in enumerate(folds) if j != i])
            pairs.append((others, held_out))
    return pairs[:n_divisions]


def gain_interval(
    before: Sequence[Losses], after: Sequence[Losses], pairs: Sequence[Pair], n_tried: int = 1
) -> Interval:
    """How much lower the error is after a change; 95% for all of `n_tried` changes at once.

    From the losses of the validation examples in each split. Simultaneity is Bonferroni's.
    """
    return cross_validated_difference(
        before,
        after,
        float(np.mean([len(fitted) for fitted, _ in pairs])),
        [held_out for _, held_out in pairs],
        1 - 0.05 / n_tried,
    )


def chosen_elsewhere(losses: Sequence[Sequence[Losses]]) -> list[Losses]:
    """In each split the losses of the candidate that the other folds choose.

    The folds of one repeat choose for each other: they hold each example once, so that none has a
    say in what is measured on it. The first of equal candidates is taken.

    Parameters
    ----------
    losses
        Of each candidate, in each split, the losses of the validation examples.
    """
    errors = np.array([[one.mean() for one in divisions] for divisions in losses])
    found: list[Losses] = []
    for start in range(0, errors.shape[1], N_FOLDS):
        block = errors[:, start : start + N_FOLDS]
        for i in range(block.shape[1]):
            rest = np.delete(block, i, axis=1)
            failed = np.isnan(rest).any(axis=1)
            if rest.shape[1] and not failed.all():
                best = int(np.where(failed, np.inf, rest.mean(axis=1)).argmin())
                found.append(losses[best][start + i])
            else:
                found.append(np.full(len(losses[0][start + i]), np.nan))
    return found
