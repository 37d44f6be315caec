"""The fast method: the published distribution, and example i always example i."""

import jax
import numpy as np
import pytest
import scipy

from genlab import Recipe, train
from genlab.datasets import (
    Dataset,
    fresh_mnist1d,
    iter_mnist1d,
    make_mnist1d,
    mnist1d_stages,
    transforms,
)
from genlab.datasets.mnist1d import _fast
from genlab.models import MLP

SETTINGS = {
    "defaults": {},
    "odd lengths": {"padding": (5, 31), "final_seq_length": 27, "max_translation": 70},
    "shuffled": {"shuffle_seq": True, "seed": 3},
    "no noise": {"corr_noise_scale": 0.0, "iid_noise_scale": 0.0},
    "longer than it was": {"padding": (0, 3), "final_seq_length": 50},
}


def drawn(n, **settings):
    chunks = list(iter_mnist1d(n, chunk_size=n, **settings))
    assert len(chunks) == 1
    return chunks[0]


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_chunks_threads_and_number_change_no_example(settings):
    x, y = drawn(5000, **settings)
    for chunk_size, jobs in ((61, 1), (960, 2), (1009, 2), (10_000, 3)):
        chunks = list(iter_mnist1d(5000, chunk_size=chunk_size, jobs=jobs, **settings))
        assert np.array_equal(np.concatenate([part for part, _ in chunks]), x)
        assert np.array_equal(np.concatenate([part for _, part in chunks]), y)
    fewer, labels = drawn(1234, **settings)
    assert np.array_equal(fewer, x[:1234])
    assert np.array_equal(labels, y[:1234])
    data = make_mnist1d(n_samples=5000, train_split=0.5, method="fast", **settings)
    assert np.array_equal(np.concatenate([data.x_train, data.x_test]), x)
    assert data.spec.make().fingerprint == data.fingerprint


def test_seeds_are_other_examples():
    assert not np.array_equal(drawn(100, seed=1)[0], drawn(100, seed=2)[0])


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_its_constants_are_those_of_the_distribution(settings):
    """Against the exact method's sample: 60,000 examples."""
    made = make_mnist1d(n_samples=60_000, **settings)
    raw_scale = _fast.fast_standard(_settings(settings)).deviation
    # `t` was divided by the sample's deviation, and by the distribution's.
    ratio = make_mnist1d(n_samples=100, method="fast", **settings).t[0] / made.t[0]
    assert ratio == pytest.approx(1, abs=0.01)
    assert raw_scale > 0
    x, _ = drawn(60_000, **settings)
    assert x.mean() == pytest.approx(0, abs=0.02)
    assert x.std() == pytest.approx(1, abs=0.01)


def _settings(settings):
    from genlab.datasets.mnist1d._settings import MNIST1DSettings

    return MNIST1DSettings(**settings)


N = 50_000


@pytest.fixture(scope="module")
def both():
    """Exact examples, and fast ones on the same scale."""
    exact = make_mnist1d(n_samples=N, train_split=0.5, seed=11)
    x = np.concatenate([exact.x_train, exact.x_test])
    y = np.concatenate([exact.y_train, exact.y_test])
    fast_x, fast_y = fresh_mnist1d(exact, N, seed=12)
    return x, y, fast_x, fast_y


def bonferroni(n_tests, alarm=1e-4):
    """The z beyond which one of `n_tests` right statistics falls with probability `alarm`."""
    return scipy.stats.norm.isf(alarm / n_tests / 2)


def test_every_position_has_the_same_distribution(both):
    """Kolmogorov and Smirnov's test at 40 positions; false alarm 1 in 10,000 together."""
    x, _, fast_x, _ = both
    p_values = [scipy.stats.ks_2samp(x[:, i], fast_x[:, i]).pvalue for i in range(40)]
    assert min(p_values) > 1e-4 / 40


def covariance_statistics(x, other):
    """z of the difference of second moments, for every pair of positions."""
    z = []
    for i in range(40):
        a, b = x[:, i : i + 1] * x[:, i:], other[:, i : i + 1] * other[:, i:]
        error = np.sqrt(a.var(axis=0) / len(a) + b.var(axis=0) / len(b))
        z += list((a.mean(axis=0) - b.mean(axis=0)) / error)
    return np.array(z)


def test_every_pair_of_positions_has_the_same_covariance(both):
    """820 second moments; false alarm 1 in 10,000 together."""
    x, _, fast_x, _ = both
    z = covariance_statistics(x, fast_x)
    assert len(z) == 820
    assert np.abs(z).max() < bonferroni(820)


def test_every_class_has_the_same_mean_and_spread_everywhere(both):
    """10 classes × 40 positions × 2 moments; false alarm 1 in 10,000 together."""
    x, y, fast_x, fast_y = both
    z = []
    for label in range(10):
        a, b = x[y == label], fast_x[fast_y == label]
        for power in (1, 2):
            error = np.sqrt((a**power).var(axis=0) / len(a) + (b**power).var(axis=0) / len(b))
            z += list(((a**power).mean(axis=0) - (b**power).mean(axis=0)) / error)
    assert np.abs(z).max() < bonferroni(len(z))


def test_its_classes_are_uniform():
    counts = np.bincount(drawn(N)[1], minlength=10)
    assert scipy.stats.chisquare(counts).pvalue > 1e-4


def test_the_tests_above_can_fail(both):
    """A little more noise, or four places fewer to move by, is seen."""
    x, _, _, _ = both
    noisier, _ = drawn(N, iid_noise_scale=0.05)
    assert np.abs(covariance_statistics(x, noisier)).max() > bonferroni(820)
    moved, _ = drawn(N, max_translation=44)
    p_values = [scipy.stats.ks_2samp(x[:, i], moved[:, i]).pvalue for i in range(40)]
    assert min(p_values) < 1e-4 / 40


