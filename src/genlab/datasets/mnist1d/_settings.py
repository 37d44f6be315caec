"""Arguments of MNIST-1D, checked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from genlab._base.checks import boolean, integer, real
from genlab.datasets.mnist1d._templates import MNIST1D_CLASSES, TEMPLATE_LENGTH


@dataclass(frozen=True)
class MNIST1DSettings:
    """Parameters of the distribution of MNIST-1D and its seed; see `make_mnist1d`."""

    padding: tuple[int, int] = (36, 60)
    scale_coeff: float = 0.4
    max_translation: int = 48
    corr_noise_scale: float = 0.25
    iid_noise_scale: float = 0.02
    shear_scale: float = 0.75
    shuffle_seq: bool = False
    final_seq_length: int = 40
    seed: int = 42

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("padding", _checked_padding(self.padding))
        put("max_translation", integer("max_translation", self.max_translation, low=1))
        for name in ("scale_coeff", "corr_noise_scale", "iid_noise_scale", "shear_scale"):
            put(name, real(name, getattr(self, name), low=0))
        put("shuffle_seq", boolean("shuffle_seq", self.shuffle_seq))
        put("final_seq_length", integer("final_seq_length", self.final_seq_length, low=2))
        put("seed", integer("seed", self.seed, low=0, high=2**32 - 1))

    @property
    def length(self) -> int:
        """Number of points of a signal before it is subsampled."""
        return TEMPLATE_LENGTH + self.padding[1]

    def arguments(self, n_samples: int, train_split: float, method: str) -> dict[str, Any]:
        """The arguments of `make_mnist1d` for a set with these settings, as JSON values."""
        return {
            "n_samples": int(n_samples),
            "train_split": float(train_split),
            **asdict(self),
            "padding": list(self.padding),
            "method": method,
        }


def n_examples(n_samples: int) -> int:
    """Number of examples that are made for `n_samples`: the same number of each class."""
    n_samples = integer("n_samples", n_samples, low=len(MNIST1D_CLASSES))
    return n_samples // len(MNIST1D_CLASSES) * len(MNIST1D_CLASSES)


def n_train(n: int, train_split: float) -> int:
    """Number of training examples among n; ValueError where a set would be empty."""
    n_train = int(n * real("train_split", train_split, low=0, high=1))
    if not 0 < n_train < n:
        raise ValueError(
            f"`train_split` must leave at least one training and one test example of {n}, "
            f"got {train_split!r}."
        )
    return n_train


def checked_chunks(n: int, chunk_size: int, jobs: int) -> tuple[int, int, int]:
    """The three arguments as integers, each at least 1."""
    return (
        integer("n", n, low=1),
        integer("chunk_size", chunk_size, low=1),
        integer("jobs", jobs, low=1),
    )


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
