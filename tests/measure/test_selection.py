"""The cost of choosing: by brute force over all resamples and halves, and against known truth."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from genlab.measure import gain_over_default, mean_interval, optimism, ranking_uncertainty

# Close trials, with ties: a resample or a half of the examples may choose any of them.
TABLE = np.array([[1, 0, 0, 1, 0, 0], [0, 1, 1, 0, 0, 0], [0, 0, 1, 0, 1, 1]])


def coins(p, n, rng, rho=0.0):
    """Trials of known errors, each two correlated by rho in what decides whether they are wrong."""
    p = np.asarray(p)
    shared, own = rng.normal(size=n), rng.normal(size=(len(p), n))
    return np.sqrt(rho) * shared + np.sqrt(1 - rho) * own < stats.norm.ppf(p)[:, None]


def all_resamples(table):
    """The gap and the shares of winners in each of the nⁿ resamples."""
    n = table.shape[1]
    for drawn in product(range(n), repeat=n):
        errors = table[:, drawn].mean(axis=1)
        lead = errors == errors.min()
        yield table.mean(axis=1)[errors.argmin()] - errors.min(), lead / lead.sum()


def all_halves(table):
    """Of each example, the value of the trial chosen on the other half, over all divisions."""
    n = table.shape[1]
    seen = [[] for _ in range(n)]
    for half in combinations(range(n), n // 2):
        best = table[:, half].mean(axis=1).argmin()
        for i in set(range(n)) - set(half):
            seen[i].append(table[best, i])
    return np.array([np.mean(values) for values in seen])


@pytest.mark.parametrize("table", [TABLE, np.add(TABLE, [[0.1], [0.2], [0.0]])])
def test_by_brute_force(table):
    gaps, winners = zip(*all_resamples(table), strict=True)
    found = optimism(table, n_resamples=20_000, n_splits=20_000)
    assert found.chosen == table.mean(axis=1).argmin()
    assert found.claimed == pytest.approx(table.mean(axis=1).min())
    error = np.std(gaps) / np.sqrt(20_000)
    assert found.bootstrap.mean == pytest.approx(np.mean(gaps), abs=4 * error)
    assert found.bootstrap.low == pytest.approx(np.quantile(gaps, 0.025))
    assert found.bootstrap.high == pytest.approx(np.quantile(gaps, 0.975))
    seen = all_halves(table)
    assert found.nested.mean == pytest.approx(seen.mean() - found.claimed, abs=0.01)
    spread = max(seen.std(ddof=1), table[found.chosen].std(ddof=1))
    half = stats.t.ppf(0.975, 5) * spread / np.sqrt(6)
    assert found.nested.high - found.nested.mean == pytest.approx(half, abs=0.01)
    assert found.corrected.mean == pytest.approx(seen.mean(), abs=0.01)
    ranking = ranking_uncertainty(table, n_resamples=20_000)
    assert ranking.winning == pytest.approx(np.mean(winners, axis=0), abs=0.015)
    assert ranking.another == pytest.approx(1 - ranking.winning[found.chosen])
    assert ranking.winning.sum() == pytest.approx(1)


def test_equal_independent_trials_in_closed_form():
    """Errors scatter by s, and the lowest of m lies E[max of m normals] s below the truth.

    What a resample draws scatters by s around errors that scatter by s: its lowest is
    E[max] s/√2 below its own truth.
    """
    m, n, p = 20, 400, 0.5
    top = stats.norm.expect(lambda z: m * z * stats.norm.cdf(z) ** (m - 1))
    truth = top * np.sqrt(p * (1 - p) / n)
    rng = np.random.default_rng(0)
    found = [optimism(coins([p] * m, n, rng), n_resamples=100, n_splits=10) for _ in range(150)]
    measured = mean_interval([p - one.claimed for one in found], confidence=0.999)
    assert measured.low < truth < measured.high
    assert np.mean([one.nested.mean for one in found]) == pytest.approx(truth, rel=0.06)
    low = np.mean([one.bootstrap.mean for one in found])
    assert low == pytest.approx(truth / np.sqrt(2), rel=0.06)


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_the_intervals_cover_the_true_error_of_the_chosen(rho):
    p = np.linspace(0.3, 0.4, 20)
    rng = np.random.default_rng(1)
    bootstrap, nested = [], []
    for _ in range(200):
        found = optimism(coins(p, 500, rng, rho), n_resamples=200, n_splits=10)
        truth = p[found.chosen] - found.claimed
        bootstrap.append(found.bootstrap.low <= truth <= found.bootstrap.high)
        nested.append(found.nested.low <= truth <= found.nested.high)
    # 200 data sets: a standard error of 0.02.
    assert np.mean(bootstrap) > 0.84
    assert np.mean(nested) > 0.9


def test_one_trial_far_ahead_costs_nothing():
    table = np.stack([np.arange(50) % 10 == 0, np.ones(50), np.ones(50)])
    found = optimism(table)
    assert (found.chosen, found.claimed) == (0, 0.1)
    assert found.nested.mean == pytest.approx(0, abs=1e-12)
    assert abs(found.bootstrap.mean) < 4 * 0.3 / np.sqrt(50 * 1000)
    ranking = ranking_uncertainty(table)
    assert ranking.winning.tolist() == [1, 0, 0]
    assert ranking.another == 0


def test_two_trials_by_the_trinomial_distribution():
    """Only examples on which one alone is wrong decide: 12 against 8 of 100."""
    table = np.zeros((2, 100))
    table[0, :8] = table[1, 8:20] = table[:, 20:50] = 1
    outcomes = [(i, j) for i in range(101) for j in range(101 - i)]
    p = {
        (i, j): stats.multinomial.pmf([i, j, 100 - i - j], 100, [0.08, 0.12, 0.8])
        for i, j in outcomes
    }
    first = sum(q * (1.0 if i < j else 0.5 * (i == j)) for (i, j), q in p.items())
    found = ranking_uncertainty(table, n_resamples=20_000)
    assert found.another == pytest.approx(1 - first, abs=4 * 0.5 / np.sqrt(20_000))
    gain = gain_over_default(table, 0, 1)
    assert gain.p_value == pytest.approx(2 * stats.binom.cdf(8, 20, 0.5))
    limits = stats.ttest_1samp(table[0] - table[1], 0).confidence_interval(0.95)
    assert (gain.difference.low, gain.difference.high) == pytest.approx(tuple(limits))
    assert gain.difference.mean == pytest.approx(-0.04)
    assert not gain.beyond_noise


def test_the_corrected_gain_by_brute_force():
    chosen = int(TABLE.mean(axis=1).argmin())
    gain = gain_over_default(TABLE, chosen, 2, n_splits=20_000)
    expected = all_halves(TABLE) - TABLE[2]
    assert gain.corrected.mean == pytest.approx(expected.mean(), abs=0.01)
    spread = max(expected.std(ddof=1), (TABLE[chosen] - TABLE[2]).std(ddof=1))
    half = stats.t.ppf(0.975, 5) * spread / np.sqrt(6)
    assert gain.corrected.high == pytest.approx(expected.mean() + half, abs=0.02)


def test_noise_is_not_taken_for_a_gain():
    """Forty equal trials: the plain test is fooled by the choice, the corrected one is not."""
    rng = np.random.default_rng(2)
    plain, corrected = [], []
    for _ in range(200):
        wrong = coins([0.4] * 40, 300, rng)
        gain = gain_over_default(wrong, wrong.mean(axis=1).argmin(), 0, n_splits=10)
        plain.append(gain.p_value < 0.05)
        corrected.append(gain.beyond_noise)
    assert np.mean(plain) > 0.15
    assert np.mean(corrected) < 0.05
    better = coins([0.4, 0.2, 0.2], 300, rng)
    assert gain_over_default(better, better.mean(axis=1).argmin(), 0).beyond_noise


def test_a_default_that_is_chosen_gains_nothing():
    gain = gain_over_default(TABLE, 0, 0)
    for one in (gain.difference, gain.corrected):
        assert (one.low, one.mean, one.high) == (0, 0, 0)
    assert gain.p_value == 1
    assert not gain.beyond_noise
    assert np.isnan(gain_over_default(TABLE + 0.5, 0, 2).p_value)


def test_a_seed_gives_the_same_numbers_again():
    table = coins([0.3] * 5, 50, np.random.default_rng(3))
    one, two = (optimism(table, seed=7) for _ in range(2))
    assert one.nested.mean == two.nested.mean
    assert one.bootstrap.mean == two.bootstrap.mean
    assert one.bootstrap.mean != optimism(table, seed=8).bootstrap.mean


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimism([0, 1, 0]), r"trials × examples, at least 1 × 2, got shape \(3,\)"),
        (lambda: optimism([[1], [0]]), r"at least 1 × 2, got shape \(2, 1\)"),
        (lambda: ranking_uncertainty([[0, np.nan]]), "`wrong` must be finite, got 1 value"),
        (lambda: optimism(TABLE, n_splits=0), "`n_splits` must be an integer >= 1, got 0"),
        (lambda: optimism(TABLE, confidence=1.0), "`confidence` must be below 1"),
        (lambda: gain_over_default(TABLE, 2, 0), "`chosen` must be a trial with the lowest mean"),
        (lambda: gain_over_default(TABLE, 0, 3), "`default` must be an integer from 0 to 2"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
