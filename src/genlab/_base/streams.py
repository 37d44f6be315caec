"""One seed, many independent streams: each source of randomness has a fixed tag.

NumPy's streams are Philox keyed by (seed, tag); JAX's keys come by `fold_in`
with the same tags. The exact MNIST-1D generator alone uses NumPy's legacy one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

INITIALISATION = 1
BATCH_ORDER = 2
MNIST1D = 3
POSITIONS = 4
FRESH_MNIST1D = 5
LABEL_NOISE = 6
SPLIT = 7
TOY_INPUTS = 8
TOY_NOISE = 9
FRESH_TOY_INPUTS = 10
FRESH_TOY_NOISE = 11
MEASUREMENT_ERROR = 12
UNOBSERVED_VARIABLE = 13
WRONG_LABELS = 14
NORMAL_POINTS = 15
UNIFORM_POINTS = 16
NULL_SPACE = 17
DESCENT_START = 18
AUGMENTATION = 19
SEALED_LOSS = 20
REDRAWN_MNIST1D = 21
RESAMPLING = 22
RANDOM_FEATURES = 23
DRAWN = 24
SAMPLES = 25
PAIRS = 26

MAX_SEED = 2**32 - 1


def numpy_stream(seed: int, tag: int, block: int = 0) -> np.random.Generator:
    """The NumPy generator of one source of randomness.

    What comes in blocks that are made apart takes a stream a block: they never meet.
    """
    return np.random.Generator(
        np.random.Philox(
            key=np.array([seed, tag], dtype=np.uint64),
            counter=np.array([0, 0, block, 0], dtype=np.uint64),
        )
    )


def jax_key(seed: Any) -> Any:
    """The JAX key of a seed, of one kind whatever the session's default is."""
    import jax

    return jax.random.key(seed, impl="threefry2x32")
