"""Where among the inputs the error is higher than elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from jaxtyping import Bool, Float, Int

from genlab._base import streams
from genlab._base.arrays import floats, is_sparse
from genlab._base.checks import integer
from genlab._base.jsons import Row
from genlab.datasets import Dataset, TableEncoder, TableInput
from genlab.measure import (
    Interval,
    error_interval,
    loss_interval,
    mean_interval,
    proportion_difference_interval,
    wilson_interval,
)

# With more inputs than this, conditions on single ones say little.
_MOST_INPUTS = 200
# Fewest rows of a region in each half, and the least share of a half.
_FEWEST, _LEAST_SHARE = 20, 0.05
_NONE = "in no region is the error higher than elsewhere by more than chance."


@dataclass(frozen=True, eq=False)
class ErrorRegions:
    """Regions of the inputs where the error is higher than elsewhere.

    Attributes
    ----------
    regions
        Rows of `condition`, such as "age > 41 and city is Oslo"; `n` and `share`, the number of
        rows in the region and their share, among those it was measured on; `error`, the mean loss
        there, `elsewhere`, that of all other rows, and `difference`, each with `_low` and
        `_high`. The largest difference first.
    n_tested
        Number of regions that were measured, for which the intervals of the differences are
        corrected.
    n_found_on, n_measured_on
        Number of rows on which the regions were found, and of the others, on which they were
        measured.
    reason
        Why there is none, in one sentence; "" where there are some.
    """

    regions: list[Row]
    n_tested: int
    n_found_on: int
    n_measured_on: int
    reason: str


def error_regions(
    losses: Any,
    data: Dataset,
    *,
    max_depth: int = 2,
    seed: int = 0,
    confidence: float = 0.95,
) -> ErrorRegions:
    """Find regions of the inputs where a model's error is higher than elsewhere.

    A regression tree of the losses is fitted to one random half of the rows. Its leaves are the
    regions, and they are measured on the other half, which had no part in finding them. Each is
    compared with all rows outside of it. The intervals of these differences hold together
    (Bonferroni), and a region is in the list where its interval lies above 0. Where the error
    is the same everywhere, the list is empty in 96 to 100% of cases (simulated with 100, 300 and
    1,000 rows: errors of 5 and 40%, and squared errors of normal residuals).

    Conditions are in the columns and units of the table. Rows with a gap in a number count with
    its median, as the model sees them. Inputs of an array without names are "input 0" and so on.

    Parameters
    ----------
    losses
        The loss of each training row from models that were not fitted to it, at least 0: whether
        it is misclassified, or the mean loss of several fits; shape (n_train,). NaN at rows that
        none predicts, which are left out.
    data
        The data set.
    max_depth
        Most conditions of a region, at least 1.
    seed
        Seed of the halves, at least 0. Groups are kept together.
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> age = np.arange(400) % 60 + 20
    >>> data = Dataset(age[:, None], age % 2, [[20]], [0], columns=("age",))
    >>> found = error_regions(age > 50, data, max_depth=1)  # always wrong above 50
    >>> found.regions[0]["condition"], found.regions[0]["error"]
    ('age > 50', 1.0)
    """
    values = floats("losses", losses)
    max_depth = integer("max_depth", max_depth, low=1)
    if values.shape != (data.n_train,) or not (np.isnan(values) | (values >= 0)).all():
        raise ValueError(
            f"`losses` must be {data.n_train} numbers of at least 0 or NaN, got {values.shape}."
        )
    if (reason := _no_regions(data)) is not None:
        return ErrorRegions([], 0, 0, 0, reason)
    x = np.asarray(data.x_train, np.float64)
    found_on, measured_on = _halves(data, np.isfinite(values), seed)
    sizes = len(found_on), len(measured_on)
    fewest = max(_FEWEST, math.ceil(_LEAST_SHARE * sizes[0]))
    if min(sizes) < 2 * _FEWEST:
        reason = f"regions need at least {4 * _FEWEST} rows with a loss, got {sum(sizes)}."
        return ErrorRegions([], 0, *sizes, reason)
    leaves = _leaves(x[found_on], values[found_on], data, max_depth, fewest, seed)
    tested = [
        (condition, inside)
        for condition, leaf in leaves
        if _FEWEST <= (inside := leaf(x[measured_on])).sum() <= sizes[1] - _FEWEST
    ]
    level = 1 - (1 - confidence) / max(len(tested), 1)
    binary = bool(np.isin(values[np.isfinite(values)], (0, 1)).all())
    regions = []
    for condition, inside in tested:
        here, there = values[measured_on][inside], values[measured_on][~inside]
        difference = _difference(here, there, binary, level)
        if difference.low > 0:
            row: Row = {"condition": condition, "n": len(here), "share": len(here) / sizes[1]}
            row |= _mean(here, binary, confidence).row("error")
            row |= _mean(there, binary, confidence).row("elsewhere")
            regions.append(row | difference.row("difference"))
    regions.sort(key=lambda row: -float(row["difference"]))
    reason = "" if regions else _NONE
    return ErrorRegions(regions, len(tested), *sizes, reason)


def _no_regions(data: Dataset) -> str | None:
    """Why conditions on single inputs cannot be given, or None."""
    if is_sparse(data.x_train):
        return (
            "regions with a high error were not searched: the inputs are sparse, and "
            "conditions on single inputs say little."
        )
    if len(data.input_shape) > 1:
        return (
            "regions with a high error were not searched: each example is an array, and "
            "conditions on single values say little."
        )
    if data.input_shape[0] > _MOST_INPUTS:
        return (
            f"regions with a high error were not searched: there are {data.input_shape[0]:,} "
            f"inputs, and with more than {_MOST_INPUTS} conditions on single inputs say little."
        )
    return None


def _halves(
    data: Dataset, kept: Bool[np.ndarray, " n"], seed: int
) -> tuple[Int[np.ndarray, " a"], Int[np.ndarray, " b"]]:
    """Two halves of the rows that are kept, at random; groups stay together."""
    stream = streams.numpy_stream(integer("seed", seed, low=0), streams.RESAMPLING)
    group = np.arange(data.n_train) if data.groups is None else data.groups
    _, place = np.unique(group, return_inverse=True)
    n_groups = int(place.max()) + 1
    first = np.zeros(n_groups, bool)
    first[stream.permutation(n_groups)[: n_groups // 2]] = True
    return np.flatnonzero(kept & first[place]), np.flatnonzero(kept & ~first[place])


def _leaves(
    x: Float[np.ndarray, "n inputs"],
    losses: Float[np.ndarray, " n"],
    data: Dataset,
    max_depth: int,
    fewest: int,
    seed: int,
) -> list[tuple[str, Any]]:
    """The leaves of a tree whose losses are above the mean: words, and which rows are inside."""
    from sklearn.tree import DecisionTreeRegressor

    if len(x) < 2 * fewest:
        return []
    tree = DecisionTreeRegressor(
        max_depth=max_depth, min_samples_leaf=fewest, random_state=seed % 2**32
    )
    shape = tree.fit(x, losses).tree_
    named = _inputs(data)
    found: list[tuple[str, Any]] = []

    def walk(node: int, box: dict[int, tuple[float, float]], rows: Int[np.ndarray, " k"]) -> None:
        i = int(shape.feature[node])
        if i < 0:  # a leaf
            if box and losses[rows].mean() > losses.mean():
                found.append((_words(box, named), _Box(box, named)))
            return
        left = x[rows, i] <= shape.threshold[node]
        values = _in_units(named[i], x[rows, i])
        cut = _shortest(float(values[left].max()), float(values[~left].min()))
        above, up_to = box.get(i, (-math.inf, math.inf))
        walk(int(shape.children_left[node]), box | {i: (above, min(up_to, cut))}, rows[left])
        walk(int(shape.children_right[node]), box | {i: (max(above, cut), up_to)}, rows[~left])

    walk(0, {}, np.arange(len(x)))
    return found


def _in_units(of: TableInput, x: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """An input in the unit of its column, without what rounding did to its last digits."""
    if of.centre == 0 and of.scale == 1:
        return x
    size = max(abs(of.centre), of.scale)
    return np.asarray(np.round(of.centre + of.scale * x, 10 - math.ceil(math.log10(size))))


def _shortest(low: float, high: float) -> float:
    """The number with the fewest digits from `low` to below `high`, near their middle."""
    for digits in range(1, 17):
        for value in ((low + high) / 2, low):
            if low <= (cut := float(f"{value:.{digits}g}")) < high:
                return cut
    return low


@dataclass(frozen=True)
class _Box:
    """Which rows lie within the bounds of some inputs, in the units of the table."""

    bounds: dict[int, tuple[float, float]]
    named: tuple[TableInput, ...]

    def __call__(self, x: Float[np.ndarray, "n inputs"]) -> Bool[np.ndarray, " n"]:
        inside = np.ones(len(x), bool)
        for i, (above, up_to) in self.bounds.items():
            value = _in_units(self.named[i], x[:, i])
            inside &= (value > above) & (value <= up_to)
        return inside


def _inputs(data: Dataset) -> tuple[TableInput, ...]:
    if isinstance(data.encoder, TableEncoder):
        return data.encoder.inputs
    names = data.columns or [f"input {i}" for i in range(data.input_shape[0])]
    return tuple(TableInput(name, name) for name in names)


def _words(box: dict[int, tuple[float, float]], named: tuple[TableInput, ...]) -> str:
    """The conditions, without those that another one implies."""
    levels = {named[i].column for i, ends in box.items() if named[i].level and ends[0] > -math.inf}
    return " and ".join(
        named[i].condition(*ends)
        for i, ends in box.items()
        if not (named[i].level and ends[0] == -math.inf and named[i].column in levels)
    )


def _mean(values: Float[np.ndarray, " n"], binary: bool, confidence: float) -> Interval:
    if binary:
        return wilson_interval(int(values.sum()), len(values), confidence)
    if values.max() <= 1:
        return error_interval(values, confidence=confidence)
    return loss_interval(values, confidence=confidence)


def _difference(
    here: Float[np.ndarray, " a"], there: Float[np.ndarray, " b"], binary: bool, confidence: float
) -> Interval:
    """Newcombe's interval of a difference of fractions, else Welch's."""
    if binary:
        return proportion_difference_interval(
            int(here.sum()), len(here), int(there.sum()), len(there), confidence
        )
    gap = float(here.mean() - there.mean())
    parts = [float(values.var(ddof=1)) / len(values) for values in (here, there)]
    variance = sum(parts)
    if variance == 0:
        return mean_interval([gap])
    freedom = variance**2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (here, there), strict=True)
    )
    half = float(scipy.stats.t.ppf((1 + confidence) / 2, freedom)) * math.sqrt(variance)
    return Interval(np.array(gap), np.array(gap - half), np.array(gap + half), np.array(len(here)))
