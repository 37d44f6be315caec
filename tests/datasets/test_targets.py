"""Regression targets, class names, groups and weights of a data set."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from genlab.datasets import Dataset, DataSpec, fold, held_out, make_mnist1d, split_indices


def regression(n: int = 30, **extra: object) -> Dataset:
    stream = np.random.default_rng(0)
    x, y = stream.normal(size=(n, 3)), stream.normal(size=n) * 100
    return Dataset(x[5:], y[5:], x[:5], y[:5], **{"task": "regression", **extra})


def test_a_regression_keeps_its_numbers() -> None:
    data = regression(target="price")
    assert data.y_train.dtype == np.float64
    assert (data.n_classes, data.n_outputs, data.task) == (0, 1, "regression")
    assert "regression" in repr(data)
    assert "price" in data._repr_html_()
    assert "price" in data.to_frame()


def test_a_classification_is_what_it_was() -> None:
    """Fingerprints from before there were tasks, groups and weights."""
    data = Dataset([[0.0], [1.0]], [0, 1], [[0.5]], [1])
    assert data.task == "classification"
    assert data.fingerprint == ("9d217ba2728168bc8bcbe54dd92c7f839d6895c66ab51d36262d51d723cac2ec")


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (
            {"task": "ranking"},
            "`task` must be one of 'classification', 'regression', got 'ranking'.",
        ),
        ({"n_classes": 2}, "`n_classes` must be None for a regression, got 2."),
        ({"classes": ("a", "b")}, "`classes` must be None for a regression, which has no classes."),
        ({"groups": [1, 2]}, "`groups` must have shape (25,), one group per training example"),
        ({"groups": [None] * 25}, "`groups` must name a group for every training example"),
        ({"sample_weight": [-1.0] * 25}, "`sample_weight` must be finite and at least 0"),
        ({"sample_weight": [0.0] * 25}, "`sample_weight` must be finite and at least 0"),
        ({"sample_weight": [1.0]}, "`sample_weight` must hold 25 numbers"),
        ({"target": 3}, "`target` must be a name or None, got 3."),
    ],
)
def test_what_cannot_be_is_one_sentence(extra: dict[str, object], sentence: str) -> None:
    with pytest.raises((TypeError, ValueError)) as error:
        regression(**extra)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("y", [[1.0, np.nan], [1.0, np.inf], [1.0, 1e39]])
def test_targets_are_finite_numbers_within_float32(y: list[float]) -> None:
    with pytest.raises(ValueError, match=r"`y_train` must be finite and within"):
        Dataset([[0.0], [1.0]], y, [[0.5]], [1.0], task="regression")


@pytest.mark.parametrize("names", [("a",), ("a", "a"), ("a", None)])
def test_class_names_are_one_for_each_class(names: tuple[object, ...]) -> None:
    with pytest.raises((TypeError, ValueError), match="`classes` must be"):
        Dataset([[0.0], [1.0]], [0, 1], [[0.5]], [1], classes=names)


def test_parts_carry_all_that_belongs_to_their_examples() -> None:
    n = 20
    x = np.arange(n, dtype=float)[:, None]
    data = Dataset(
        x,
        np.arange(n) % 2,
        x[:4] + 100,
        np.arange(4) % 2,
        classes=("no", "yes"),
        target="answer",
        groups=np.arange(n) // 2,
        sample_weight=np.arange(n) + 1.0,
        columns=("place",),
    )
    parts = [
        data.subset(train=[4, 5, 9]),
        data.without_test(),
        data.divided(np.array([4, 5, 9]), np.array([0, 1])),
    ]
    for part in parts:
        rows = part.x_train[:, 0].astype(int)
        assert (part.sample_weight == rows + 1).all()
        _, expected = np.unique(rows // 2, return_inverse=True)
        assert (part.groups == expected).all()
        assert (part.classes, part.target) == (("no", "yes"), "answer")
        assert part.fingerprint != data.fingerprint
    assert parts[2].x_test[:, 0].tolist() == [0.0, 1.0]


def test_groups_and_weights_decide_the_fingerprint() -> None:
    plain = regression()
    assert plain.fingerprint == regression().fingerprint
    with_groups = regression(groups=np.arange(25) // 5)
    assert with_groups.fingerprint == regression(groups=np.arange(25) // 5 + 7).fingerprint
    weighted = regression(sample_weight=np.ones(25))
    assert len({plain.fingerprint, with_groups.fingerprint, weighted.fingerprint}) == 3


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fractions", [(0.8, 0.2), (0.25,) * 4, (0.5, 0.3, 0.2)])
def test_no_group_lies_in_two_sets(seed: int, fractions: tuple[float, ...]) -> None:
    stream = np.random.default_rng(seed)
    groups = stream.integers(0, 60, 500)
    y = (groups % 3 == 0).astype(int)
    parts = split_indices(y, fractions, groups=[f"g{i}" for i in groups], seed=seed)
    assert sorted(np.concatenate(parts)) == list(range(500))
    places = Counter(group for part in parts for group in set(groups[part]))
    assert set(places.values()) == {1}
    largest = np.bincount(groups).max()
    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - fraction * 500) <= largest
        assert abs(y[part].sum() - fraction * y.sum()) <= largest


def test_groups_of_one_example_split_as_evenly_as_examples() -> None:
    y = np.arange(100) % 4
    for part in split_indices(y, (0.5, 0.5), groups=np.arange(100)):
        assert abs(len(part) - 50) <= 1
        assert (abs(np.bincount(y[part]) - 12.5) <= 1).all()


def test_one_group_cannot_be_split() -> None:
    with pytest.raises(ValueError, match=r"of 4 examples in 1 groups, which leaves set 1 empty"):
        split_indices([0, 1, 0, 1], (0.5, 0.5), groups=[7, 7, 7, 7])


def test_targets_of_a_regression_are_not_stratified() -> None:
    y = np.random.default_rng(0).normal(size=50)
    first, second = split_indices(y, (0.6, 0.4))
    assert sorted([*first, *second]) == list(range(50))


def test_parts_of_a_grouped_whole_keep_groups_together() -> None:
    spec = DataSpec("grouped:grouped", {"n": 60})
    for part in (held_out(spec, 0.3), *(fold(spec, n_folds=3, fold=i) for i in range(3))):
        assert not set(part.x_train[:, 0]) & set(part.x_test[:, 0])  # the input is the group


def test_generated_sets_have_neither() -> None:
    data = make_mnist1d(n_samples=50)
    assert (data.groups, data.sample_weight, data.classes, data.encoder) == (None,) * 4
