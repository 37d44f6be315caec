"""The parts of every loss against their definitions, written out fit by fit and row by row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from genlab import measure
from genlab.measure import (
    absolute_error_parts,
    brier_parts,
    cross_entropy_parts,
    kohavi_wolpert_parts,
    squared_error_parts,
    squared_loss_parts,
    zero_one_parts,
)

KINDS = {
    "squared": (squared_loss_parts, "numbers"),
    "absolute": (absolute_error_parts, "numbers"),
    "zero_one": (zero_one_parts, "classes"),
    "kohavi_wolpert": (kohavi_wolpert_parts, "classes"),
    "brier": (brier_parts, "probabilities"),
    "cross_entropy": (cross_entropy_parts, "probabilities"),
}


def drawn(kind, known, seed, n_fits=9, m=5, n_classes=3):
    """Predictions, and what else a decomposition takes: the truth, or targets alone."""
    rng = np.random.default_rng(seed)
    if kind == "numbers":
        fits = rng.standard_t(3, (n_fits, m)) * 10.0 ** rng.integers(-2, 3)
        return fits, (rng.normal(size=m), 0.3) if known else (rng.normal(size=m),)
    truth = rng.dirichlet(np.ones(n_classes), m) if known else rng.integers(0, n_classes, m)
    if kind == "classes":
        return rng.integers(0, n_classes, (n_fits, m)), (truth,)
    return rng.dirichlet(np.full(n_classes, 0.7), (n_fits, m)), (truth,)


def some(n_fits, m, seed):
    """Which fit predicts which row: two fits at least at the first, one at the second, if any."""
    mask = np.random.default_rng(seed).random((n_fits, m)) < 0.6
    mask[:2, 0], mask[:, 1] = True, False
    mask[0, 1] = True
    return mask


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from(sorted(KINDS)),
    known=st.booleans(),
    gaps=st.booleans(),
    seed=st.integers(0, 10**6),
    n_fits=st.integers(2, 12),
    m=st.integers(2, 6),
)
def test_the_parts_add_up_to_the_loss(name, known, gaps, seed, n_fits, m):
    split, kind = KINDS[name]
    fits, truth = drawn(kind, known, seed, n_fits, m)
    mask = some(n_fits, m, seed) if gaps else np.ones((n_fits, m), bool)
    at_rows, average = split(fits, *truth, predicted=mask)
    enough = mask.sum(axis=0) >= 2
    assert at_rows.n_rows == average.n_rows == enough.sum()
    assert len(at_rows.terms) == (3 if known else 2)
    assert next(iter(at_rows.terms)).endswith("noise")
    for parts in (at_rows, average):
        total = sum(part.mean for part in parts.terms.values())
        scale = np.maximum(1, np.nan_to_num(np.abs(parts.loss.mean)))
        np.testing.assert_allclose(total / scale, parts.loss.mean / scale, rtol=0, atol=1e-12)
        for part in (*parts.terms.values(), *parts.details.values(), parts.loss):
            held = (part.low <= part.mean) & (part.mean <= part.high)
            assert np.array_equal(held, enough if parts is at_rows else np.True_)
    for term, part in average.terms.items():
        mean = np.nanmean(at_rows.terms[term].mean)
        np.testing.assert_allclose(part.mean, mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(at_rows.loss.n, mask.sum(axis=0))
    assert average.loss.n == n_fits


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("known", [True, False], ids=["truth", "targets"])
def test_a_row_uses_the_fits_that_predict_it(name, known):
    split, kind = KINDS[name]
    fits, truth = drawn(kind, known, 1, n_classes=2)
    mask = some(9, 5, 2)
    hidden = np.where(mask if fits.ndim == 2 else mask[..., None], fits, np.nan)
    at_rows, _ = split(hidden, *truth, predicted=mask)
    for row in np.flatnonzero(mask.sum(axis=0) >= 2):
        # Alone, so that the largest class must come from elsewhere.
        alone = [value[[row]] if np.ndim(value) else value for value in truth]
        expected, average = split(fits[mask[:, row]][:, [row]], *alone)
        for term, part in at_rows.terms.items():
            for end in ("mean", "low", "high"):
                assert getattr(part, end)[row] == pytest.approx(
                    getattr(expected.terms[term], end)[0], rel=1e-9, abs=1e-12
                )
            assert part.mean[row] == pytest.approx(average.terms[term].mean, abs=1e-12)


def test_squared_error_with_known_truth():
    fits, (truth, noise) = drawn("numbers", True, 3, n_fits=30)
    for ours, theirs in zip(
        squared_loss_parts(fits, truth, noise), squared_error_parts(fits, truth, noise), strict=True
    ):
        pairs = {name: (ours.terms[name], getattr(theirs, name)) for name in ours.terms}
        for name, (one, other) in (pairs | {"loss": (ours.loss, theirs.error)}).items():
            np.testing.assert_allclose(one.mean, other.mean, rtol=1e-9)
            # Student's t in place of the normal distribution, and a term of higher order.
            tolerance = 1e-9 if name in ("noise", "loss") else 0.1
            np.testing.assert_allclose(one.high, other.high, rtol=tolerance)


def test_bias_and_noise_of_targets_is_free_of_the_variance_of_the_mean():
    fits, _ = drawn("numbers", True, 4)
    targets = np.arange(5.0)
    at_rows, _ = squared_loss_parts(fits, targets)
    np.testing.assert_allclose(
        at_rows.terms["bias_squared_and_noise"].mean,
        (fits.mean(axis=0) - targets) ** 2 - fits.var(axis=0, ddof=1) / 9,
    )
    np.testing.assert_allclose(at_rows.terms["variance"].mean, fits.var(axis=0, ddof=1))
    np.testing.assert_allclose(at_rows.loss.mean, ((fits - targets) ** 2).mean(axis=0))


def domingos(votes, q):
    """c₁ N, B and c₂ V of one row from theorem 3, and its loss from all pairs."""
    classes = range(len(q))
    p = np.array([np.mean(votes == c) for c in classes])
    best, main = int(np.argmax(q)), int(np.argmax(p))
    noise, bias, variance = 1 - q[best], float(main != best), 1 - p[main]
    # P(y = t | t ≠ y*) of the fits that differ from y*.
    agree = sum(p[c] * q[c] for c in classes if c != best)
    c1 = p[best] - (agree / noise if noise > 0 else 0.0)
    c2 = 1.0 if main == best else -p[best] / variance if variance > 0 else 0.0
    loss = sum(p[c] * q[t] for c in classes for t in classes if c != t)
    return c1 * noise, bias, c2 * variance, loss


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_zero_one_against_domingos_theorem(n_classes):
    fits, (q,) = drawn("classes", True, 5, m=40, n_classes=n_classes)
    at_rows, average = zero_one_parts(fits, q)
    expected = np.array([domingos(votes, t) for votes, t in zip(fits.T, q, strict=True)]).T
    for name, value in zip(("noise", "bias", "variance"), expected, strict=False):
        np.testing.assert_allclose(at_rows.terms[name].mean, value, atol=1e-12)
    np.testing.assert_allclose(at_rows.loss.mean, expected[3])
    unbiased, biased = (at_rows.details[f"{kind}_variance"].mean for kind in ("unbiased", "biased"))
    np.testing.assert_allclose(unbiased - biased, at_rows.terms["variance"].mean)
    assert not (unbiased * biased).any()
    assert average.details["unbiased_variance"].mean == pytest.approx(unbiased.mean())
    labels = q.argmax(axis=1)
    joined, _ = zero_one_parts(fits, labels)
    np.testing.assert_array_equal(joined.terms["bias_and_noise"].mean, at_rows.terms["bias"].mean)
    np.testing.assert_allclose(joined.loss.mean, (fits != labels).mean(axis=0))


def test_a_close_vote_leaves_the_main_prediction_open():
    """Sign tests of 16, 22 and 30 of 30 votes for the label, and of 8."""
    votes = np.array([[0] * k + [1] * (30 - k) for k in (16, 22, 30, 8)]).T
    at_rows, average = zero_one_parts(votes, [0, 0, 0, 0])
    bias = at_rows.terms["bias_and_noise"]
    assert stats.binomtest(22, 30, alternative="greater").pvalue < 0.025
    assert stats.binomtest(20, 30, alternative="greater").pvalue < 0.05
    np.testing.assert_array_equal(bias.mean, [0, 0, 0, 1])
    np.testing.assert_array_equal(bias.low, [0, 0, 0, 1])
    np.testing.assert_array_equal(bias.high, [1, 0, 0, 1])
    assert average.terms["bias_and_noise"].row() == {"estimate": 0.25, "low": 0.25, "high": 0.5}
    np.testing.assert_array_equal(at_rows.details["biased_variance"].high[1:3], 0)
    # A row where all fits agree is not known to be without variance.
    wilson = measure.wilson_interval(0, 30)
    assert at_rows.details["unbiased_variance"].high[2] == pytest.approx(wilson.high)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_kohavi_wolpert_against_all_pairs(n_classes):
    fits, (q,) = drawn("classes", True, 6, n_classes=n_classes)
    at_rows, _ = kohavi_wolpert_parts(fits, q)
    for row, votes in enumerate(fits.T):
        # Two different fits disagree with the probability 2 · variance.
        pairs = [votes[a] != votes[b] for a in range(9) for b in range(9) if a != b]
        assert at_rows.terms["variance"].mean[row] == pytest.approx(np.mean(pairs) / 2)
        assert at_rows.terms["noise"].mean[row] == pytest.approx((1 - (q[row] ** 2).sum()) / 2)
        assert at_rows.loss.mean[row] == pytest.approx(1 - q[row][votes].mean())
    half, _ = brier_parts(np.eye(n_classes)[fits], q)
    for name, part in at_rows.terms.items():
        np.testing.assert_allclose(2 * part.mean, half.terms[name].mean, atol=1e-12)


def test_brier_is_the_squared_error_of_each_probability():
    fits, (q,) = drawn("probabilities", True, 7)
    at_rows, average = brier_parts(fits, q)
    columns = [squared_loss_parts(fits[..., c], q[:, c], 0.0)[0] for c in range(3)]
    for name in ("bias_squared", "variance"):
        total = sum(column.terms[name].mean for column in columns)
        np.testing.assert_allclose(at_rows.terms[name].mean, total)
    labels = np.arange(5) % 3
    expected = ((fits - np.eye(3)[labels]) ** 2).sum(axis=2).mean()
    assert brier_parts(fits, labels)[1].loss.mean == pytest.approx(expected)
    assert average.terms["noise"].mean == pytest.approx((1 - (q**2).sum(axis=1)).mean())


def heskes(p, q):
    """Bias and variance of one row around the geometric mean of its fits."""
    centre = stats.gmean(p, axis=0)
    centre /= centre.sum()
    return stats.entropy(q, centre), np.mean([stats.entropy(centre, one) for one in p])


def test_cross_entropy_against_divergences_and_the_jackknife():
    fits, (q,) = drawn("probabilities", True, 8)
    at_rows, _ = cross_entropy_parts(fits, q)
    for row in range(5):
        p = fits[:, row]
        plain = np.array(heskes(p, q[row]))
        without = [heskes(np.delete(p, fit, axis=0), q[row]) for fit in range(9)]
        corrected = 9 * plain - 8 * np.mean(without, axis=0)
        found = [at_rows.terms[name].mean[row] for name in ("bias", "variance")]
        np.testing.assert_allclose(found, corrected, rtol=1e-9)
        assert at_rows.terms["noise"].mean[row] == pytest.approx(stats.entropy(q[row]))
        assert at_rows.loss.mean[row] == pytest.approx(special.kl_div(q[row], p).sum(axis=1).mean()
                                                       + stats.entropy(q[row]))  # fmt: skip
    labels = np.arange(5) % 3
    _, average = cross_entropy_parts(fits, labels)
    assert average.loss.mean == pytest.approx(-np.log(fits[:, range(5), labels]).mean())


def test_a_probability_of_zero_is_infinite_where_it_can_happen():
    fits, _ = drawn("probabilities", True, 9)
    fits[0, 0] = [0.0, 0.25, 0.75]
    labels = np.zeros(5, int)
    at_rows, average = cross_entropy_parts(fits, labels)
    assert average.n_infinite == at_rows.n_infinite == 1
    np.testing.assert_array_equal(np.isinf(at_rows.loss.mean), [True] + 4 * [False])
    assert at_rows.terms["bias_and_noise"].mean[0] == np.inf
    assert np.isfinite(at_rows.terms["variance"].mean).all()
    assert average.loss.row()["estimate"] == np.inf
    for part in (average.loss, *average.terms.values()):
        assert np.isnan([part.low, part.high]).all()
    assert np.isfinite(at_rows.loss.high[1:]).all()
    # It cannot happen: the label is another class.
    _, average = cross_entropy_parts(fits, labels + 1)
    assert (average.n_infinite, np.isfinite(average.loss.high)) == (0, True)
    # Nothing in common.
    fits[:, 0] = np.eye(3)[np.arange(9) % 3]
    at_rows, _ = cross_entropy_parts(fits, labels)
    assert [part.mean[0] for part in at_rows.terms.values()] == [np.inf, np.inf]


@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_absolute_error_against_draws_of_the_target(noise):
    fits, _ = drawn("numbers", True, 10, n_fits=101)
    fits /= np.abs(fits).mean()
    truth = np.linspace(-1, 1, 5)
    at_rows, _ = absolute_error_parts(fits, truth, noise)
    targets = truth + noise * stats.norm.ppf((np.arange(4000) + 0.5) / 4000)[:, None]
    loss = np.abs(fits[:, None] - targets).mean(axis=(0, 1))
    least = np.abs(targets - truth).mean(axis=0)
    effect = np.abs(np.median(fits, axis=0) - targets).mean(axis=0) - least
    np.testing.assert_allclose(at_rows.loss.mean, loss, rtol=1e-3)
    np.testing.assert_allclose(at_rows.terms["noise"].mean, least, rtol=1e-2, atol=1e-12)
    # What is subtracted for the error of the median is small beside it, and never adds.
    assert (at_rows.terms["bias"].mean <= effect + 1e-3).all()
    np.testing.assert_allclose(at_rows.terms["bias"].mean, effect, atol=0.1)
    assert (at_rows.terms["bias"].low <= effect).all()
    assert (at_rows.terms["bias"].high >= effect).all()


def test_a_variance_effect_may_be_negative():
    """Half of the fits at 0 and some far on the side of the target: departing helps."""
    fits = np.array([0.0] * 11 + [4.0] * 9)[:, None]
    at_rows, _ = absolute_error_parts(fits, [4.0], 0.0)
    assert at_rows.terms["variance"].mean[0] < 0
    assert at_rows.loss.mean[0] == pytest.approx(2.2)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_order_of_fits_and_rows_changes_nothing_but_rounding(name):
    split, kind = KINDS[name]
    fits, truth = drawn(kind, True, 11, n_fits=30)
    turned = [value[::-1] if np.ndim(value) else value for value in truth]
    at_rows, average = split(fits, *truth)
    other_rows, other = split(fits[::-1, ::-1], *turned)
    for term, part in average.terms.items():
        for end in ("mean", "low", "high"):
            one, two = getattr(part, end), getattr(other.terms[term], end)
            assert one == pytest.approx(two, rel=1e-5, abs=1e-9)
            rows = getattr(other_rows.terms[term], end)[::-1]
            one = getattr(at_rows.terms[term], end)
            np.testing.assert_allclose(one, rows, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("split", "power"), [(squared_loss_parts, 2), (absolute_error_parts, 1)])
@pytest.mark.parametrize("unit", [1e-140, 1e140])
def test_units_change_nothing(split, power, unit):
    fits, (truth, noise) = drawn("numbers", True, 15)
    for one, other in zip(
        split(fits, truth, noise), split(fits * unit, truth * unit, noise * unit), strict=True
    ):
        for term, part in one.terms.items():
            for end in ("mean", "low", "high"):
                value = getattr(other.terms[term], end)
                for _ in range(power):
                    value = value / unit
                expected = getattr(part, end)
                np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-9 * fits.max() ** 2)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_fits_that_agree_have_no_variance(name):
    split, kind = KINDS[name]
    fits, truth = drawn(kind, True, 12)
    at_rows, average = split(np.repeat(fits[:1], 9, axis=0), *truth)
    for parts in (at_rows, average):
        np.testing.assert_allclose(parts.terms["variance"].mean, 0, atol=1e-12 * fits.max() ** 2)
    if kind == "classes":  # of 9 that agree the next may not
        assert (at_rows.loss.high - at_rows.loss.low > 0.1 * np.ptp(truth[0], axis=1)).all()


EXACT = {
    # One row of P(y = 1) = 0.8 and one of 0.3, of a label that is 1 with 0.9 and 0.6.
    "zero_one": {"noise": [0.06, -0.16], "bias": [0, 1], "variance": [0.2, -0.3],
                 "unbiased_variance": [0.2, 0], "biased_variance": [0, 0.3]},
    "kohavi_wolpert": {"bias_squared": [0.01, 0.09], "variance": [0.16, 0.21]},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(EXACT))
def test_intervals_hold_the_truth(name):
    """60 repetitions with 40 fits: a share of 95% has a standard deviation of 3%."""
    split, rng = KINDS[name][0], np.random.default_rng(13)
    q = np.array([[0.1, 0.9], [0.4, 0.6]])
    held = {term: [0, 0] for term in EXACT[name]}
    for _ in range(60):
        fits = (rng.random((40, 2)) < [0.8, 0.3]).astype(int)
        for place, parts in enumerate(split(fits, q)):
            for term, exact in EXACT[name].items():
                part = (parts.terms | parts.details)[term]
                true = np.array(exact) if place == 0 else np.mean(exact)
                inside = (part.low <= true + 1e-12) & (true - 1e-12 <= part.high)
                held[term][place] += inside.mean() / 60
    assert min(min(shares) for shares in held.values()) > 0.86, held


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: squared_loss_parts([[1.0]], [1.0]),
         r"`predictions` must have shape \(n_datasets, m\) with n_datasets >= 2 and m >= 1, got"),
        (lambda: brier_parts([[1.0], [0.0]], [1.0]), r"\(n_datasets, m, n_classes\) with"),
        (lambda: squared_loss_parts([[1.0], [2.0]], [1.0, 2.0]),
         r"`truth` must have shape \(1,\), got \(2,\)"),
        (lambda: squared_loss_parts([[1.0], [2.0]], [np.nan]), "`truth` must be finite"),
        (lambda: absolute_error_parts([[1.0], [2.0]], [np.inf]), "`truth` must be finite"),
        (lambda: absolute_error_parts([[1.0], [2.0]], [1.0], -1.0),
         r"`noise` must be a number >= 0, got -1\.0"),
        (lambda: squared_loss_parts([[1.0], [np.nan]], [1.0]),
         "`predictions` must be finite, got nan in fit 1 of 2"),
        (lambda: zero_one_parts([[0.5], [1]], [1]),
         r"`predictions` must be whole numbers from 0 to 1, got 0\.5"),
        (lambda: zero_one_parts([[0], [-1]], [1]), "got -1"),
        (lambda: zero_one_parts([[0], [2]], [[0.5, 0.5]]), "whole numbers from 0 to 1, got 2"),
        (lambda: zero_one_parts([[0], [0]], [[0.5], [0.5]]),
         r"`truth` must be labels of shape \(1,\) or probabilities of shape \(1, 1\), got"),
        (lambda: brier_parts([[[0.5, 0.5]]] * 2, [2]), "`truth` must be whole numbers from 0 to 1"),
        (lambda: brier_parts([[[0.5, 0.6]]] * 2, [1]),
         r"`predictions` must hold probabilities that add up to 1, got \[0\.5, 0\.6\]"),
        (lambda: cross_entropy_parts([[[1.5, -0.5]]] * 2, [1]), "probabilities that add up to 1"),
        (lambda: kohavi_wolpert_parts([[0], [1]], [[0.5, 0.6]]),
         "`truth` must hold probabilities that add up to 1"),
        (lambda: squared_loss_parts([[1.0], [2.0]], [1.0], predicted=[[True], [False]]),
         "`predicted` must have a row that at least two fits predict, got none"),
        (lambda: squared_loss_parts([[1.0], [2.0]], [1.0], predicted=[True, True]),
         r"`predicted` must be an array of True and False of shape \(2, 1\), got bool of shape"),
        (lambda: squared_loss_parts([[1.0], [2.0]], [1.0], predicted=[[1], [1]]), "got int64"),
        (lambda: squared_loss_parts([[1.0], [2.0]], [1.0], confidence=1.0), "must be below 1"),
    ],
)  # fmt: skip
def test_bad_arguments(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_probabilities_of_float32_add_up_to_1():
    fits, (q,) = drawn("probabilities", True, 14)
    one, other = (cross_entropy_parts(fits.astype(kind), q)[1] for kind in (np.float32, float))
    assert one.loss.mean == pytest.approx(other.loss.mean, rel=1e-5)
    assert sum(part.mean for part in one.terms.values()) == pytest.approx(one.loss.mean, abs=1e-12)
