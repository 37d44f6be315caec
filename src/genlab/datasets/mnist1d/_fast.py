"""MNIST-1D at any size: counter-based streams, so that example i never changes.

Examples are made in blocks of fixed size and place: block b draws from Philox keyed by
(seed, tag) with b in its counter, so its content depends on nothing else. The distribution is
that of the published stream, with the noise in float32.

The steps after translation are linear except for the zeros that take the correlated noise, so
smoothing and subsampling are matrix products. The i.i.d. noise is drawn after the subsampling,
as `final_seq_length` normals with the right covariance.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int

from genlab._base import streams
from genlab.datasets import transforms
from genlab.datasets.mnist1d._exact import DilatedTemplates, raw_t
from genlab.datasets.mnist1d._settings import MNIST1DSettings
from genlab.datasets.mnist1d._templates import MNIST1D_CLASSES

# Rows of one matrix product. Few enough that BLAS keeps it on one thread, and always the
# same, for its last bits depend on both.
_ROWS = 48
_BLOCK = 20 * _ROWS
# 64-bit words of the stream that an example's five uniform numbers take.
_UNIFORMS = 5


class Standard(NamedTuple):
    """Mean and standard deviation that signals are standardised by, and the order of positions."""

    mean: float
    deviation: float
    positions: Int[np.ndarray, " final"]


class _Plan(NamedTuple):
    """Arrays that all blocks of one MNIST1DSettings use."""

    windows: Float32[np.ndarray, "paddings 10 shifts length"]
    smooth: Float32[np.ndarray, "length length"]
    subsample: Float32[np.ndarray, "length final"]
    iid: Float32[np.ndarray, "final final"]
    line: Float32[np.ndarray, " final"]
    standard: Standard


def fast_examples(
    start: int, stop: int, settings: MNIST1DSettings
) -> tuple[Float[np.ndarray, "n final"], Int[np.ndarray, " n"]]:
    """Examples start..stop − 1, standardised by the distribution's constants, and their labels."""
    key = (settings.seed, streams.MNIST1D)
    return _examples(start, stop, settings, key, fast_standard(settings))


def fresh_examples(
    n: int, seed: int, settings: MNIST1DSettings, standard: Standard
) -> tuple[Float[np.ndarray, "n final"], Int[np.ndarray, " n"]]:
    """The first n examples of the stream of fresh examples, standardised by `standard`."""
    return _examples(0, n, settings, (seed, streams.FRESH_MNIST1D), standard)


def redrawn_examples(
    start: int, stop: int, seed: int, settings: MNIST1DSettings, standard: Standard
) -> tuple[Float[np.ndarray, "n final"], Int[np.ndarray, " n"]]:
    """Examples start..stop − 1 of the stream of redrawn examples, standardised by `standard`."""
    return _examples(start, stop, settings, (seed, streams.REDRAWN_MNIST1D), standard)


def _examples(
    start: int, stop: int, settings: MNIST1DSettings, key: tuple[int, int], standard: Standard
) -> tuple[Float[np.ndarray, "n final"], Int[np.ndarray, " n"]]:
    plan = _plan(settings)
    x = np.empty((stop - start, settings.final_seq_length))
    y = np.empty(stop - start, dtype=np.int64)
    for block in range(start // _BLOCK, -(-stop // _BLOCK)):
        first = block * _BLOCK
        rows = slice(max(start - first, 0), min(stop - first, _BLOCK))
        signals, labels = _make_block(block, settings, key, plan)
        place = slice(first + rows.start - start, first + rows.stop - start)
        x[place] = signals[rows]
        y[place] = labels[rows]
    if settings.shuffle_seq:
        x = x[:, standard.positions]
    x -= standard.mean
    x /= standard.deviation
    return x, y


def iter_fast(
    n: int, chunk_size: int, jobs: int, settings: MNIST1DSettings
) -> Iterator[tuple[Float[np.ndarray, "chunk final"], Int[np.ndarray, " chunk"]]]:
    """Examples 0..n − 1 in chunks, in order, made by `jobs` threads a few chunks ahead."""
    starts = iter(range(0, n, chunk_size))
    with ThreadPoolExecutor(jobs) as pool:
        ahead: deque[Future[tuple[np.ndarray, np.ndarray]]] = deque()
        while True:
            while len(ahead) < jobs + 1 and (start := next(starts, None)) is not None:
                stop = min(start + chunk_size, n)
                ahead.append(pool.submit(fast_examples, start, stop, settings))
            if not ahead:
                return
            yield ahead.popleft().result()


def fast_standard(settings: MNIST1DSettings) -> Standard:
    """Mean and standard deviation of signals over their distribution and all positions."""
    return _plan(settings).standard


def fast_t(settings: MNIST1DSettings) -> Float[np.ndarray, " final"]:
    """The positions of a signal's points, on the scale of its values."""
    return raw_t(settings) / fast_standard(settings).deviation


@lru_cache(maxsize=8)
def _plan(settings: MNIST1DSettings) -> _Plan:
    length, final = settings.length, settings.final_seq_length
    table = DilatedTemplates(settings).table
    windows = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([table, table], axis=-1), length, axis=-1
    )
    identity = np.eye(length)
    # Row by row these are the transforms of the unit signals, so x @ matrix transforms x.
    smooth = settings.corr_noise_scale * transforms.add_correlated_noise(0 * identity, identity)
    subsample = transforms.subsample(identity, final)
    line = settings.shear_scale * (np.linspace(-0.5, 0.5, length) @ subsample)
    covariance = settings.iid_noise_scale**2 * subsample.T @ subsample
    mean, deviation = _moments(windows, smooth, subsample, covariance, line, settings)
    positions = np.arange(final)
    if settings.shuffle_seq:
        positions = streams.numpy_stream(settings.seed, streams.POSITIONS).permutation(final)
    return _Plan(
        windows.astype(np.float32),
        smooth.astype(np.float32),
        subsample.astype(np.float32),
        _root(covariance).astype(np.float32),
        line.astype(np.float32),
        Standard(mean, deviation, positions),
    )


