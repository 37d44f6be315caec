"""How much of a variance goes with each of several sources of randomness."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from genlab.measure._intervals import Interval, jackknife_interval


def total_effect_variances(
    values: Float[np.ndarray, "groups runs"],
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
        first in this source alone. Groups share no source.

    Returns
    -------
    array
        One variance per source, in the order of the columns, and last that of all together.

    >>> total_effect_variances(np.array([[0.0, 2.0], [4.0, 4.0]])).tolist()
    [1.0, 5.0]
    """
    alone = ((values[:, 1:] - values[:, :1]) ** 2).mean(axis=0) / 2
    # The mean over all pairs of runs from different groups, without listing them.
    together = values.mean(axis=1).var(ddof=1) + values.var(axis=1).mean()
    return np.array([*alone, together])


def total_effect_shares(values: Float[np.ndarray, "groups runs"]) -> Interval:
    """Each source's fraction of the variance of all together, their sum, and that variance.

    Jackknife intervals over groups, on logarithms, for what is positive and skewed. They
    cover 91 to 95% of normal effects from 6 groups, 93 to 95% from 20 on, alone or
    interacting (simulated).

    Parameters
    ----------
    values
        As for `total_effect_variances`, at least 3 groups.
    """

    def logs(kept: Float[np.ndarray, "groups runs"]) -> Float[np.ndarray, " numbers"]:
        *alone, together = total_effect_variances(kept)
        return np.log([*alone / together, sum(alone) / together, together])

    left_out = [logs(np.delete(values, i, axis=0)) for i in range(len(values))]
    interval = jackknife_interval(logs(values), left_out)
    return Interval(np.exp(interval.mean), np.exp(interval.low), np.exp(interval.high), interval.n)