@pytest.fixture
def optimised():
    """Long training compiles more and runs in half the seconds."""
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", True)


@pytest.mark.usefixtures("optimised")
def test_networks_learn_as_much_from_it():
    """Test error on the same fresh examples after training on sets of either method."""
    recipe = Recipe.sgd(0.1, batch_size=100, steps=1500, evaluate_every=1500)
    errors = {"exact": [], "fast": []}
    for method, found in errors.items():
        for seed in range(6):
            data = make_mnist1d(seed=100 + seed, method=method)
            x, y = fresh_mnist1d(data, 5000, seed=999)
            trial = Dataset(data.x_train, data.y_train, x, y)
            found.append(train(MLP(), trial, recipe, [seed]).test_error[0, -1])
    difference = np.mean(errors["exact"]) - np.mean(errors["fast"])
    error = np.sqrt(np.var(errors["exact"], ddof=1) / 6 + np.var(errors["fast"], ddof=1) / 6)
    assert abs(difference) < max(4 * error, 0.005)
    assert abs(difference) < 0.02


def test_normals_are_normal():
    words = np.random.Philox(key=1).random_raw(500_000)
    normals = _fast._normals(words).astype(np.float64)
    assert scipy.stats.kstest(normals, scipy.stats.norm.cdf).pvalue > 1e-4
    assert abs(np.corrcoef(normals[:500_000], normals[500_000:])[0, 1]) < 0.007
    extremes = np.array([0, 2**64 - 1, 2**32 - 1], dtype=np.uint64)
    assert np.isfinite(_fast._normals(extremes)).all()


def test_fresh_examples_are_on_the_scale_of_their_set():
    data = make_mnist1d(n_samples=200, seed=5, shuffle_seq=True)
    x, y = fresh_mnist1d(data, 1000)
    assert len(x) == len(y) == 1000
    again, _ = fresh_mnist1d(data, 1000)
    assert np.array_equal(x, again)
    other, _ = fresh_mnist1d(make_mnist1d(n_samples=200, seed=6, shuffle_seq=True), 1000)
    assert not np.array_equal(x, other)  # another scale, another order
    large = make_mnist1d(n_samples=20_000, shuffle_seq=True)
    x, _ = fresh_mnist1d(large, 20_000)
    assert np.abs(x.mean(axis=0) - large.x_train.mean(axis=0)).max() < 0.06
    with pytest.raises(ValueError, match="`data` must be made by make_mnist1d, got Dataset"):
        fresh_mnist1d(Dataset(large.x_train, large.y_train, large.x_test, large.y_test), 10)


def test_the_stages_end_in_the_example():
    data = make_mnist1d(n_samples=300, shuffle_seq=True)
    whole = np.concatenate([data.x_train, data.x_test])
    for index in (0, 17, 299):
        stages = mnist1d_stages(index, n_samples=300, shuffle_seq=True)
        assert np.array_equal(stages["standardise"], whole[index])
        raw = stages["shuffle"]
        assert np.corrcoef(raw, whole[index])[0, 1] == pytest.approx(1)
    assert len(stages["template"]) == 12
    assert len(stages["dilate"]) == len(stages["shear"]) == 72
    assert list(mnist1d_stages(0, n_samples=100)) == [
        "template", "pad", "dilate", "scale", "translate", "correlated noise", "i.i.d. noise",
        "shear", "subsample", "standardise",
    ]  # fmt: skip


def test_transforms_against_loops():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 9))
    n_zeros = rng.integers(0, 5, 6)
    padded, lengths = transforms.pad(x, n_zeros)
    for i in range(6):
        assert np.array_equal(padded[i, : lengths[i]], np.append(x[i], np.zeros(n_zeros[i])))
    stretched = transforms.dilate(padded, lengths, 13)
    shift = rng.integers(0, 20, 6)
    moved = transforms.translate(x, shift)
    slope = rng.standard_normal(6)
    for i in range(6):
        old = np.linspace(0, 1, lengths[i])
        expected = np.interp(np.linspace(0, 1, 13), old, padded[i, : lengths[i]])
        assert np.array_equal(stretched[i], expected)
        assert np.array_equal(moved[i], np.roll(x[i], shift[i]))
        line = slope[i] * np.linspace(-0.5, 0.5, 9)
        np.testing.assert_allclose(transforms.shear(x, slope)[i], x[i] - line)
    x[:, 3] = 0
    noise = rng.standard_normal((6, 9))
    noisy = transforms.add_correlated_noise(x, noise)
    assert np.array_equal(np.delete(noisy, 3, axis=1), np.delete(x, 3, axis=1))
    assert (noisy[:, 3] != 0).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: make_mnist1d(method="quick"),
            ValueError,
            "`method` must be one of 'exact', 'fast'",
        ),
        (lambda: iter_mnist1d(0), ValueError, "`n` must be an integer >= 1, got 0"),
        (
            lambda: iter_mnist1d(10, chunk_size=0),
            ValueError,
            "`chunk_size` must be an integer >= 1",
        ),
        (lambda: iter_mnist1d(10, jobs=1.5), TypeError, r"`jobs` must be an integer, got 1\.5"),
        (
            lambda: iter_mnist1d(10, colour=1),
            TypeError,
            "unknown setting `colour`; valid settings are padding",
        ),
        (lambda: mnist1d_stages(5000), ValueError, "`index` must be an integer from 0 to 4999"),
        (lambda: fresh_mnist1d(make_mnist1d(), 0), ValueError, "`n` must be an integer >= 1"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
