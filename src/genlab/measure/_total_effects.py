"""How much of a variance goes with each of several sources of randomness."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base.arrays import floats
from genlab.measure._intervals import Interval, jackknife_interval


def total_effect_variances(
    values: Any,
) -> Float[np.ndarray, " sources_and_all"]:
    """Variance due to each source, and due to all together: half of mean squared differences.

    For a source: of two runs that differ in this source alone. It is the variance due to the
    source while the others are held fixed, averaged over what they are: its total effect (Homma
    & Saltelli, Reliability Engineering & System Safety 1996; estimated as in Jansen, Computer
    Physics Communications 1999, equation 9). For all together: of two runs of different groups,
    which share nothing.

    Parameters
    ----------
    values
        One row per group: its first run, then for each source one run that differs from the
        first in this source alone; shape (groups, runs), at least 2 × 2. Groups share no
        source. A group with a NaN or infinite value, of a run that diverged, is left out.

    Returns
    -------
    array
        One variance per source, in the order of the columns, and last that of all together.

    Raises
    ------
    ValueError
        Where `values` is not such a table, or has too few groups without a diverged run.

    >>> total_effect_variances(np.array([[0.0, 2.0], [4.0, 4.0]])).tolist()
    [1.0, 5.0]
    """
    return _variances(_checked(values, 2))


def _variances(groups: Float[np.ndarray, "groups runs"]) -> Float[np.ndarray, " sources_and_all"]:
    alone = ((groups[:, 1:] - groups[:, :1]) ** 2).mean(axis=0) / 2
    # The mean over all pairs of runs from different groups, without listing them.
    together = groups.mean(axis=1).var(ddof=1) + groups.var(axis=1).mean()
    return np.array([*alone, together])


def total_effect_shares(values: Any) -> Interval:
    """Each source's fraction of the variance of all together, their sum, and that variance.

    Jackknife intervals over groups, on logarithms, for what is positive and skewed. They
    cover 91 to 95% of normal effects from 6 groups, 93 to 95% from 20 on, alone or
    interacting (simulated).

    Parameters
    ----------
    values
        As for `total_effect_variances`, at least 3 groups.

    Returns
    -------
    Interval
        `n` is the number of groups. Where no runs differ, the fractions are NaN; a source that
        never matters has the fraction 0. Neither has an interval: its ends are NaN.

    Raises
    ------
    ValueError
        As `total_effect_variances`.
    """
    groups = _checked(values, 3)

    def logs(kept: Float[np.ndarray, "groups runs"]) -> Float[np.ndarray, " numbers"]:
        *alone, together = _variances(kept)
        with np.errstate(divide="ignore", invalid="ignore"):  # of sources that never matter
            return np.log([*alone / together, sum(alone) / together, together])

    left_out = [logs(np.delete(groups, i, axis=0)) for i in range(len(groups))]
    with np.errstate(invalid="ignore"):
        interval = jackknife_interval(logs(groups), left_out)
    return Interval(np.exp(interval.mean), np.exp(interval.low), np.exp(interval.high), interval.n)


def _checked(values: Any, fewest: int) -> Float[np.ndarray, "groups runs"]:
    """The groups without a diverged run."""
    groups = floats("values", values)
    if groups.ndim != 2 or groups.shape[1] < 2:
        raise ValueError(
            "`values` must have shape (groups, runs) with at least 2 runs per group, got "
            f"{groups.shape}."
        )
    groups = groups[np.isfinite(groups).all(axis=1)]
    if len(groups) < fewest:
        raise ValueError(
            f"`values` must hold at least {fewest} groups without a diverged run, "
            f"got {len(groups)}."
        )
    return groups
