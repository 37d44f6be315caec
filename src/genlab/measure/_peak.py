"""Whether a curve of means has a peak, with the choice of the extremes allowed for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base.arrays import floats
from genlab._base.checks import boolean, several
from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._paired import complete_seeds, paired_intervals, studentised_range


@dataclass(frozen=True, eq=False)
class PeakTest:
    """A rise of a curve of means and the fall after it, and whether both are real.

    Attributes
    ----------
    before, top, after
        Positions of the minimum before the peak, of the peak and of the minimum after it.
    rise, fall
        Mean at `top` less that at `before`, and less that at `after`, with simultaneous
        intervals of `pairwise_intervals`.
    found
        Whether both intervals lie above 0. Otherwise `top` is the end of the largest rise
        of the means, of which these seeds do not tell whether it is chance.
    """

    before: int
    top: int
    after: int
    rise: Interval
    fall: Interval
    found: bool


def peak_test(values: Sequence[Any], confidence: float = 0.95, *, paired: bool = False) -> PeakTest:
    """Test whether a curve rises to a peak and falls again.

    A peak is claimed where some position has both a mean above that of an earlier one and
    a mean above that of a later one, each by a difference whose interval of
    `pairwise_intervals` lies above 0. These intervals hold for all pairs at once, so that
    the peak may be picked from the means that it is tested with. A curve that is flat or
    that only falls shows a rise by chance alone, and at most as often as a flat one.

    At 95%, with 3 or 5 seeds at 6, 20 and 50 positions, a rise is claimed in 1 to 2.5% of flat
    curves and a peak, rise and fall both, in at most 0.6%; with skewed or heavy-tailed values
    in no more, and on curves that fall in fewer. Where the standard deviation of the seeds
    differs fourfold between positions a rise is claimed in 1 to 6% and a peak in at most 3%.
    The noisy double descent of MNIST-1D (a rise of 5.4 points, 3 seeds at 8 widths, 1 at the
    ninth) is found in 97% of simulations at a standard deviation of 1 point between seeds and
    in about 65% at 1.5 points (``benchmarks/coverage_peak.py``).

    Parameters
    ----------
    values
        The values of the seeds at each position, in order of capacity. Numbers of seeds may
        differ, and one seed is enough at some positions. NaN and infinite values are left
        out; a position without any other counts as not run.
    confidence
        Coverage of the intervals, all of them at once, between 0 and 1.
    paired
        Whether the i-th values of all positions belong to one seed, such as the errors of one
        network in the course of its training: see `pairwise_intervals`. Fewer than three seeds
        claim nothing. With 3 or 5 seeds at 60
        positions a rise is then claimed in 1 to 6% of flat curves and a peak in at most 1%,
        whether the values of a seed are independent, autoregressive, a random walk or a straight
        line of random slope (``benchmarks/coverage_peak.py``).

    Raises
    ------
    ValueError
        If no value is finite, `confidence` does not lie between 0 and 1, or `paired` values are
        not as many at every position.

    >>> rng = np.random.default_rng(0)
    >>> means = [60, 46.5, 42.5, 43.4, 47, 47.9, 47, 46.4, 39.9]
    >>> found = peak_test([mean + 0.5 * rng.standard_normal(3) for mean in means])
    >>> found.found, means[found.before], means[found.top], means[found.after]
    (True, 42.5, 47.9, 39.9)
    """
    pairs = pairwise_intervals(values, confidence, paired=paired)
    rows = list(complete_seeds(values)) if paired else several("values", values)
    means = np.array([_mean(_finite(seeds)) for seeds in rows])
    run = np.flatnonzero(np.isfinite(means))
    if len(run) == 0:
        raise ValueError("`values` must hold a finite value.")
    up = np.triu(pairs.low > 0)
    down = np.tril(pairs.low > 0)
    tops = np.flatnonzero(up.any(axis=0) & down.any(axis=0))
    if len(tops):
        top = int(tops[means[tops].argmax()])
        earlier, later = np.flatnonzero(up[:, top]), np.flatnonzero(down[:, top])
    else:
        rises = means[run] - np.minimum.accumulate(means[run])
        top = int(run[rises.argmax()])
        earlier, later = run[run <= top], run[run >= top]
    before = int(earlier[means[earlier].argmin()])
    after = int(later[means[later].argmin()])
    return PeakTest(
        before,
        top,
        after,
        interval_at(pairs, before, top),
        interval_at(pairs, after, top),
        len(tops) > 0,
    )


@dataclass(frozen=True, eq=False)
class RiseTest:
    """The largest rise of a curve of means, and what rise its values leave possible.

    Attributes
    ----------
    start, top
        Positions of the two means whose rise is the largest of those that are found, or of all
        where none is. They are equal where every mean is below the one before it.
    rise
        Mean at `top` less that at `start`, with its interval of `pairwise_intervals`.
    most
        The largest upper end of the intervals of all rises, from any position to any later one: a
        larger rise is excluded. NaN without intervals.
    change
        Mean at the last position less that at the first, with its interval.
    found
        Whether the interval of `rise` lies above 0. Otherwise these seeds do not tell whether the
        curve rises anywhere.
    """

    start: int
    top: int
    rise: Interval
    most: float
    change: Interval
    found: bool


def rise_test(values: Sequence[Any], confidence: float = 0.95, *, paired: bool = False) -> RiseTest:
    """Test whether a curve rises anywhere, or may fall from each position to the next.

    A rise is claimed where a mean is above that of an earlier position by a difference whose
    interval of `pairwise_intervals` lies above 0. These intervals hold for all pairs at once, so
    the largest rise may be picked from the means that it is tested with. A curve that never rises
    is never proved: `most` says how large a rise these seeds cannot exclude.

    Parameters
    ----------
    values, confidence, paired
        As in `peak_test`.

    Raises
    ------
    ValueError
        If no value is finite, or `confidence` does not lie between 0 and 1.

    >>> falling = rise_test([[5.0, 5.2, 4.8], [3.0, 3.2, 2.8], [3.1, 2.9, 3.3]])
    >>> falling.found, round(float(falling.rise.mean), 2), round(falling.most, 2)
    (False, 0.1, 0.6)
    """
    pairs = pairwise_intervals(values, confidence, paired=paired)
    run = np.flatnonzero(np.isfinite(np.diag(pairs.mean)))
    if len(run) == 0:
        raise ValueError("`values` must hold a finite value.")
    rises = np.where(np.triu(np.isfinite(pairs.mean)), pairs.mean, -np.inf)
    found = np.triu(pairs.low > 0)
    if found.any():
        rises = np.where(found, rises, -np.inf)
    start, top = (int(i) for i in np.unravel_index(rises.argmax(), rises.shape))
    highs = pairs.high[np.triu(np.isfinite(pairs.high), 1)]
    return RiseTest(
        start,
        top,
        interval_at(pairs, start, top),
        float(highs.max()) if len(highs) else float("nan"),
        interval_at(pairs, int(run[0]), int(run[-1])),
        bool(found.any()),
    )


def highest_positions(
    values: Sequence[Any], confidence: float = 0.95, *, paired: bool = False
) -> list[int]:
    """Positions of which one may hold the highest mean of a curve: a confidence set.

    A position is left out where another mean is above its own by a difference whose interval of
    `pairwise_intervals` lies above 0. These intervals hold for all pairs at once, so the position
    of the highest expected value is among those left with at least the stated confidence.

    Parameters
    ----------
    values, confidence, paired
        As in `peak_test`. Without intervals no position is left out.

    >>> highest_positions([[1.0, 1.1, 0.9], [3.0, 3.1, 2.9], [2.9, 3.0, 3.1], [1.0, 1.1, 0.9]])
    [1, 2]
    """
    pairs = pairwise_intervals(values, confidence, paired=paired)
    run = np.isfinite(np.diag(pairs.mean))
    return np.flatnonzero(run & ~(pairs.low > 0).any(axis=1)).tolist()


def pairwise_intervals(
    values: Sequence[Any], confidence: float = 0.95, *, paired: bool = False
) -> Interval:
    """Simultaneous intervals of all differences of two means: Tukey and Kramer's.

    All of them hold at once with the stated confidence, whichever pair is looked at, the
    highest and the lowest mean too. For independent normal values of one standard deviation
    they come from the studentised range, exactly for equal numbers of seeds and with more
    than the stated coverage otherwise (Tukey 1953; Kramer, Biometrics 1956; Hayter, Annals
    of Statistics 1984).

    Standard deviations mostly differ between capacities. So the variance at a position is
    the largest of three: that of all positions pooled, that of the neighbouring ones pooled
    (two to each side, or a tenth of all), and its own. That makes the intervals somewhat
    wider than Tukey's, and keeps them honest where the pooled variance would be too small:
    of flat curves of 50 positions, a fourfold standard deviation in the middle makes Tukey's
    own show a rise in 27%, and these in 5%.

    Parameters
    ----------
    values
        The values of the seeds at each position; NaN and infinite ones are left out.
    confidence
        Coverage of all intervals at once, between 0 and 1.
    paired
        Whether the i-th values of all positions belong to one seed. What a seed adds to all of
        its values then drops out of the differences, as in Tukey's intervals for randomised
        blocks: exact where all pairs of positions correlate alike. They do not where values are
        errors in the course of training, so the variance of a difference is here too the largest
        of three: that over all pairs, over the pairs of neighbouring positions, and its own. A
        seed with a value that is not finite is left out of all positions. With two seeds there is
        an interval for two positions alone: at more, it would be too narrow where the values of a
        seed belong together.

    Returns
    -------
    Interval
        Of shape (positions, positions): at [i, j], the mean at j less the mean at i. `n`
        counts the seeds of the position with fewer. The ends are NaN where no position has
        two seeds (`paired`: three, at more than two positions), where the seeds of all are equal,
        and at positions without a seed.

    >>> pairs = pairwise_intervals([[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]])
    >>> float(pairs.mean[0, 1]), round(float(pairs.low[0, 1]), 3)
    (4.0, 1.733)
    """
    confidence = checked_confidence(confidence)
    if boolean("paired", paired):
        return paired_intervals(complete_seeds(values), confidence)
    rows = [_finite(seeds) for seeds in several("values", values)]
    n = np.array([len(seeds) for seeds in rows])
    means = np.array([_mean(seeds) for seeds in rows])
    difference = means[None, :] - means[:, None]
    fewer = np.minimum(n[None, :], n[:, None])
    freedom, positions = int(np.maximum(n - 1, 0).sum()), int((n > 0).sum())
    variance = _variances(rows)
    if freedom == 0 or positions < 2 or not variance.max() > 0:
        nothing = np.full(difference.shape, np.nan)
        return Interval(difference, nothing, nothing, fewer)
    own = np.divide(variance, n, out=np.full(len(n), np.nan), where=n > 0)
    half = studentised_range(positions, freedom, confidence) * np.sqrt(
        (own[None, :] + own[:, None]) / 2
    )
    np.fill_diagonal(half, 0.0)
    return Interval(difference, difference - half, difference + half, fewer)


def _variances(rows: Sequence[Float[np.ndarray, " seeds"]]) -> Float[np.ndarray, " positions"]:
    """At each position, the largest of its own variance, its neighbours' and everybody's."""
    squares = np.array([((seeds - _mean(seeds)) ** 2).sum() for seeds in rows])
    freedom = np.array([max(len(seeds) - 1, 0) for seeds in rows])
    reach = max(2, -(-len(rows) // 10))
    windows = [
        (slice(i, i + 1), slice(max(0, i - reach), i + reach + 1), slice(None))
        for i in range(len(rows))
    ]
    return np.array(
        [
            max(squares[part].sum() / max(freedom[part].sum(), 1) for part in parts)
            for parts in windows
        ]
    )


def interval_at(pairs: Interval, i: int, j: int) -> Interval:
    """The difference of one pair among those of `pairwise_intervals`."""
    return Interval(pairs.mean[i, j], pairs.low[i, j], pairs.high[i, j], pairs.n[i, j])


def _finite(values: Any) -> Float[np.ndarray, " seeds"]:
    array = floats("values", values).reshape(-1)
    return array[np.isfinite(array)]


def _mean(values: Float[np.ndarray, " seeds"]) -> float:
    return float(values.mean()) if len(values) else float("nan")
