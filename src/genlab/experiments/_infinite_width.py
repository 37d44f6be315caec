"""Predictions of networks of infinite width, with kernels that are filled in block by block."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from genlab.measure.theory import predict_with_kernel, wide_network

#: Codes of kernels -> what people read.
KERNEL_TEXTS = {"nngp": "NNGP", "ntk": "NTK"}
# Rows of a kernel that are computed at once: the formulas need several arrays of that size.
_BLOCK = 1_000


def wide_predictions(
    x: Float[np.ndarray, "n inputs"],
    targets: Float[np.ndarray, "n outputs"],
    x_test: Float[np.ndarray, "m inputs"],
    depth: int,
) -> dict[str, Float[np.ndarray, "m outputs"]]:
    """Code of a kernel -> what kernel regression on all examples predicts, without a ridge.

    At its largest it needs about 32 n² bytes of memory.
    """
    found = {}
    train, test = (_kernels(rows, x, depth) for rows in (x, x_test))
    for kernel in KERNEL_TEXTS:
        # Each kernel is let go when it is used.
        found[kernel] = predict_with_kernel(train.pop(kernel), targets, test.pop(kernel))
    return found


def _kernels(
    rows: Float[np.ndarray, "m inputs"], x: Float[np.ndarray, "n inputs"], depth: int
) -> dict[str, Float[np.ndarray, "m n"]]:
    """Both kernels of `rows` with the examples `x`."""
    both = {kernel: np.empty((len(rows), len(x))) for kernel in KERNEL_TEXTS}
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        kernels = wide_network(rows[block], x, depth=depth)
        for kernel, whole in both.items():
            whole[block] = getattr(kernels, kernel)
    return both
