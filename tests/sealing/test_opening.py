"""What an opening says: its intervals, widened by the number of openings, and their coverage."""

from functools import cache

import numpy as np
import pytest
from scipy import stats
from sealing.test_sealed import Fixed, small

from genlab import seal
from genlab.sealing import Opening, sealed_openings
from genlab.sealing._openings import OpeningRow, Openings
from genlab.sweep import Store


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "s.db") as made:
        yield made


def opened(n_wrong=100, n=1000, n_openings=1, **result):
    row = OpeningRow(
        "ab" * 32, 1, "2026-01-02T03:04:05+00:00", n, "m", {}, "why", {"n_wrong": n_wrong, **result}
    )
    return Opening._of(row, n_openings)


@pytest.mark.parametrize("k", [1, 2, 3, 10])
def test_intervals_are_those_of_scipy_at_the_widened_confidence(k):
    opening = opened(n_openings=k)
    test = stats.binomtest(100, 1000)
    wilson, exact = (test.proportion_ci(1 - 0.05 / k, method) for method in ("wilson", "exact"))
    for found, true in ((opening.wilson, wilson), (opening.exact, exact)):
        np.testing.assert_allclose([found.low, found.high], [true.low, true.high], rtol=1e-9)
    assert opening.interval.low == (opening.wilson if k == 1 else opening.exact).low


def test_earlier_openings_are_widened_too(store):
    generator = np.random.default_rng(0)
    data = small(generator.normal(size=(200, 2)), np.arange(200) % 3)
    _, sealed = seal(data, store)
    shares = generator.dirichlet([1, 1, 1], 200)
    model = Fixed(shares.argmax(axis=1), None)
    model.predict_proba = lambda x: shares[: len(x)]
    first = sealed.open(model, reason="to see")
    sealed.reopen(model, reason="to see again")
    before, after = first, sealed.openings[0]
    assert (before.confidence, after.confidence) == (0.95, 0.975)
    for name in ("wilson", "exact", "loss_interval"):
        one, other = getattr(before, name), getattr(after, name)
        assert other.low < one.low < one.mean == other.mean < one.high < other.high
    assert first.sentence.endswith("% on 200 examples, opened once")
    assert after.sentence.endswith("% on 200 examples, opened 2 times: intervals widened")
    assert first.notes == ()
    assert "opened 2 times: each interval has 97.5% confidence (Bonferroni)" in after.notes[0]
    assert repr(sealed).endswith("opened 2 times: intervals widened)")
    page = sealed._repr_html_()
    assert page.count("intervals widened") == 2
    assert "to see again" in page
    with Store(store.url) as same:
        assert [o.sentence for o in sealed_openings(same)] == [o.sentence for o in sealed.openings]


def test_the_loss_and_its_bootstrap(store):
    """SciPy's bootstrap of the same losses, to what is left of two bootstraps' chance."""
    generator = np.random.default_rng(1)
    data = small(generator.normal(size=(400, 2)), generator.integers(3, size=400))
    shares = generator.dirichlet([1, 1, 1], 400)
    model = Fixed(shares.argmax(axis=1))
    model.predict_proba = lambda x: shares[: len(x)]
    _, sealed = seal(data, store)
    opening = sealed.open(model, reason="to see")
    losses = -np.log(shares[np.arange(400), data.y_test])
    np.testing.assert_allclose(opening.loss, losses.mean(), rtol=1e-12)
    true = stats.bootstrap(
        (losses,), np.mean, method="percentile", n_resamples=20_000, rng=generator
    ).confidence_interval
    found = opening.loss_interval
    width = true.high - true.low
    np.testing.assert_allclose([found.low, found.high], [true.low, true.high], atol=0.03 * width)
    again = sealed.reopen(model, reason="the same bits")
    assert again.loss == opening.loss
    assert again.loss_interval.low == sealed.openings[0].loss_interval.low
    row = Openings(store).read()[0]
    assert sum(len(ends) for ends in row.result["loss_ends"]) == 20  # of no example alone


def test_too_many_openings_leave_the_loss_without_an_interval():
    ends = {"loss": 0.5, "loss_ends": [[0.4, 0.6]] * 10}
    assert opened(n_openings=10, **ends).loss_interval.low == 0.4
    last = opened(n_openings=11, **ends)
    assert np.isnan(last.loss_interval.low)
    assert "too few in their tails for more than 10 openings" in last.notes[1]


def test_rows_hold_what_is_said():
    opening = opened(loss=0.5, loss_ends=[[0.4, 0.6]])
    rows = opening.rows()
    assert [(row["measure"], row["interval"]) for row in rows] == [
        ("error", "Wilson"),
        ("error", "Clopper–Pearson"),
        ("loss", "bootstrap"),
    ]
    assert [row["value"] for row in rows] == [0.1, 0.1, 0.5]
    assert (rows[2]["low"], rows[2]["high"]) == (0.4, 0.6)
    assert rows[0]["opened"] == "2026-01-02T03:04:05+00:00"
    assert str(opening) == "error 10.0 [8.3, 12.0]% on 1,000 examples, opened once"
    assert "<td>0.1000</td><td>0.0829</td>" in opening._repr_html_()


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_exact_interval_covers_every_error(k):
    """Summed over all counts: never less than stated, so that all of k hold in 95% at least."""
    n = 200
    intervals = [opened(count, n, k).exact for count in range(n + 1)]
    errors = np.linspace(0, 1, 1001)
    held = [(i.low <= errors) & (errors <= i.high) for i in intervals]
    chances = stats.binom.pmf(np.arange(n + 1)[:, None], n, errors[None])
    covered = (chances * held).sum(axis=0)
    assert covered.min() >= 1 - 0.05 / k


def test_coverage_in_simulated_studies():
    """2,000 studies of 1,000 examples, true errors from 5 to 50%, on one test set the models of
    a study share."""
    generator = np.random.default_rng(0)
    n, studies = 1000, 2000
    names = ("wilson", "exact", "interval")

    @cache  # the same counts come again and again
    def intervals_of(count, k):
        opening = opened(count, n, k)
        return {name: getattr(opening, name) for name in names}

    for k in (1, 2, 3):
        truth = generator.uniform(0.05, 0.5, size=(studies, k))
        covered = dict.fromkeys(names, 0)
        for errors in truth:
            # An example that is hard for one model is hard for the others.
            hardness = generator.normal(size=n) + generator.normal(size=(k, n))
            wrong = (hardness < stats.norm.ppf(errors)[:, None] * np.sqrt(2)).sum(axis=1)
            found = [intervals_of(int(count), k) for count in wrong]
            for name in covered:
                intervals = [one[name] for one in found]
                covered[name] += all(
                    i.low <= error <= i.high for i, error in zip(intervals, errors, strict=True)
                )
        shares = {name: count / studies for name, count in covered.items()}
        if k == 1:
            assert 0.935 <= shares["wilson"] <= 0.965, shares
        assert shares["exact"] >= 0.95, (k, shares)
        assert shares["interval"] >= (0.935 if k == 1 else 0.95), (k, shares)
