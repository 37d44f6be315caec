"""What choosing costs: the lowest of several validation errors is optimistic.

All functions take one table with one row per trial and one column per validation example: whether
the trial misclassifies the example, or its loss. All trials are evaluated on the same examples. A
column may also be a fold and hold errors; with few folds, resampling columns is crude.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float, Int

from genlab._base import streams
from genlab._base.arrays import floats
from genlab._base.checks import integer
from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._proportion import wilson_interval

_Table = Float[np.ndarray, "trials examples"]
#: A rule that chooses: from errors of trials, one column or several, the row that it takes of each.
Rule = Callable[[Float[np.ndarray, "trials ..."]], Int[np.ndarray, "..."]]
# Resamples are drawn in batches of at most this many numbers.
_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class Optimism:
    """How optimistic the lowest of several validation errors is.

    Attributes
    ----------
    chosen
        Row of the trial with the lowest validation error, the first of equal ones; with another
        rule that of the trial that it chooses.
    claimed
        Validation error of the chosen trial.
    bootstrap, nested
        True error of the chosen trial minus `claimed`, estimated in two ways, with the
        interval of that difference; see `optimism`. `n` is the number of examples.
    corrected
        Error of the chosen trial, corrected for the choice: `claimed` plus `nested`. Its
        interval stays where an error, or a loss, can be.
    """

    chosen: int
    claimed: float
    bootstrap: Interval
    nested: Interval
    corrected: Interval


@dataclass(frozen=True, eq=False)
class RankingUncertainty:
    """How certain it is which trial is the best.

    Attributes
    ----------
    chosen
        Row of the trial with the lowest validation error, the first of equal ones.
    winning
        Probability of each trial to have the lowest error on a fresh validation set of the
        same size, shape (trials,); equal ones share it. They sum to 1.
    another
        Probability that another trial than the chosen one has the lowest error.
    """

    chosen: int
    winning: Float[np.ndarray, " trials"]
    another: float


@dataclass(frozen=True, eq=False)
class Gain:
    """Error of a chosen trial minus that of a default one; negative differences are gains.

    Attributes
    ----------
    difference
        Error of the chosen trial minus that of the default one on the same examples, with
        Student's t interval over examples. It is valid where both were fixed beforehand. Where
        they agree on every example, the ends are as far from 0 as Wilson's interval of the
        fraction on which they differ.
    p_value
        P-value of the exact McNemar test of that difference (McNemar, Psychometrika 1947). Its
        null hypothesis: where exactly one of the two is wrong, either is equally likely. NaN
        where the table holds anything but 0 and 1.
    corrected
        The difference corrected for the choice: the chosen trial's error is the nested
        estimate of `optimism`. 0 where the chosen trial is the default one.
    greater_is_better
        Whether the differences are of a score of which greater is better, so that positive ones
        are gains.
    """

    difference: Interval
    p_value: float
    corrected: Interval
    greater_is_better: bool = False

    @property
    def beyond_noise(self) -> bool:
        """Whether the whole corrected interval lies where gains do: below 0 for errors."""
        if self.greater_is_better:
            return bool(self.corrected.low > 0)
        return bool(self.corrected.high < 0)


def optimism(
    wrong: Any,
    *,
    n_resamples: int = 1000,
    n_splits: int = 50,
    seed: int = 0,
    confidence: float = 0.95,
    choose: Rule | None = None,
) -> Optimism:
    """Estimate how optimistic the validation error of the best trial is, in two ways.

    `bootstrap`: a trial is chosen on each resample of the examples, and its error on all
    examples is compared with that on the resample (the optimism of Efron, JASA 1983, of a
    choice). The interval holds the central part of the resamples' values. The estimate is too
    low where trials are about equally good, because the scatter of their validation errors
    counts as real differences: by a factor of √½ for independent and equally good trials. In
    simulations of 2 to 60 trials, independent and correlated, it was 20 to 30% too low where
    the truth was 1 to 4 points, and 0.3 points too high where one of many trials was somewhat
    better than the rest. The interval covered the true difference in 88 to 97% of cases.

    `nested`: a trial is chosen on one half of the examples and evaluated on the other half,
    and the reverse, averaged over random splits into halves; the estimate is that mean
    error minus the claimed one. It is unbiased where trials are equally good, and where one is
    far the best. In between, half of the examples choose worse than all of them, and it is too
    high: by 0.2 to 0.5 points in the same simulations. Its interval is Student's t, with the
    spread over examples of the chosen trial. It covered the true difference in 94 to 99% of
    cases, and in 87% in the one case of a trial somewhat better than the rest. Where
    no example is misclassified, it is Wilson's.

    Neither trains a model. Where only the errors of folds are known, Tibshirani & Tibshirani
    (Annals of Applied Statistics 2009) compare the chosen trial with the best one in each fold,
    which estimates the cost of choosing by one fold; here every example is known.

    Parameters
    ----------
    wrong
        Table of trials × examples, at least 1 × 2: whether each trial misclassifies each
        example, or its loss.
    n_resamples, n_splits
        Number of resamples of the bootstrap, and of splits into halves, each at least 1.
    seed
        Seed of the resamples and splits, at least 0.
    confidence
        Coverage of the intervals, between 0 and 1.
    choose
        The rule by which a trial is chosen, on all examples, on halves and on resamples alike: a
        function of an array of errors, trials along the first axis, that returns the chosen row
        of each column. None takes the lowest error, the first of equal ones.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> rng = np.random.default_rng(0)
    >>> found = optimism(rng.random((60, 1000)) < 0.5)  # sixty coins
    >>> round(found.claimed, 3), found.corrected.mean.round(2)
    (0.473, np.float64(0.51))
    """
    table = _checked(wrong)
    confidence = checked_confidence(confidence)
    stream = streams.numpy_stream(integer("seed", seed, low=0), streams.RESAMPLING)
    errors = table.mean(axis=1)
    rule = _lowest if choose is None else choose
    chosen = int(rule(errors))
    claimed = float(errors[chosen])
    gaps = np.concatenate(
        [
            errors[best := rule(resampled)] - resampled[best, np.arange(len(best))]
            for resampled in _resampled(table, integer("n_resamples", n_resamples, low=1), stream)
        ]
    )
    low, high = np.quantile(gaps, [(1 - confidence) / 2, (1 + confidence) / 2])
    n = np.array(table.shape[1])
    bootstrap = Interval(np.array(gaps.mean()), np.array(low), np.array(high), n)
    held_out = _held_out(table, integer("n_splits", n_splits, low=1), stream, rule)
    seen = _over_examples(held_out, table[chosen], confidence)
    is_error = _is_error(table)
    if seen.low == seen.high:
        seen = _of_equal(seen, is_error, confidence)
    least, most = 0.0 if (table >= 0).all() else -np.inf, 1.0 if is_error else np.inf
    nested = _plus(seen, -claimed)
    error = _plus(nested, claimed)
    low, high = np.clip(error.low, least, most), np.clip(error.high, least, most)
    corrected = Interval(error.mean, low, high, error.n)
    return Optimism(chosen, claimed, bootstrap, nested, corrected)


def ranking_uncertainty(
    wrong: Any, *, n_resamples: int = 1000, seed: int = 0
) -> RankingUncertainty:
    """Estimate the probability of each trial to win on a fresh validation set of the same size.

    The estimate is the bootstrap over examples. It takes the validation errors as the true
    ones and so favours the trial that happens to lead: of two equally good trials, the other
    one wins on half of fresh sets, but on a quarter by this estimate, on average. In this
    sense `another` is a lower bound.

    Parameters
    ----------
    wrong
        Table of trials × examples, at least 1 × 2: whether each trial misclassifies each
        example, or its loss.
    n_resamples
        Number of resamples, at least 1. A probability p has a standard error of
        √(p(1 − p)/n_resamples) from resampling.
    seed
        Seed of the resamples, at least 0.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> found = ranking_uncertainty([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]])
    >>> found.chosen, found.winning.round(1)
    (0, array([0.8, 0.2, 0. ]))
    """
    table = _checked(wrong)
    stream = streams.numpy_stream(integer("seed", seed, low=0), streams.RESAMPLING)
    n_resamples = integer("n_resamples", n_resamples, low=1)
    winning = np.zeros(len(table))
    for resampled in _resampled(table, n_resamples, stream):
        # Sums of losses differ in their last bits by the order of adding.
        lead = np.isclose(resampled, resampled.min(axis=0), rtol=1e-12, atol=0)
        winning += (lead / lead.sum(axis=0)).sum(axis=1)
    winning /= n_resamples
    chosen = int(table.mean(axis=1).argmin())
    return RankingUncertainty(chosen, winning, float(1 - winning[chosen]))


def gain_over_default(
    wrong: Any,
    chosen: int,
    default: int,
    *,
    n_splits: int = 50,
    seed: int = 0,
    confidence: float = 0.95,
    choose: Rule | None = None,
) -> Gain:
    """Compare the chosen trial with a default one, corrected for the choice.

    The chosen trial has the lowest of several errors, so its plain difference is below 0 even
    where all are equally good: with 60 independent trials the plain test at 5% then finds a
    gain in a third of the cases, the corrected interval in 2% (simulated). For the corrected
    difference, a trial is chosen on one half of the examples and compared with the default on
    the other half, and the reverse, averaged over random splits into halves.

    Parameters
    ----------
    wrong
        Table of trials × examples, at least 1 × 2: whether each trial misclassifies each
        example, or its loss. It must hold all trials that the choice was made from.
    chosen
        Row of a trial with the lowest mean; with another rule, of the trial that it chooses.
    default
        Row of the trial it is compared with, fixed before any trial was evaluated.
    n_splits
        Number of splits into halves, at least 1.
    seed
        Seed of the splits, at least 0.
    confidence
        Coverage of the intervals, between 0 and 1.
    choose
        The rule by which the trial was chosen, as in `optimism`; None for the lowest mean.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> rng = np.random.default_rng(3)
    >>> wrong = rng.random((60, 1000)) < 0.5  # sixty coins: none is better
    >>> gain = gain_over_default(wrong, wrong.mean(axis=1).argmin(), 0)
    >>> gain.p_value < 0.05, gain.beyond_noise
    (True, False)
    """
    table = _checked(wrong)
    confidence = checked_confidence(confidence)
    chosen = integer("chosen", chosen, low=0, high=len(table) - 1)
    default = integer("default", default, low=0, high=len(table) - 1)
    errors = table.mean(axis=1)
    rule = _lowest if choose is None else choose
    if choose is not None and chosen != int(choose(errors)):
        raise ValueError(
            f"`chosen` must be the trial that `choose` takes, {int(choose(errors))}, got {chosen}."
        )
    if choose is None and not np.isclose(errors[chosen], errors.min(), rtol=1e-12, atol=0):
        raise ValueError(
            f"`chosen` must be a trial with the lowest mean, {errors.min():g}, got {chosen} "
            f"with {errors[chosen]:g}."
        )
    stream = streams.numpy_stream(integer("seed", seed, low=0), streams.RESAMPLING)
    held_out = _held_out(table, integer("n_splits", n_splits, low=1), stream, rule)
    apart = table[chosen] - table[default]
    p_value = np.nan
    if _is_error(table):
        alone = int((apart != 0).sum())
        p_value = scipy.stats.binomtest(int((apart < 0).sum()), alone).pvalue if alone else 1.0
    difference = _over_examples(apart, apart, confidence)
    # A default that was chosen gains nothing, whatever half of the examples would choose.
    if chosen == default:
        return Gain(difference, float(p_value), difference)
    corrected = _over_examples(held_out - table[default], apart, confidence)
    is_error = _is_error(table)
    return Gain(
        _with_width(difference, is_error, confidence),
        float(p_value),
        _with_width(corrected, is_error, confidence),
    )


def _checked(wrong: Any) -> _Table:
    table = floats("wrong", wrong)
    if table.ndim != 2 or table.shape[0] < 1 or table.shape[1] < 2:
        raise ValueError(
            f"`wrong` must hold trials × examples, at least 1 × 2, got shape {table.shape}."
        )
    if not np.isfinite(table).all():
        n = int((~np.isfinite(table)).sum())
        raise ValueError(f"`wrong` must be finite, got {n} values that are not.")
    return table


def _resampled(
    table: _Table, n_resamples: int, stream: np.random.Generator
) -> Iterator[Float[np.ndarray, "trials resamples"]]:
    """Means of the trials over resamples of the examples, some resamples at a time."""
    n = table.shape[1]
    at_once = max(1, _AT_ONCE // n)
    for first in range(0, n_resamples, at_once):
        count = min(at_once, n_resamples - first)
        drawn = stream.integers(n, size=(count, n)) + n * np.arange(count)[:, None]
        times = np.bincount(drawn.ravel(), minlength=count * n).reshape(count, n)
        yield table @ times.T.astype(np.float64) / n


def _lowest(errors: Float[np.ndarray, "trials ..."]) -> Int[np.ndarray, ...]:
    rows: Int[np.ndarray, ...] = errors.argmin(axis=0)
    return rows


def _held_out(
    table: _Table, n_splits: int, stream: np.random.Generator, rule: Rule
) -> Float[np.ndarray, " examples"]:
    """For each example, the mean value of the trials chosen on halves that do not hold it."""
    n = table.shape[1]
    total = np.zeros(n)
    for _ in range(n_splits):
        order = stream.permutation(n)
        halves = order[: n // 2], order[n // 2 :]
        for chosen_on, seen in (halves, halves[::-1]):
            total[seen] += table[int(rule(table[:, chosen_on].mean(axis=1))), seen]
    return total / n_splits


def _over_examples(
    values: Float[np.ndarray, " n"], spread_of: Float[np.ndarray, " n"], confidence: float
) -> Interval:
    """Student's t interval of the mean of `values`, at least as wide as that of `spread_of`.

    An average over trials scatters less over examples than each of them does.
    """
    n = len(values)
    deviation = max(values.std(ddof=1), spread_of.std(ddof=1))
    half = scipy.stats.t.ppf((1 + confidence) / 2, n - 1) * deviation / np.sqrt(n)
    mean = values.mean()
    return Interval(np.array(mean), np.array(mean - half), np.array(mean + half), np.array(n))


def _is_error(table: _Table) -> bool:
    """Whether it says of every example whether it is misclassified."""
    return bool(np.isin(table, (0, 1)).all())


def _of_equal(interval: Interval, is_error: bool, confidence: float) -> Interval:
    """The interval of a mean of examples that are all alike.

    Of an error it is Wilson's, which their number gives. Equal losses do not say how losses
    scatter.
    """
    if not is_error:
        nan = np.array(np.nan)
        return Interval(interval.mean, nan, nan, interval.n)
    n = int(interval.n)
    ends = wilson_interval(round(float(interval.mean) * n), n, confidence)
    return Interval(interval.mean, ends.low, ends.high, interval.n)


def _with_width(difference: Interval, is_error: bool, confidence: float) -> Interval:
    """The interval of the difference of two trials, with a width where no example differs.

    As many examples as may still differ could be all in favour of either one.
    """
    if difference.low != difference.high:
        return difference
    most = wilson_interval(0, int(difference.n), confidence).high if is_error else np.nan
    mean = difference.mean
    return Interval(mean, np.array(mean - most), np.array(mean + most), difference.n)


def _plus(interval: Interval, shift: float) -> Interval:
    mean, low, high = (
        np.asarray(end + shift) for end in (interval.mean, interval.low, interval.high)
    )
    return Interval(mean, low, high, interval.n)
