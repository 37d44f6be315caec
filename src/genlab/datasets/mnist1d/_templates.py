"""The ten templates of MNIST-1D."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

#: The classes, in the order of the labels.
MNIST1D_CLASSES: tuple[int, ...] = tuple(range(10))

TEMPLATE_LENGTH = 12
# Distinguishes the zeros of a template from those of the padding, which the noise replaces.
TEMPLATE_OFFSET = 1e-8

_PATTERNS = (
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


def mnist1d_templates() -> tuple[Float[np.ndarray, "10 12"], Float[np.ndarray, 12]]:
    """The ten templates, one per row, and their common positions t.

    From each pattern its mean is subtracted; it is divided by its population standard deviation,
    shifted to start at 0, and divided by 6. The positions t run from −5/6 to 5/6.

    >>> x, t = mnist1d_templates()
    >>> x.shape, t.shape, float(x[3, 0])
    ((10, 12), (12,), 0.0)
    """
    x = np.array(_PATTERNS, dtype=np.float64)
    x -= x.mean(axis=1, keepdims=True)
    x /= x.std(axis=1, keepdims=True)
    x -= x[:, :1]
    return x / 6, np.linspace(-5, 5, TEMPLATE_LENGTH) / 6
