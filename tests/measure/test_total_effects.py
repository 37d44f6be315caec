"""Variances due to sources of randomness, on values whose variances are known."""

import numpy as np
import pytest

from genlab.measure import total_effect_shares, total_effect_variances


def groups(n, deviations, interaction, rng):
    """Errors whose sources' effects add up, and an effect of every combination of its own."""
    k = len(deviations)
    one, other = rng.normal(size=(2, n, k)) * deviations
    ends = np.column_stack([one.sum(1), one.sum(1)[:, None] - one + other])
    return ends + interaction * rng.normal(size=ends.shape)


@pytest.mark.parametrize(
    ("deviations", "interaction"), [([0.4, 0.3, 0.1], 0.0), ([0.3, 0.3, 0.2, 0.1], 0.4)]
)
def test_the_intervals_cover_known_effects(deviations, interaction):
    """Alone, a source shows its own variance and that of the interaction; so does the whole."""
    rng = np.random.default_rng(0)
    own = np.square(deviations)
    together = own.sum() + interaction**2
    truth = np.array([*(own + interaction**2), own.sum() + len(own) * interaction**2]) / together
    truth = np.append(truth, together)
    intervals = [total_effect_shares(groups(20, deviations, interaction, rng)) for _ in range(600)]
    covered = np.mean([(one.low <= truth) & (one.high >= truth) for one in intervals], axis=0)
    # 600 samples: a standard error of 0.01 about the 0.93 to 0.95 of the docstring.
    assert (covered > 0.89).all()
    assert (covered < 0.985).all()


def test_variances_pair_by_pair():
    ends = np.random.default_rng(1).normal(size=(5, 4))
    alone = [np.mean([(row[k] - row[0]) ** 2 / 2 for row in ends]) for k in range(1, 4)]
    together = np.mean(
        [
            (a - b) ** 2 / 2
            for i, row in enumerate(ends)
            for j, other in enumerate(ends)
            for a in row
            for b in other
            if i != j
        ]
    )
    assert total_effect_variances(ends) == pytest.approx(np.array([*alone, together]))
    shares = total_effect_shares(ends).mean
    parts = np.array(alone) / together
    assert shares == pytest.approx(np.array([*parts, parts.sum(), together]))
