"""`make fuzz`: mutated files for ten minutes; every reader returns or refuses, in bounds.

Each input has 10 seconds, and the process 1 GB of address space above what it starts with;
beyond either, or at any exception but DataFileError, the input is kept and the run fails.
"""

from __future__ import annotations

import gzip
import io
import pickle
import random
import resource
import signal
import struct
import sys
import tarfile
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from genlab import DataFileError
from genlab.datasets import TableEncoder, load_cifar, load_idx, load_mnist1d, make_mnist1d

_GIGABYTE = 2**30


def _idx(rng: np.random.Generator) -> bytes:
    array = rng.integers(0, 256, size=tuple(rng.integers(0, 6, size=3))).astype(np.uint8)
    return b"\0\0\x08\x03" + struct.pack(">3I", *array.shape) + array.tobytes()


def _tar(rng: np.random.Generator) -> bytes:
    buffer = io.BytesIO()
    formats = (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
    with tarfile.open(fileobj=buffer, mode="w", format=formats[rng.integers(2)]) as tar:
        for name in ("data_batch_1.bin", "test_batch.bin", "x" * int(rng.integers(1, 300))):
            content = rng.integers(0, 10, size=3073).astype(np.uint8).tobytes()
            info = tarfile.TarInfo(f"folder/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _pickle(rng: np.random.Generator) -> bytes:
    data = make_mnist1d(n_samples=20, seed=int(rng.integers(1000)))
    arrays = {"x": data.x_train, "y": data.y_train, "x_test": data.x_test, "y_test": data.y_test}
    extra = {"t": data.t, "s": [1, 2.5, None, "text", (True, b"bytes")], "n": np.float64(1)}
    return pickle.dumps(arrays | extra, protocol=int(rng.integers(2, 6)))


def _table(rng: np.random.Generator) -> Any:
    import pandas

    n = int(rng.integers(1, 40))
    numbers = np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n).round(3))
    words = rng.choice(["x", "y, z", 'q"', "Ä"], n)
    days = pandas.date_range("2024-01-01", periods=n)
    return pandas.DataFrame({"number": numbers, "word": words, "day": days, "y": words == "x"})


def _csv(rng: np.random.Generator) -> bytes:
    separator, decimal = (",;\t|"[rng.integers(4)], ".,"[rng.integers(2)])
    text = _table(rng).to_csv(sep=separator, decimal=decimal, index=bool(rng.integers(2)))
    return str(text).encode()


def _parquet(rng: np.random.Generator) -> bytes:
    return bytes(_table(rng).to_parquet())


def _arrow(rng: np.random.Generator) -> bytes:
    buffer = io.BytesIO()
    _table(rng).to_feather(buffer)
    return buffer.getvalue()


def _npz(rng: np.random.Generator) -> bytes:
    buffer = io.BytesIO()
    n = int(rng.integers(1, 20))
    np.savez(buffer, X=rng.normal(size=(n, 2)), y=rng.integers(0, 2, n))
    return buffer.getvalue()


_READERS: dict[str, tuple[Callable[[Any], Any], Callable[[np.random.Generator], bytes]]] = {
    "idx": (load_idx, _idx),
    "cifar": (load_cifar, _tar),
    "pickle": (load_mnist1d, _pickle),
    "t.csv": (TableEncoder.fit, _csv),
    "t.parquet": (TableEncoder.fit, _parquet),
    "t.arrow": (TableEncoder.fit, _arrow),
    "t.npz": (TableEncoder.fit, _npz),
}


def _mutate(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((0, 1, 1, 2, 4, 16))):
        at = rng.randrange(len(changed) + 1)
        kind = rng.randrange(5)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            changed[at : at + rng.choice((1, 4, 8))] = rng.randbytes(rng.choice((1, 4, 8)))
        elif kind == 2:
            del changed[at : at + rng.choice((1, 2, 100, 5000))]
        elif kind == 3:
            start = rng.randrange(len(changed) + 1)
            changed[at:at] = changed[start : start + rng.choice((1, 8, 512))]
        elif at < len(changed):
            changed[at] = rng.choice((0, 1, 127, 128, 255))
    whole = bytes(changed)
    if rng.random() < 0.3:
        whole = gzip.compress(whole, 1)
        if rng.random() < 0.5:
            whole = whole[: rng.randrange(len(whole) + 1)]
    return whole


def _too_slow(*_: object) -> None:
    raise TimeoutError("10 seconds are over")


def main(seconds: float) -> int:
    """Fuzz all readers in turn; returns the exit status."""
    warnings.simplefilter("error")
    signal.signal(signal.SIGALRM, _too_slow)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _GIGABYTE, resource.RLIM_INFINITY))
    counts = {name: [0, 0] for name in _READERS}
    mutations, contents = random.Random(0), np.random.default_rng(0)
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            for name, (read, make) in _READERS.items():
                path = Path(folder) / name
                path.write_bytes(_mutate(make(contents), mutations))
                signal.alarm(10)
                try:
                    read(path)
                    counts[name][0] += 1
                except DataFileError:
                    counts[name][1] += 1
                except BaseException as error:
                    kept = Path(f"fuzz-{name}.bin").absolute()
                    kept.write_bytes(path.read_bytes())
                    print(f"{name}: {type(error).__name__}: {error}; input kept in {kept}")
                    return 1
                finally:
                    signal.alarm(0)
    for name, (read_well, refused) in counts.items():
        print(f"{name}: {read_well} read, {refused} refused")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 600))
