"""MNIST-1D, made exactly as published (Greydanus & Kobak, ICML 2024).

Ten templates of 12 points are padded, stretched, scaled, moved, made noisy,
sheared and sampled at 40 points. Every random number comes from one stream of
NumPy's legacy generator in the published order, so the numbers are drawn one
example at a time; everything else works on whole batches of examples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter1d

from genlab._check import boolean, integer, real
from genlab.datasets._dataset import Dataset
from genlab.datasets._spec import DataSpec

#: The classes, in the order of their labels.
MNIST1D_CLASSES: tuple[int, ...] = tuple(range(10))

_TEMPLATES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
_TEMPLATE_LENGTH = 12
# Keeps a template's zeros apart from the padding's, which the correlated noise replaces.
_TEMPLATE_OFFSET = 1e-8
_NOISE_SMOOTHING = 2.0
# Examples in work at once: bounds the memory that a large set takes.
_CHUNK = 8192


def mnist1d_templates() -> tuple[Float[np.ndarray, "10 12"], Float[np.ndarray, 12]]:
    """The ten templates, one a row, and their shared positions t.

    Each pattern has its mean taken off, is divided by its population standard
    deviation, is moved to start at 0 and is divided by 6; t runs from −5/6 to 5/6.

    >>> x, t = mnist1d_templates()
    >>> x.shape, t.shape, float(x[3, 0])
    ((10, 12), (12,), 0.0)
    """
    x = np.array(_TEMPLATES, dtype=np.float64)
    x -= x.mean(axis=1, keepdims=True)
    x /= x.std(axis=1, keepdims=True)
    x -= x[:, :1]
    return x / 6, np.linspace(-5, 5, _TEMPLATE_LENGTH) / 6


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
) -> Dataset:
    """Make MNIST-1D; the defaults give the published frozen set.

    Parameters
    ----------
    n_samples
        Training and test examples together, at least 10. Every class gets
        n_samples // 10 of them, so a remainder is not made.
    train_split
        Fraction, between 0 and 1, of the examples that form the training set; the
        rest is the test set, and neither may be empty.
    padding
        (low, high): zeros appended to the template, drawn from low..high, both included.
    scale_coeff
        Width of the range of amplitudes: 1 + scale_coeff·U(−½, ½).
    max_translation
        The pattern is rotated by 0..max_translation − 1 places, at least 1.
    corr_noise_scale
        Standard deviation of the noise in the padding, before it is smoothed.
    iid_noise_scale
        Standard deviation of the noise added everywhere.
    shear_scale
        Width of the range of slopes: shear_scale·U(−½, ½).
    shuffle_seq
        Reorder the positions of all examples by one permutation.
    final_seq_length
        Points an example, at least 2.
    seed
        Seed of NumPy's legacy generator, from 0 to 2³² − 1.

    Returns
    -------
    Dataset
        Inputs of shape (n, final_seq_length) with overall mean 0 and standard
        deviation 1, labels 0..9 in random order, positions t, and the spec that
        makes it again. Within 1e-12 of the published code for every setting.

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
    settings = _Settings(
        n_samples=n_samples,
        train_split=train_split,
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
    stream = np.random.RandomState(settings.seed)
    n = settings.n_examples
    templates, t = mnist1d_templates()
    dilated = _dilated_templates(templates, settings.padding)

    x = np.empty((n, settings.final_seq_length))
    y = np.repeat(MNIST1D_CLASSES, n // len(MNIST1D_CLASSES))
    for start in range(0, n, _CHUNK):
        classes = y[start : start + _CHUNK]
        draws = _draw(stream, len(classes), settings)
        x[start : start + _CHUNK] = _construct(dilated, classes, draws, settings)

    order = stream.permutation(n)
    x, y = x[order], y[order]
    if settings.shuffle_seq:
        x = x[:, stream.permutation(settings.final_seq_length)]
    deviation = x.std()
    t = _interpolate(_interpolate(t, settings.length), settings.final_seq_length) / deviation
    x = (x - x.mean()) / deviation

    n_train = settings.n_train
    return Dataset(
        x_train=x[:n_train],
        y_train=y[:n_train],
        x_test=x[n_train:],
        y_test=y[n_train:],
        n_classes=len(MNIST1D_CLASSES),
        t=t,
        spec=DataSpec("mnist1d", {**vars(settings), "padding": list(settings.padding)}),
    )


@dataclass(frozen=True)
class _Settings:
    """The checked arguments of `make_mnist1d`."""

    n_samples: int
    train_split: float
    padding: tuple[int, int]
    scale_coeff: float
    max_translation: int
    corr_noise_scale: float
    iid_noise_scale: float
    shear_scale: float
    shuffle_seq: bool
    final_seq_length: int
    seed: int

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("n_samples", integer("n_samples", self.n_samples, low=10))
        put("train_split", real("train_split", self.train_split, low=0, high=1))
        put("padding", _checked_padding(self.padding))
        put("max_translation", integer("max_translation", self.max_translation, low=1))
        for name in ("scale_coeff", "corr_noise_scale", "iid_noise_scale", "shear_scale"):
            put(name, real(name, getattr(self, name), low=0))
        put("shuffle_seq", boolean("shuffle_seq", self.shuffle_seq))
        put("final_seq_length", integer("final_seq_length", self.final_seq_length, low=2))
        put("seed", integer("seed", self.seed, low=0, high=2**32 - 1))
        if not 0 < self.n_train < self.n_examples:
            raise ValueError(
                f"`train_split` must leave at least one training and one test example of "
                f"{self.n_examples}, got {self.train_split!r}."
            )

    @property
    def n_examples(self) -> int:
        return self.n_samples // len(MNIST1D_CLASSES) * len(MNIST1D_CLASSES)

    @property
    def n_train(self) -> int:
        return int(self.n_examples * self.train_split)

    @property
    def length(self) -> int:
        """Points of an example before it is subsampled."""
        return _TEMPLATE_LENGTH + self.padding[1]


@dataclass(frozen=True)
class _Draws:
    """The random numbers of a batch of examples, in the order in which they were drawn."""

    padding: Int[np.ndarray, " n"]
    amplitude: Float[np.ndarray, " n"]
    shift: Int[np.ndarray, " n"]
    noise: Float[np.ndarray, "n 2 length"]
    shear: Float[np.ndarray, " n"]


def _draw(stream: np.random.RandomState, n: int, settings: _Settings) -> _Draws:
    low, high = settings.padding
    uniform = np.empty((n, 3))
    shift = np.empty(n, dtype=np.int64)
    noise = np.empty((n, 2 * settings.length))
    # Bound once: this loop is what exactness costs.
    random, integers, normal = stream.random_sample, stream.randint, stream.standard_normal
    places, points = settings.max_translation, 2 * settings.length
    for i in range(n):
        uniform[i, 0] = random()
        uniform[i, 1] = random()
        shift[i] = integers(places)
        noise[i] = normal(points)
        uniform[i, 2] = random()
    return _Draws(
        padding=low + (uniform[:, 0] * (high - low + 1)).astype(np.int64),
        amplitude=1 + settings.scale_coeff * (uniform[:, 1] - 0.5),
        shift=shift,
        noise=noise.reshape(n, 2, settings.length),
        shear=settings.shear_scale * (uniform[:, 2] - 0.5),
    )


def _dilated_templates(
    templates: Float[np.ndarray, "10 12"], padding: tuple[int, int]
) -> Float[np.ndarray, "paddings 10 length"]:
    """Every template after padding and dilation, for every padding from low to high.

    np.interp, as the published code uses: which points come out exactly zero
    depends on its rounding, and those take the correlated noise.
    """
    low, high = padding
    return np.array(
        [
            [
                _interpolate(
                    np.concatenate([template + _TEMPLATE_OFFSET, np.zeros(p)]),
                    _TEMPLATE_LENGTH + high,
                )
                for template in templates
            ]
            for p in range(low, high + 1)
        ]
    )


def _construct(
    dilated: Float[np.ndarray, "paddings 10 length"],
    classes: Int[np.ndarray, " n"],
    draws: _Draws,
    settings: _Settings,
) -> Float[np.ndarray, "n final"]:
    """A batch of examples, before the set is standardised."""
    length = settings.length
    x = dilated[draws.padding - settings.padding[0], classes] * draws.amplitude[:, None]
    source = (np.arange(length) - draws.shift[:, None]) % length
    x = np.take_along_axis(x, source, axis=1)
    correlated = gaussian_filter1d(
        settings.corr_noise_scale * draws.noise[:, 0], _NOISE_SMOOTHING, axis=1
    )
    x = np.where(x == 0, correlated, x)
    x += settings.iid_noise_scale * draws.noise[:, 1]
    x -= draws.shear[:, None] * np.linspace(-0.5, 0.5, length)
    return _subsample(x, settings.final_seq_length)


def _interpolate(values: Float[np.ndarray, " n"], n: int) -> Float[np.ndarray, " {n}"]:
    """Linear interpolation onto n equally spaced points, both ends kept."""
    return np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(values)), values)


def _subsample(x: Float[np.ndarray, "n length"], n: int) -> Float[np.ndarray, "n {n}"]:
    """`_interpolate` of every row."""
    old, new = np.linspace(0, 1, x.shape[1]), np.linspace(0, 1, n)
    left = np.clip(np.searchsorted(old, new, side="right") - 1, 0, len(old) - 2)
    weight = (new - old[left]) / (old[left + 1] - old[left])
    return x[:, left] + weight * (x[:, left + 1] - x[:, left])


def _checked_padding(padding: object) -> tuple[int, int]:
    rule = "`padding` must be (low, high) with 0 <= low <= high"
    if not isinstance(padding, (tuple, list)) or len(padding) != 2:
        raise TypeError(f"{rule}, got {padding!r}.")
    try:
        low, high = (integer("padding", p, low=0) for p in padding)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{rule}, got {padding!r}.") from None
    if low > high:
        raise ValueError(f"{rule}, got {padding!r}.")
    return low, high
