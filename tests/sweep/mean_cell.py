"""A kind of cell that is no network: the mean of a sample, by NumPy alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class MeanCell:
    """The mean of `n` normal numbers with mean `mean` and standard deviation 1."""

    mean: float
    n: int
    seed: int
    folder: str = ""  # where each run leaves a file, so that a test may count runs

    start = None
    steps = 2

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict:
        return {"kind": f"{__name__}:MeanCell", **asdict(self)}

    @classmethod
    def from_dict(cls, values) -> MeanCell:
        return cls(**{name: value for name, value in values.items() if name != "kind"})

    def check(self) -> None:
        if self.n < 1:
            raise ValueError(f"`n` must be at least 1, got {self.n}.")

    def work(self) -> float:
        return float(self.n)

    def memory(self) -> float:
        return 1e8 + 8.0 * self.n

    def together_key(self) -> None:
        return None

    def most_together(self) -> int:
        return 1

    @classmethod
    def run_together(cls, cells, report=None) -> list[np.ndarray]:
        return [cell.fit(report) for cell in cells]

    def fit(self, report=None) -> np.ndarray:
        if self.folder:
            with open(f"{self.folder}/{self.key}", "a") as file:
                file.write("run\n")
        if self.seed < 0:
            raise ArithmeticError("a negative seed")
        sample = np.random.default_rng(self.seed).normal(self.mean, size=self.n)
        if report is not None:
            report(1, float("nan"))
        return np.array([sample.mean(), sample.std(ddof=1) / np.sqrt(self.n)])

    @classmethod
    def pack(cls, result) -> bytes:
        return result.astype("<f8").tobytes()

    @classmethod
    def unpack(cls, packed) -> np.ndarray:
        if len(packed) != 16:
            raise ValueError(f"two numbers must have 16 bytes, got {len(packed)}")
        return np.frombuffer(packed, "<f8")

    @classmethod
    def diverged_at(cls, result) -> int:
        return -1


class Renamed(MeanCell):
    """Says that it is what it is not, so a worker would run another class."""
