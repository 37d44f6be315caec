"""Samples of a data set: rows that are drawn, rows that are not, groups, and their specs."""

import numpy as np
import pytest

from genlab.datasets import Dataset, DataSpec, part_sizes, sample_rows, toy_sample

X = np.arange(24.0)[:, None]
DATA = Dataset(X, np.arange(24) % 2, X[:5] + 100, np.zeros(5, int), n_classes=2)
GROUPS = np.repeat(np.arange(6), 4)
GROUPED = Dataset(X, np.arange(24) % 2, X[:0], [], n_classes=2, groups=GROUPS)


@pytest.mark.parametrize("sampling", ["bootstrap", "subsamples", "disjoint"])
@pytest.mark.parametrize("data", [DATA, GROUPED], ids=["rows", "groups"])
def test_a_row_is_drawn_or_left_and_groups_stay_together(sampling, data):
    size = 1 if data is DATA else 4
    for index in range(2):
        drawn, others = sample_rows(data, sampling, 3, index, seed=1)
        assert set(drawn) | set(others) == set(range(24))
        assert not set(drawn) & set(others)
        assert len(drawn) == 3 * size
        if data is GROUPED:
            assert not set(GROUPS[drawn]) & set(GROUPS[others])
        if sampling != "bootstrap":
            assert len(set(drawn)) == len(drawn)


def test_disjoint_parts_share_nothing_and_cover_all():
    parts = [sample_rows(DATA, "disjoint", 6, i, seed=2)[0] for i in range(4)]
    assert sorted(np.concatenate(parts)) == list(range(24))
    with pytest.raises(ValueError, match="`index` must be at most 3, got 4"):
        sample_rows(DATA, "disjoint", 6, 4)


def test_a_bootstrap_sample_leaves_out_as_many_as_chance_does():
    """(1 − 1/n)^n of the rows: 0.360 for n = 24."""
    left = [len(sample_rows(DATA, "bootstrap", 24, i)[1]) / 24 for i in range(2000)]
    assert np.mean(left) == pytest.approx((1 - 1 / 24) ** 24, abs=0.006)
    counts = np.bincount(
        np.concatenate([sample_rows(DATA, "bootstrap", 24, i)[0] for i in range(2000)])
    )
    assert counts == pytest.approx(2000, abs=5 * 45)


@pytest.mark.parametrize("predicted", ["test", "out_of_bag"])
def test_a_spec_makes_the_sample_and_knows_its_sizes(predicted):
    spec = DataSpec.of_part(
        "sampled", DATA.spec, sampling="bootstrap", n=24, index=3, seed=1, predicted=predicted
    )
    part = spec.make()
    drawn, others = sample_rows(DATA, "bootstrap", 24, 3, seed=1)
    assert part.spec == spec
    assert np.array_equal(part.x_train, X[drawn])
    assert np.array_equal(part.x_test, DATA.x_test if predicted == "test" else X[others])
    assert part_sizes(spec) == (part.n_train, part.n_test)


def test_a_toy_sample_is_made_again_from_its_spec():
    data = toy_sample([0.1, 0.9], index=2, n=5)
    assert data.spec.make().fingerprint == data.fingerprint
    assert data.fingerprint != toy_sample([0.1, 0.9], index=3, n=5).fingerprint
