"""MNIST-1D: the published set, and any number of further examples."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from genlab._base.checks import choice, integer
from genlab.datasets._dataset import Dataset, DataSpec
from genlab.datasets.mnist1d import _exact as exact
from genlab.datasets.mnist1d import _fast as fast
from genlab.datasets.mnist1d._settings import MNIST1DSettings, checked_chunks, n_examples, n_train
from genlab.datasets.mnist1d._templates import MNIST1D_CLASSES

_METHODS = ("exact", "fast")
# The stream of the test set that all resampled sets share; no training set may take it.
_SHARED_TEST = 2**32 - 1


def make_mnist1d(
    n_samples: int = 5000,
    train_split: float = 0.8,
    padding: tuple[int, int] = (36, 60),
    scale_coeff: float = 0.4,
    max_translation: int = 48,
    corr_noise_scale: float = 0.25,
    iid_noise_scale: float = 0.02,
    shear_scale: float = 0.75,
    shuffle_seq: bool = False,
    final_seq_length: int = 40,
    seed: int = 42,
    method: str = "exact",
) -> Dataset:
    """Make MNIST-1D; the defaults make the published frozen set.

    Parameters
    ----------
    n_samples
        Number of training and test examples together, at least 10. The exact method makes
        n_samples // 10 of every class, without a remainder; the fast one makes all of them, of
        random classes.
    train_split
        Fraction of the examples that form the training set, between 0 and 1. The rest is the
        test set, and neither may be empty.
    padding
        Range (low, high) of the number of zeros appended to the template, both ends included.
    scale_coeff
        Width of the range of amplitudes, at least 0: they are 1 + scale_coeff·U(−½, ½).
    max_translation
        Number of possible rotations of the pattern, at least 1: by 0..max_translation − 1
        places.
    corr_noise_scale
        Standard deviation of the noise in the padding before smoothing, at least 0.
    iid_noise_scale
        Standard deviation of the independent noise at every point, at least 0.
    shear_scale
        Width of the range of slopes, at least 0: they are shear_scale·U(−½, ½).
    shuffle_seq
        Whether the positions of all examples are reordered by one random permutation.
    final_seq_length
        Number of points per example, at least 2.
    seed
        Seed of the method's random generator, from 0 to 2³² − 1.
    method
        "exact": the published stream of random numbers, within 1e-12 of the published code for
        all arguments, standardised by the set's own mean and standard deviation. "fast": the
        same distribution from counter-based streams, where example i does not depend on
        n_samples, standardised by the mean and standard deviation of the distribution.

    Returns
    -------
    Dataset
        Inputs of shape (n, final_seq_length) with mean 0 and standard deviation 1 over all
        examples and positions, labels 0..9 in random order, positions t, and the spec that
        makes it again.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    References
    ----------
    Greydanus & Kobak, "Scaling down deep learning with MNIST-1D", ICML 2024.

    >>> data = make_mnist1d()
    >>> data.x_train.shape, data.x_test.shape
    ((4000, 40), (1000, 40))
    """
    settings = MNIST1DSettings(
        padding=padding,
        scale_coeff=scale_coeff,
        max_translation=max_translation,
        corr_noise_scale=corr_noise_scale,
        iid_noise_scale=iid_noise_scale,
        shear_scale=shear_scale,
        shuffle_seq=shuffle_seq,
        final_seq_length=final_seq_length,
        seed=seed,
    )
    n = n_examples(n_samples)
    if choice("method", method, _METHODS) == "exact":
        made = exact.exact_set(n, settings)
        x, y, t = made.x, made.y, made.t
    else:
        n = int(n_samples)
        x, y = fast.fast_examples(0, n, settings)
        t = fast.fast_t(settings)
    split = n_train(n, train_split)
    return Dataset(
        x_train=x[:split],
        y_train=y[:split],
        x_test=x[split:],
        y_test=y[split:],
        n_classes=len(MNIST1D_CLASSES),
        t=t,
        spec=DataSpec("mnist1d", settings.arguments(n_samples, train_split, method)),
    )


def iter_mnist1d(
    n: int, *, chunk_size: int = 10_000, jobs: int = 1, **settings: Any
) -> Iterator[tuple[Float[np.ndarray, "chunk points"], Int[np.ndarray, " chunk"]]]:
    """Make any number of examples in bounded memory, by the fast method.

    Parameters
    ----------
    n
        Number of examples, at least 1.
    chunk_size
        Number of examples per chunk, at least 1; the last chunk may be smaller. It changes no
        example.
    jobs
        Number of threads, at least 1. It changes no example.
    **settings
        Arguments of `make_mnist1d` from `padding` to `seed`.

    Yields
    ------
    x, y
        Inputs of shape (chunk_size, final_seq_length) and labels.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> x, y = next(iter_mnist1d(10**9, chunk_size=100))
    >>> x.shape, y.shape
    ((100, 40), (100,))
    >>> (x == make_mnist1d(n_samples=10_000, method="fast").x_train[:100]).all()
    np.True_
    """
    n, chunk_size, jobs = checked_chunks(n, chunk_size, jobs)
    return fast.iter_fast(n, chunk_size, jobs, _settings(settings))


def fresh_mnist1d(
    data: Dataset, n: int, *, seed: int = 0
) -> tuple[Float[np.ndarray, "n points"], Int[np.ndarray, " n"]]:
    """Draw fresh examples for a set of MNIST-1D: new draws of its distribution, on its scale.

    They are standardised by the same mean and standard deviation as `data`, and their positions
    are shuffled in the same way, so that a model trained on `data` can be tested on any number
    of examples.

    Parameters
    ----------
    data
        Data set made by `make_mnist1d`.
    n
        Number of examples, at least 1.
    seed
        Seed of the examples, from 0 to 2³² − 1. Whatever the seed, they are independent of those
        of `data`.

    Returns
    -------
    x, y
        Inputs of shape (n, points), and labels.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> x, y = fresh_mnist1d(make_mnist1d(), 1000)
    >>> x.shape
    (1000, 40)
    """
    if data.spec.name != "mnist1d":
        raise ValueError(f"`data` must be made by make_mnist1d, got {data!r}.")
    integer("n", n, low=1)
    integer("seed", seed, low=0, high=2**32 - 1)
    arguments = dict(data.spec.arguments)
    n_samples = arguments.pop("n_samples")
    method = arguments.pop("method")
    del arguments["train_split"]
    settings = MNIST1DSettings(**arguments)
    return fast.fresh_examples(n, seed, settings, _standard(n_samples, method, settings))


def resample_mnist1d(seed: int = 0, n_train: int = 4000, n_test: int = 10_000) -> Dataset:
    """Make MNIST-1D with a fresh training sample and always the same test set.

    It is for measuring the variance due to the training sample: models of several seeds are
    tested on the same examples, so that their errors differ by training alone. Both sets are
    fresh draws of the distribution of `make_mnist1d()`, on the scale of that published set but
    without its examples, and with random numbers of examples per class.

    Parameters
    ----------
    seed
        Seed of the training examples, from 0 to 2³² − 2. They are those of
        `fresh_mnist1d(make_mnist1d(), n_train, seed=seed)`.
    n_train
        Number of training examples, at least 1. A smaller set is the beginning of a larger one.
    n_test
        Number of test examples, at least 1. They are the same for every seed, and a smaller set
        is the beginning of a larger one.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> one, two = resample_mnist1d(seed=1), resample_mnist1d(seed=2)
    >>> one.x_train.shape, one.x_test.shape
    ((4000, 40), (10000, 40))
    >>> bool((one.x_train != two.x_train).all()), bool((one.x_test == two.x_test).all())
    (True, True)
    """
    seed = integer("seed", seed, low=0, high=_SHARED_TEST - 1)
    n_train, n_test = integer("n_train", n_train, low=1), integer("n_test", n_test, low=1)
    settings, standard = MNIST1DSettings(), _published_standard()
    x_train, y_train = fast.fresh_examples(n_train, seed, settings, standard)
    x_test, y_test = _shared_test(n_test)
    return Dataset(
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        n_classes=len(MNIST1D_CLASSES),
        t=exact.raw_t(settings) / standard.deviation,
        spec=DataSpec("mnist1d_resampled", {"seed": seed, "n_train": n_train, "n_test": n_test}),
    )


def redraw_mnist1d(
    seed: int = 0, n_train: int = 4000, n_test: int = 10_000, skip: int = 0
) -> Dataset:
    """Make MNIST-1D with all examples resampled: no two seeds share an example.

    It is for repeating a whole study. All examples of a seed come from one stream: first the
    training set, then `skip` examples that are left out, then the test set. So a study can take
    its validation, test and further examples from one test set, and more of them later, with the
    same training set. The examples are draws of the distribution of `make_mnist1d()`, on the
    scale of that published set, with random numbers of examples per class.

    Parameters
    ----------
    seed
        Seed of all examples, from 0 to 2³² − 1.
    n_train, n_test
        Number of training and of test examples, each at least 1.
    skip
        Number of examples that are left out between them, at least 0.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> data = redraw_mnist1d(seed=1, n_train=100, n_test=50)
    >>> more = redraw_mnist1d(seed=1, n_train=100, n_test=20, skip=30)
    >>> bool((more.x_test == data.x_test[30:]).all())
    True
    """
    seed = integer("seed", seed, low=0, high=2**32 - 1)
    n_train, n_test = integer("n_train", n_train, low=1), integer("n_test", n_test, low=1)
    skip = integer("skip", skip, low=0)
    settings, standard = MNIST1DSettings(), _published_standard()
    first = n_train + skip
    x_train, y_train = fast.redrawn_examples(0, n_train, seed, settings, standard)
    x_test, y_test = fast.redrawn_examples(first, first + n_test, seed, settings, standard)
    arguments = {"seed": seed, "n_train": n_train, "n_test": n_test, "skip": skip}
    return Dataset(
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        n_classes=len(MNIST1D_CLASSES),
        t=exact.raw_t(settings) / standard.deviation,
        spec=DataSpec("mnist1d_redrawn", arguments),
    )


@lru_cache(maxsize=1)
def _published_standard() -> fast.Standard:
    """The mean and standard deviation that the published set was standardised by."""
    return _standard(5000, "exact", MNIST1DSettings())


@lru_cache(maxsize=1)
def _shared_test(n: int) -> tuple[Float[np.ndarray, "n points"], Int[np.ndarray, " n"]]:
    """The shared test set, cached and read-only, so that data sets share it without a copy."""
    x, y = fast.fresh_examples(n, _SHARED_TEST, MNIST1DSettings(), _published_standard())
    x.flags.writeable = False
    return x, y


def mnist1d_stages(
    index: int = 0, n_samples: int = 5000, **settings: Any
) -> dict[str, Float[np.ndarray, " points"]]:
    """Record one example of an exact set after each stage of its construction.

    Parameters
    ----------
    index
        Index of the example, training examples first: 0 is `x_train[0]`.
    n_samples, **settings
        Arguments of `make_mnist1d`, except `train_split` and `method`.

    Returns
    -------
    dict
        The signal after "template", "pad", "dilate", "scale", "translate", "correlated
        noise", "i.i.d. noise", "shear", "subsample", "shuffle" (with `shuffle_seq`) and
        "standardise", in this order; the last is the example itself.

    >>> list(mnist1d_stages(7))[:3]
    ['template', 'pad', 'dilate']
    """
    n = n_examples(n_samples)
    integer("index", index, low=0, high=n - 1)
    return exact.stages(index, n, _settings(settings))


def _settings(settings: dict[str, Any]) -> MNIST1DSettings:
    unknown = sorted(set(settings) - set(MNIST1DSettings.__dataclass_fields__))
    if unknown:
        known = ", ".join(MNIST1DSettings.__dataclass_fields__)
        raise TypeError(f"unknown setting `{unknown[0]}`; valid settings are {known}.")
    return MNIST1DSettings(**settings)


def _standard(n_samples: int, method: str, settings: MNIST1DSettings) -> fast.Standard:
    """The mean, standard deviation and positions that a set was standardised by."""
    if method == "fast":
        return fast.fast_standard(settings)
    made = exact.exact_set(n_examples(n_samples), settings)
    return fast.Standard(made.mean, made.deviation, made.positions)
