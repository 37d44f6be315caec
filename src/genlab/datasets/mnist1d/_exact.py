"""MNIST-1D as published: one stream of NumPy's legacy generator, in the published order.

The random numbers are drawn one example at a time, because their order defines the set;
everything else works on batches.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Int

from genlab.datasets import transforms
from genlab.datasets.mnist1d._settings import MNIST1DSettings
from genlab.datasets.mnist1d._templates import (
    MNIST1D_CLASSES,
    TEMPLATE_LENGTH,
    TEMPLATE_OFFSET,
    mnist1d_templates,
)

# Examples that are made at once: bounds the memory of a large set.
_CHUNK = 4096


@dataclass(frozen=True)
class Draws:
    """The random parameters of a batch of signals, one row per signal."""

    n_zeros: Int[np.ndarray, " n"]
    amplitude: Float[np.ndarray, " n"]
    shift: Int[np.ndarray, " n"]
    correlated: Float[np.ndarray, "n length"]
    iid: Float[np.ndarray, "n length"]
    slope: Float[np.ndarray, " n"]

    def rows(self, index: slice) -> Draws:
        """Some of the signals."""
        return Draws(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


@dataclass(frozen=True)
class ExactSet:
    """All examples of an exact set in their final order, standardised.

    x·deviation + mean are the examples before standardising; `deviation` is their standard
    deviation.
    """

    x: Float[np.ndarray, "n final"]
    y: Int[np.ndarray, " n"]
    t: Float[np.ndarray, " final"]
    mean: float
    deviation: float
    order: Int[np.ndarray, " n"]
    positions: Int[np.ndarray, " final"]


def exact_set(n: int, settings: MNIST1DSettings) -> ExactSet:
    """The exact set of `n` examples, in the published order."""
    stream = np.random.RandomState(settings.seed)
    dilated = DilatedTemplates(settings)
    x = np.empty((n, settings.final_seq_length))
    y = np.repeat(MNIST1D_CLASSES, n // len(MNIST1D_CLASSES))
    for start in range(0, n, _CHUNK):
        classes = y[start : start + _CHUNK]
        draws = draw(stream, len(classes), settings)
        signals = dilated.take(classes, draws.n_zeros)
        x[start : start + _CHUNK] = list(steps(signals, draws, settings).values())[-1]
    order = stream.permutation(n)
    x, y = x[order], y[order]
    positions = np.arange(settings.final_seq_length)
    if settings.shuffle_seq:
        positions = stream.permutation(settings.final_seq_length)
        x = x[:, positions]
    mean, deviation = x.mean(), x.std()
    return ExactSet(
        x=(x - mean) / deviation,
        y=y,
        t=raw_t(settings) / deviation,
        mean=float(mean),
        deviation=float(deviation),
        order=order,
        positions=positions,
    )


def draw(stream: np.random.RandomState, n: int, settings: MNIST1DSettings) -> Draws:
    """The random parameters of the next `n` examples."""
    low, high = settings.padding
    length = settings.length
    uniform = np.empty((n, 3))
    shift = np.empty(n, dtype=np.int64)
    noise = np.empty((n, 2 * length))
    # Bound once: this loop is what exactness costs.
    random, integers, normal = stream.random_sample, stream.randint, stream.standard_normal
    places, points = settings.max_translation, 2 * length
    for i in range(n):
        uniform[i, 0] = random()
        uniform[i, 1] = random()
        shift[i] = integers(places)
        noise[i] = normal(points)
        uniform[i, 2] = random()
    return Draws(
        n_zeros=low + (uniform[:, 0] * (high - low + 1)).astype(np.int64),
        amplitude=1 + settings.scale_coeff * (uniform[:, 1] - 0.5),
        shift=shift,
        correlated=settings.corr_noise_scale * noise[:, :length],
        iid=settings.iid_noise_scale * noise[:, length:],
        slope=settings.shear_scale * (uniform[:, 2] - 0.5),
    )


class DilatedTemplates:
    """Every template after padding and dilation, for every number of zeros."""

    def __init__(self, settings: MNIST1DSettings) -> None:
        self._low, high = settings.padding
        templates = mnist1d_templates()[0] + TEMPLATE_OFFSET
        n_zeros = np.repeat(np.arange(self._low, high + 1), len(templates))
        repeated = np.tile(templates, (high - self._low + 1, 1))
        padded, lengths = transforms.pad(repeated, n_zeros)
        dilated = transforms.dilate(padded, lengths, settings.length)
        #: Shape (numbers of zeros, 10, length).
        self.table = dilated.reshape(-1, len(templates), settings.length)

    def take(
        self, classes: Int[np.ndarray, " n"], n_zeros: Int[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n length"]:
        """The signal of each class with the given number of zeros."""
        return self.table[n_zeros - self._low, classes]


def steps(
    dilated: Float[np.ndarray, "n length"], draws: Draws, settings: MNIST1DSettings
) -> dict[str, Float[np.ndarray, "n points"]]:
    """The signals after each step that follows dilation: name -> signals, in order."""
    x = {"scale": transforms.scale(dilated, draws.amplitude)}
    x["translate"] = transforms.translate(x["scale"], draws.shift)
    x["correlated noise"] = transforms.add_correlated_noise(x["translate"], draws.correlated)
    x["i.i.d. noise"] = transforms.add_iid_noise(x["correlated noise"], draws.iid)
    x["shear"] = transforms.shear(x["i.i.d. noise"], draws.slope)
    x["subsample"] = transforms.subsample(x["shear"], settings.final_seq_length)
    return x


def raw_t(settings: MNIST1DSettings) -> Float[np.ndarray, " final"]:
    """The positions of a signal's points, before division by the standard deviation."""
    t = mnist1d_templates()[1]
    stretched = transforms.subsample(t[None], settings.length)
    return transforms.subsample(stretched, settings.final_seq_length)[0]


def stages(
    index: int, n: int, settings: MNIST1DSettings
) -> dict[str, Float[np.ndarray, " points"]]:
    """Example `index` of an exact set after each stage; the last is that of the set."""
    made = exact_set(n, settings)
    drawn = int(made.order[index])
    stream = np.random.RandomState(settings.seed)
    draws = draw(stream, drawn + 1, settings).rows(slice(drawn, drawn + 1))
    template = mnist1d_templates()[0][made.y[index]][None] + TEMPLATE_OFFSET
    padded, lengths = transforms.pad(template, draws.n_zeros)
    dilated = transforms.dilate(padded, lengths, settings.length)
    record = {
        "template": template[0, :TEMPLATE_LENGTH],
        "pad": padded[0],
        "dilate": dilated[0],
        **{name: x[0] for name, x in steps(dilated, draws, settings).items()},
    }
    if settings.shuffle_seq:
        record["shuffle"] = record["subsample"][made.positions]
    record["standardise"] = made.x[index]
    return record
