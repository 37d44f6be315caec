"""MNIST-1D resampled: other training examples, one test set, the published scale."""

import numpy as np
import pytest

from genlab.datasets import fresh_mnist1d, make_mnist1d, redraw_mnist1d, resample_mnist1d


def rows(x):
    return {row.tobytes() for row in x}


def test_it_is_fresh_examples_on_the_published_scale():
    data = resample_mnist1d(seed=3, n_train=50, n_test=70)
    published = make_mnist1d()
    for part, n, seed in (("train", 50, 3), ("test", 70, 2**32 - 1)):
        x, y = fresh_mnist1d(published, n, seed=seed)
        assert np.array_equal(getattr(data, f"x_{part}"), x)
        assert np.array_equal(getattr(data, f"y_{part}"), y)
    assert np.array_equal(data.t, published.t)
    assert data.n_classes == 10


def test_seeds_share_the_test_set_and_no_training_example():
    one, two = (resample_mnist1d(seed=seed, n_train=2000, n_test=500) for seed in (0, 1))
    assert np.array_equal(one.x_test, two.x_test)
    assert np.array_equal(one.y_test, two.y_test)
    sets = [rows(one.x_train), rows(two.x_train), rows(one.x_test)]
    assert len(sets[0] | sets[1] | sets[2]) == 2000 + 2000 + 500


def test_sizes_change_no_example():
    few = resample_mnist1d(seed=5, n_train=30, n_test=40)
    many = resample_mnist1d(seed=5, n_train=3000, n_test=2500)
    assert np.array_equal(few.x_train, many.x_train[:30])
    assert np.array_equal(few.y_test, many.y_test[:40])


def test_both_sets_have_the_moments_of_the_distribution():
    """Of 20,000 examples the mean's deviation is about 0.01 and that of the deviation less."""
    data = resample_mnist1d(n_train=20_000, n_test=20_000)
    for x in (data.x_train, data.x_test):
        assert x.mean() == pytest.approx(0, abs=0.03)
        assert x.std() == pytest.approx(1, abs=0.02)


def test_its_spec_makes_it_again():
    data = resample_mnist1d(seed=9, n_train=20, n_test=30)
    assert data.spec.name == "mnist1d_resampled"
    assert dict(data.spec.arguments) == {"seed": 9, "n_train": 20, "n_test": 30}
    assert data.spec.make().fingerprint == data.fingerprint


def test_sets_that_share_test_examples_share_their_memory():
    one, two = (resample_mnist1d(seed=seed, n_test=100) for seed in (0, 1))
    assert one.x_test is two.x_test
    with pytest.raises(ValueError, match="read-only"):
        one.x_test[0, 0] = 1.0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"seed": 2**32 - 1}, ValueError, r"`seed` must be an integer from 0 to 4294967294"),
        ({"seed": -1}, ValueError, "`seed` must be an integer from 0"),
        ({"n_train": 0}, ValueError, "`n_train` must be an integer >= 1, got 0"),
        ({"n_test": 1.5}, TypeError, r"`n_test` must be an integer, got 1\.5"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        resample_mnist1d(**arguments)


def test_redrawn_sets_are_pieces_of_one_stream_a_seed():
    """Blocks of the stream hold 960 examples; the pieces begin and end within them."""
    whole = redraw_mnist1d(seed=3, n_train=3000, n_test=1)
    data = redraw_mnist1d(seed=3, n_train=700, n_test=900, skip=400)
    assert np.array_equal(data.x_train, whole.x_train[:700])
    assert np.array_equal(data.x_test, whole.x_train[1100:2000])
    assert np.array_equal(data.y_test, whole.y_train[1100:2000])
    assert data.spec.make().fingerprint == data.fingerprint
    assert np.array_equal(data.t, make_mnist1d().t)
    other, resampled = redraw_mnist1d(seed=4, n_train=3000), resample_mnist1d(seed=3, n_train=3000)
    sets = [rows(whole.x_train), rows(other.x_train), rows(resampled.x_train)]
    assert len(sets[0] | sets[1] | sets[2]) == 9000
    assert whole.x_train.mean() == pytest.approx(0, abs=0.05)
    assert np.bincount(whole.y_train, minlength=10).min() > 200
    with pytest.raises(ValueError, match="`skip` must be an integer >= 0, got -1"):
        redraw_mnist1d(skip=-1)
