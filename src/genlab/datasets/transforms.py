"""The steps that turn a template into an MNIST-1D example, on batches of signals.

Each takes signals of shape (n, length) and random parameters, one per signal, and returns
new signals; nothing here draws random numbers. In the order of use: `pad`,
`dilate`, `scale`, `translate`, `add_correlated_noise`, `add_iid_noise`, `shear`,
`subsample` (Greydanus & Kobak, ICML 2024).

>>> import numpy as np
>>> x, lengths = pad(np.ones((2, 3)), np.array([1, 2]))
>>> x
array([[1., 1., 1., 0., 0.],
       [1., 1., 1., 0., 0.]])
>>> lengths
array([4, 5])
>>> dilate(x, lengths, 7).shape
(2, 7)
"""

from __future__ import annotations

import numpy as np
import scipy
from jaxtyping import Float, Int

#: Standard deviation, in points, of the filter that smooths the correlated noise.
NOISE_SMOOTHING = 2.0


def pad(
    x: Float[np.ndarray, "n length"], n_zeros: Int[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, "n longest"], Int[np.ndarray, " n"]]:
    """Append `n_zeros[i]` zeros to signal i.

    Returns the signals in an array as long as the longest, and the length of each.
    """
    n, length = x.shape
    padded = np.zeros((n, length + int(n_zeros.max(initial=0))))
    padded[:, :length] = x
    return padded, length + n_zeros


def dilate(
    x: Float[np.ndarray, "n longest"], lengths: Int[np.ndarray, " n"], n_points: int
) -> Float[np.ndarray, "n {n_points}"]:
    """Stretch the first `lengths[i]` points of signal i linearly to `n_points`, ends kept."""
    stretched = np.empty((len(x), n_points))
    for length in np.unique(lengths):
        rows = lengths == length
        stretched[rows] = subsample(x[rows, :length], n_points)
    return stretched


def scale(
    x: Float[np.ndarray, "n length"], amplitude: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n length"]:
    """Multiply signal i by `amplitude[i]`."""
    return x * amplitude[:, None]


def translate(
    x: Float[np.ndarray, "n length"], shift: Int[np.ndarray, " n"]
) -> Float[np.ndarray, "n length"]:
    """Rotate signal i right by `shift[i]` points."""
    length = x.shape[1]
    return np.take_along_axis(x, (np.arange(length) - shift[:, None]) % length, axis=1)


def add_correlated_noise(
    x: Float[np.ndarray, "n length"], noise: Float[np.ndarray, "n length"]
) -> Float[np.ndarray, "n length"]:
    """Replace the exact zeros of a signal by smoothed `noise`.

    White `noise` is smoothed by a Gaussian filter with a standard deviation of 2 points and
    reflecting ends, cut off at 4 standard deviations.
    """
    return np.where(x == 0, scipy.ndimage.gaussian_filter1d(noise, NOISE_SMOOTHING, axis=1), x)


def add_iid_noise(
    x: Float[np.ndarray, "n length"], noise: Float[np.ndarray, "n length"]
) -> Float[np.ndarray, "n length"]:
    """Add `noise`."""
    return x + noise


def shear(
    x: Float[np.ndarray, "n length"], slope: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n length"]:
    """Subtract from signal i a line from −½ to ½, times `slope[i]`."""
    return x - slope[:, None] * np.linspace(-0.5, 0.5, x.shape[1])


def subsample(x: Float[np.ndarray, "n length"], n_points: int) -> Float[np.ndarray, "n {n_points}"]:
    """Interpolate linearly onto `n_points` equally spaced points, both ends kept.

    Computed as by np.interp, to the last bit: it decides which stretched points are exactly zero
    and so take the correlated noise.
    """
    old, new = np.linspace(0, 1, x.shape[1]), np.linspace(0, 1, n_points)
    left = np.clip(np.searchsorted(old, new, side="right") - 1, 0, len(old) - 2)
    slope = (x[:, left + 1] - x[:, left]) / (old[left + 1] - old[left])
    y = slope * (new - old[left]) + x[:, left]
    y[:, new == 1] = x[:, -1:]
    return y
