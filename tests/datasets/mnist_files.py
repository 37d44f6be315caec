"""Files of MNIST's format, small ones."""

import gzip
import hashlib
import struct

import numpy as np


def idx(array):
    """An array as the content of an IDX file."""
    codes = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
    header = bytes([0, 0, codes[array.dtype.str[1:]], array.ndim])
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return header + shape + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_small_mnist(folder):
    """Write 60 and 20 noisy images, ten classes apart; returns the MD5 sums by file name."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 200, size=(10, 28, 28))
    sums = {}
    for part, n in (("train", 60), ("t10k", 20)):
        labels = (np.arange(n) % 10).astype(np.uint8)
        images = (patterns[labels] + rng.integers(0, 56, size=(n, 28, 28))).astype(np.uint8)
        for name, array in (("images-idx3", images), ("labels-idx1", labels)):
            content = idx(array)
            sums[f"{part}-{name}-ubyte"] = hashlib.md5(content).hexdigest()
            (folder / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(content))
    return sums
