"""Pure error against plain loops, and against the noise that was drawn."""

import math

import numpy as np
import pytest
import scipy.sparse

from genlab.measure import pure_error


def plain_lowest(x, y, loss):
    """The best constant of each group of equal rows, found by trying."""
    total = 0.0
    groups = {}
    for row, target in zip(map(tuple, x), y, strict=True):
        groups.setdefault(row, []).append(target)
    for targets in groups.values():
        n = len(targets)
        shares = [targets.count(c) / n for c in sorted(set(targets))]
        if loss == "squared":
            total += sum((t - sum(targets) / n) ** 2 for t in targets)
        elif loss == "absolute":
            total += min(sum(abs(t - c) for t in targets) for c in targets)
        elif loss == "zero_one":
            total += min(sum(t != c for t in targets) for c in targets)
        elif loss == "brier":
            total += n * (1 - sum(p * p for p in shares))
        else:
            total -= n * sum(p * math.log(p) for p in shares)
    return total / len(y)


@pytest.mark.parametrize("loss", ["squared", "absolute", "zero_one", "brier", "cross_entropy"])
def test_the_lowest_loss_is_that_of_a_plain_loop(loss):
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 4, (60, 2)), rng.integers(0, 3, 60)
    found = pure_error(x, y, loss)
    assert found.lowest == pytest.approx(plain_lowest(x.tolist(), y.tolist(), loss), rel=1e-12)
    assert 0 < found.noise.low < found.noise.mean < found.noise.high
    counts = {}
    for row in x.tolist():
        counts[tuple(row)] = counts.get(tuple(row), 0) + 1
    assert found.n_repeated == sum(n for n in counts.values() if n > 1)
    order = rng.permutation(60)
    again = pure_error(scipy.sparse.csr_array(x[order]), y[order], loss)
    assert (again.n_repeated, again.n_conflicting) == (found.n_repeated, found.n_conflicting)
    assert again.noise.high == pytest.approx(found.noise.high, rel=1e-9)


def test_half_of_the_rows_repeated_prove_half_of_the_noise():
    """Of 30 pairs and 60 single rows with noise of variance 4: the bound is 2, and covered."""
    held, means = 0, []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        x = np.concatenate([np.repeat(np.arange(30), 2), np.arange(30, 90)])
        noise = pure_error(x[:, None], x + 2 * rng.standard_normal(120)).noise
        held += bool(noise.low <= 2 <= noise.high)
        means.append(float(noise.mean))
    assert np.mean(means) == pytest.approx(2, abs=0.1)
    assert 0.92 <= held / 300 <= 0.98


def test_rows_that_agree_and_rows_that_are_alone_bound_nothing():
    found = pure_error([[0.0], [-0.0], [1.0]], [2.0, 2.0, 5.0])
    assert (found.n_repeated, found.n_conflicting, found.lowest) == (2, 0, 0.0)
    assert (found.noise.low, found.noise.mean) == (0, 0)
    assert np.isnan(found.noise.high)
    assert pure_error([[0.0], [1.0]], [0, 1], "zero_one").n_repeated == 0
    alone = pure_error([[0.0], [0.0]], [0.0, 1.0]).noise  # one group says nothing of others
    assert np.isnan(alone.low)
    assert alone.mean == 0.5


@pytest.mark.parametrize(
    ("x", "y", "loss", "match"),
    [
        ([[1.0]], [1.0, 2.0], "squared", "one value a row of `x`"),
        ([[1.0]], [np.nan], "squared", "must be finite"),
        ([[1.0]], [1.0], "hinge", "`loss` must be one of"),
    ],
)
def test_refusals(x, y, loss, match):
    with pytest.raises(ValueError, match=match):
        pure_error(x, y, loss)
