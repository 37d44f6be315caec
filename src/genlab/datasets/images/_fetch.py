"""MNIST and CIFAR: from the data folder or downloaded, and verified in both cases."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from genlab._base.checks import integer
from genlab._base.errors import DataFileError
from genlab.datasets._dataset import Dataset, DataSpec
from genlab.datasets.images._cifar import load_cifar
from genlab.datasets.images._idx import parse_idx, read_content

# File -> MD5 of its decompressed content, so that any gzip of it is accepted.
_MNIST = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
# What is downloaded -> its size.
_SIZES = {
    "train-images-idx3-ubyte.gz": "9.9 MB",
    "train-labels-idx1-ubyte.gz": "29 kB",
    "t10k-images-idx3-ubyte.gz": "1.6 MB",
    "t10k-labels-idx1-ubyte.gz": "4.5 kB",
    "cifar-10-binary.tar.gz": "170 MB",
    "cifar-100-binary.tar.gz": "169 MB",
}
_MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
# Archive -> its own published MD5.
_CIFAR = {
    "cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530",
    "cifar-100-binary.tar.gz": "03b5dce01913d631647c71ecec9e9cb8",
}
_CIFAR_URL = "https://www.cs.toronto.edu/~kriz/"
_TIMEOUT = 30  # seconds without an answer


def data_home() -> Path:
    """The folder of data files: `$GENLAB_DATA_HOME`, or one in the user's cache."""
    configured = os.environ.get("GENLAB_DATA_HOME")
    if configured:
        return Path(configured)
    import platformdirs

    return platformdirs.user_cache_path("genlab", appauthor=False) / "data"


def fetch_mnist(
    *, n_train: int | None = None, n_test: int | None = None, download: bool = True
) -> Dataset:
    """Fetch MNIST: 60,000 training and 10,000 test digits.

    The four IDX files, gzipped or not, are looked for in `$GENLAB_DATA_HOME` and its
    folder mnist, else downloaded into that folder. The MD5 sum of their decompressed
    content is verified each time.

    Parameters
    ----------
    n_train, n_test
        Number of digits, the first ones of each set, at least 1; None takes all.
    download
        Whether missing files are downloaded.

    Returns
    -------
    Dataset
        Images of shape (28, 28), values from 0 to 1 as float32; labels 0..9.

    Raises
    ------
    DataFileError
        Where a file is missing and cannot be downloaded, or has another checksum.
    """
    arrays = {}
    for name, md5 in _MNIST.items():
        path = _find("mnist", name, f"{name}.gz")
        if path is None:
            path = _download("mnist", f"{_MNIST_URL}{name}.gz", None, download=download)
        content = read_content(path)
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
            raise DataFileError(
                f"{path} is not MNIST's {name}: its content has another checksum; remove it "
                "to download it again."
            )
        arrays[name] = parse_idx(content, str(path))
    images, labels, test_images, test_labels = arrays.values()
    kept = {
        size: integer(size, n, low=1, high=len(held))
        for size, n, held in (("n_train", n_train, labels), ("n_test", n_test, test_labels))
        if n is not None
    }
    train, test = slice(kept.get("n_train")), slice(kept.get("n_test"))
    return Dataset(
        x_train=_unit(images[train]),
        y_train=labels[train],
        x_test=_unit(test_images[test]),
        y_test=test_labels[test],
        n_classes=10,
        spec=DataSpec("mnist", kept),
    )


def fetch_cifar10(
    *, n_train: int | None = None, n_test: int | None = None, download: bool = True
) -> Dataset:
    """Fetch CIFAR-10: 50,000 training and 10,000 test images of 10 classes.

    The binary distribution, cifar-10-binary.tar.gz, is looked for in `$GENLAB_DATA_HOME`
    and its folder cifar, else downloaded into that folder, and its published MD5 sum is
    verified each time. `load_cifar` reads other files of the format.

    Parameters
    ----------
    n_train, n_test
        Number of images, the first ones of each set, at least 1; None takes all.
    download
        Whether a missing archive is downloaded.

    Returns
    -------
    Dataset
        Images of shape (3, 32, 32), planes red, green, blue, values from 0 to 1 as float32.

    Raises
    ------
    DataFileError
        Where the archive is missing and cannot be downloaded, or has another checksum.
    """
    sizes = {"n_train": n_train, "n_test": n_test}
    return _fetch_cifar("cifar-10-binary.tar.gz", 10, "cifar10", sizes, download)


def fetch_cifar100(
    *, n_train: int | None = None, n_test: int | None = None, download: bool = True
) -> Dataset:
    """Fetch CIFAR-100: as `fetch_cifar10`, with the 100 fine labels as classes."""
    sizes = {"n_train": n_train, "n_test": n_test}
    return _fetch_cifar("cifar-100-binary.tar.gz", 100, "cifar100", sizes, download)


def _fetch_cifar(
    archive: str, n_classes: int, name: str, sizes: dict[str, int | None], download: bool
) -> Dataset:
    md5 = _CIFAR[archive]
    path = _find("cifar", archive)
    if path is None:
        path = _download("cifar", _CIFAR_URL + archive, md5, download=download)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    if found.hexdigest() != md5:
        raise DataFileError(
            f"{path} is not the published archive: it has another checksum; remove it to "
            "download it again, or read it with load_cifar."
        )
    data = load_cifar(path, n_classes)
    kept = {
        size: integer(size, n, low=1, high=getattr(data, size))
        for size, n in sizes.items()
        if n is not None
    }
    # Whole arrays are passed on without a copy.
    parts = {
        f"{axis}_{part}": getattr(data, f"{axis}_{part}")[: kept[f"n_{part}"]]
        if f"n_{part}" in kept
        else getattr(data, f"{axis}_{part}")
        for part in ("train", "test")
        for axis in ("x", "y")
    }
    return Dataset(**parts, n_classes=n_classes, spec=DataSpec(name, kept))


def _unit(pixels: np.ndarray) -> np.ndarray:
    x = pixels.astype(np.float32)
    x /= 255
    x.flags.writeable = False
    return x


def _find(folder: str, *names: str) -> Path | None:
    for place in (data_home() / folder, data_home()):
        for name in names:
            if (place / name).is_file():
                return place / name
    return None


def _download(folder: str, url: str, md5: str | None, *, download: bool) -> Path:
    name = url.rsplit("/", 1)[1]
    place = data_home() / folder
    advice = (
        f"download {url} ({_SIZES[name]}) into {place}, or set $GENLAB_DATA_HOME to the folder "
        "that holds it"
    )
    if not download:
        raise DataFileError(f"{name} is not there: {advice}.")
    import pooch

    pooch.get_logger().setLevel("WARNING")
    try:
        return Path(
            pooch.retrieve(
                url,
                known_hash=None if md5 is None else f"md5:{md5}",
                path=place,
                fname=name,
                downloader=pooch.HTTPDownloader(timeout=_TIMEOUT),
            )
        )
    except (OSError, ValueError) as error:  # of the network, of the disk, of the checksum
        failed = f"{name} is not there, and the download failed ({type(error).__name__})"
        raise DataFileError(f"{failed}: {advice}.") from error