def _root(covariance: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """A matrix R with RᵀR = covariance, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.sqrt(np.maximum(values, 0))[:, None] * vectors.T


def _moments(
    windows: Float[np.ndarray, "paddings 10 shifts length"],
    smooth: Float[np.ndarray, "length length"],
    subsample: Float[np.ndarray, "length final"],
    iid_covariance: Float[np.ndarray, "final final"],
    line: Float[np.ndarray, " final"],
    settings: MNIST1DSettings,
) -> tuple[float, float]:
    """Mean and standard deviation over the distribution.

    Paddings, classes and shifts are summed over; amplitudes, noise and slopes are integrated in
    closed form.
    """
    length = settings.length
    shifts = length - np.arange(settings.max_translation) % length
    noise_covariance = smooth.T @ smooth
    total = square = 0.0
    for shift in shifts:
        base = windows[:, :, shift]
        signal = base @ subsample
        total += signal.mean()
        square += (1 + settings.scale_coeff**2 / 12) * (signal**2).mean()
        for zeros in base[:, 0] == 0:  # the same for every class
            masked = zeros[:, None] * subsample
            variance = np.einsum("ij,ik,kj->j", masked, noise_covariance, masked, optimize=True)
            square += variance.mean() / len(base)
    mean = total / len(shifts)
    square = square / len(shifts) + np.diag(iid_covariance).mean() + (line**2).mean() / 12
    return float(mean), float(np.sqrt(square - mean**2))


def _make_block(
    block: int, settings: MNIST1DSettings, key: tuple[int, int], plan: _Plan
) -> tuple[Float32[np.ndarray, "block final"], Int[np.ndarray, " block"]]:
    length, final = settings.length, settings.final_seq_length
    n_normals = length + final
    pairs = -(-n_normals // 2)
    stream = np.random.Philox(
        key=np.array(key, dtype=np.uint64), counter=np.array([0, 0, block, 0], dtype=np.uint64)
    )
    words = stream.random_raw(_BLOCK * (_UNIFORMS + pairs))
    uniform = (words[: _BLOCK * _UNIFORMS] >> np.uint64(11)) * 2.0**-53
    class_u, padding_u, amplitude_u, shift_u, slope_u = uniform.reshape(_UNIFORMS, _BLOCK)
    normal = _normals(words[_BLOCK * _UNIFORMS :]).reshape(_BLOCK, 2 * pairs)

    classes = (class_u * len(MNIST1D_CLASSES)).astype(np.int64)
    paddings = (padding_u * len(plan.windows)).astype(np.int64)
    shifts = length - (shift_u * settings.max_translation).astype(np.int64) % length
    x = plan.windows[paddings, classes, shifts]
    amplitude = 1 + settings.scale_coeff * (amplitude_u - 0.5)
    x *= amplitude.astype(np.float32)[:, None]
    correlated = _product(normal[:, :length], plan.smooth)
    np.copyto(x, correlated, where=x == 0)
    x = _product(x, plan.subsample)
    x += _product(normal[:, length:n_normals], plan.iid)
    x -= (slope_u - 0.5).astype(np.float32)[:, None] * plan.line
    return x, classes


def _normals(words: np.ndarray) -> Float32[np.ndarray, " n"]:
    """Two standard normals per word, by Box and Muller's transform of its halves."""
    halves = words.view(np.uint32).reshape(-1, 2)
    # (k + ½)/2³² is never 0 in float32, so the logarithm is finite: at most 6.8 deviations.
    unit = (halves[:, 0].astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-32)
    radius = np.sqrt(np.float32(-2) * np.log(unit))
    angle = halves[:, 1].astype(np.float32) * np.float32(2 * np.pi * 2.0**-32)
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])


def _product(
    x: Float32[np.ndarray, "block n"], matrix: Float32[np.ndarray, "n m"]
) -> Float32[np.ndarray, "block m"]:
    """X @ matrix in products of `_ROWS` rows each."""
    grouped = np.ascontiguousarray(x).reshape(-1, _ROWS, x.shape[1])
    return (grouped @ matrix).reshape(len(x), matrix.shape[1])
