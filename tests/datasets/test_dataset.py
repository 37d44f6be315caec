"""The container checks itself, is read-only and knows its content."""

import numpy as np
import pytest

from genlab.datasets import Dataset, DataSpec

GOOD = {
    "x_train": np.zeros((4, 2)),
    "y_train": [0, 1, 2, 0],
    "x_test": np.ones((2, 2)),
    "y_test": [1, 1],
}


def test_it_copies_and_freezes():
    x = np.zeros((4, 2))
    data = Dataset(**(GOOD | {"x_train": x}))
    x[0, 0] = 9.0
    assert data.x_train[0, 0] == 0.0
    for name in ("x_train", "y_train", "x_test", "y_test"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(data, name)[0] = 1


def test_the_fingerprint_is_of_the_content():
    same = Dataset(**GOOD).fingerprint
    assert Dataset(**GOOD).fingerprint == same
    assert Dataset(**(GOOD | {"y_test": [1, 2]})).fingerprint != same
    assert Dataset(**(GOOD | {"n_classes": 4})).fingerprint != same
    assert Dataset(**GOOD).spec == DataSpec("content", {"fingerprint": same})


def test_content_cannot_be_made_from_its_spec():
    with pytest.raises(ValueError, match="cannot be made from its spec"):
        Dataset(**GOOD).spec.make()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_train": np.zeros((0, 2))}, r"`x_train` must have shape .* got \(0, 2\)"),
        ({"x_train": [1.0, 2.0]}, r"`x_train` must have shape .* got \(2,\)"),
        ({"x_train": [[np.nan, 1]] * 4}, r"`x_train` must be finite, got 4 values that are not"),
        ({"y_train": [0, 1, 2]}, r"`y_train` must have shape \(4,\), one label .* got \(3,\)"),
        ({"y_train": [0, 1, 2.5, 0]}, r"`y_train` must hold integers"),
        ({"y_train": ["a", "b", "c", "d"]}, "invalid literal|`y_train` must hold integers"),
        ({"y_test": [-1, 0]}, r"`y_test` must hold labels >= 0, got -1"),
        ({"n_classes": 2}, r"labels must be below `n_classes` = 2, got a label 2"),
        ({"x_test": np.ones((2, 3))}, r"`x_test` must have examples of the shape \(2,\)"),
    ],
)
def test_it_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        Dataset(**(GOOD | change))


def test_an_unknown_generator_is_refused():
    with pytest.raises(
        ValueError,
        match=r"`name` must be one of cifar10, .*mnist1d_resampled, content, or the import path "
        r"of a function \(package.module:function\), got 'mnist2d'",
    ):
        DataSpec("mnist2d", {})
