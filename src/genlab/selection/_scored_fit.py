"""The cell of an estimator's trial: fitted to one split of the examples, and scored."""

from __future__ import annotations

import json
import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np
from jaxtyping import Float

from genlab._base import kinds, specs
from genlab.datasets import Dataset, DataSpec
from genlab.measure import Scored
from genlab.selection._scoring import Scoring, scoring_of
from genlab.sweep import EstimatorCell, EstimatorSpec, flat

#: Part of the identity of every such cell. Raised when the same spec gives other results.
SCORED_FIT_VERSION = 1


@final
@dataclass(frozen=True)
class ScoredFit:
    """An estimator, fitted once and scored: everything that decides its result.

    It is a `Cell` whose results are of type `FitScore`. The training examples of the data are
    fitted, and its test examples, which are those that validate, are scored.

    Parameters
    ----------
    data
        Spec of a split of the training examples.
    estimator
        The estimator with its parameters and seeds, as an `EstimatorSpec`.
    scoring
        Name of the score, as for `select`.
    """

    #: What its JSON is called.
    KIND: ClassVar[str] = "ScoredFit"
    #: It begins from no other cell, and is done in one step.
    start: ClassVar[None] = None
    steps: ClassVar[int] = 1

    data: DataSpec
    estimator: EstimatorSpec
    scoring: str = "error"

    @cached_property
    def _fit(self) -> EstimatorCell:
        """The cell of the same fit, which knows what it takes."""
        return EstimatorCell(self.data, self.estimator, 0)

    @property
    def brief(self) -> bool:
        """Whether its bits are the same in the caller's process: see `EstimatorCell.brief`."""
        return self._fit.brief

    @cached_property
    def key(self) -> str:
        """The cell's identity: SHA-256 of its JSON with the result version."""
        return self.key_of(self.to_dict())

    @classmethod
    def key_of(cls, values: Mapping[str, Any]) -> str:
        """The identity of the cell with this JSON, which is not checked."""
        return specs.sha256({"version": SCORED_FIT_VERSION, "cell": values})

    def to_dict(self) -> dict[str, Any]:
        """The cell as JSON values."""
        return {
            "kind": self.KIND,
            "data": specs.plain(self.data),
            "estimator": self.estimator.values,
            "versions": dict(self.estimator.versions),
            "scoring": self.scoring,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ScoredFit:
        """The cell that `to_dict` wrote.

        Its classes are imported where it runs, so give it only what you trust.
        """
        if values.get("kind") != cls.KIND:
            raise ValueError(f"`kind` must be {cls.KIND}, got {values.get('kind')!r}.")
        return cls(
            specs.from_dict(values["data"], {"DataSpec": DataSpec}),
            EstimatorSpec.from_dict(values["estimator"], values["versions"]),
            values["scoring"],
        )

    def check(self) -> None:
        """Raise ValueError where this process lacks its data or has other library versions."""
        self._fit.check()

    def work(self) -> float:
        """Number of values that are fitted and predicted: the largest cells run first."""
        return self._fit.work()

    def memory(self) -> float:
        """Estimate of the most bytes that a worker process holds while it runs this cell."""
        return self._fit.memory()

    def together_key(self) -> str | None:
        """None: each runs alone."""
        return None

    def most_together(self) -> int:
        """1: each runs alone."""
        return 1

    def run(self) -> FitScore:
        """Fit and score in this process."""
        self.estimator.check_versions()
        data = self.data.make()
        scoring = scoring_of(self.scoring, data)
        estimator = self.estimator.make()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            start = time.perf_counter()
            try:
                scored = fitted_score(
                    estimator,
                    scoring,
                    data,
                    (flat(data.x_train), data.y_train),
                    (flat(data.x_test), data.y_test),
                )
            except Exception as error:
                failed = failure(error)
                return FitScore(math.nan, np.zeros(0), math.nan, _since(start), failed)
            seconds = _since(start)
        warned = [(kinds.kind_of(one.category), str(one.message)) for one in caught[:1]]
        return FitScore(
            float(scored.value),
            np.asarray(scored.parts),
            float(scored.n_effective),
            seconds,
            warned=warned[0] if warned else ("", ""),
        )

    @classmethod
    def run_together(
        cls, cells: Sequence[ScoredFit], report: Callable[[int, float], None] | None = None
    ) -> list[FitScore]:
        """Run cells one after the other, in this process."""
        results = []
        for cell in cells:
            results.append(cell.run())
            if report is not None:
                report(len(results) // len(cells), math.nan)
        return results

    @classmethod
    def pack(cls, result: FitScore) -> bytes:
        """The result as bytes: a line of JSON, then each example's part."""
        header = {name: getattr(result, name) for name in _IN_HEADER}
        parts = result.parts.astype(result.parts.dtype.newbyteorder("<"))
        line = json.dumps({**header, "dtype": parts.dtype.str})
        return line.encode() + b"\n" + parts.tobytes()

    @classmethod
    def unpack(cls, packed: bytes) -> FitScore:
        """The result that `pack` wrote; ValueError where the bytes are not one."""
        line, _, rest = packed.partition(b"\n")
        try:
            values = json.loads(line)
            dtype = np.dtype(values.pop("dtype"))
            parts = np.frombuffer(rest, dtype).astype(dtype.newbyteorder("="))
            warned, other = values.pop("warned")
            return FitScore(**values, parts=parts, warned=(warned, other))
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(str(error)) from error

    @classmethod
    def environment(cls) -> dict[str, str]:
        """Versions and processor, on which a result's bits depend besides its spec."""
        return EstimatorCell.environment()

    @classmethod
    def diverged_at(cls, result: FitScore) -> int:  # noqa: ARG003
        """−1: a fit that fails says so in `FitScore.failed`."""
        return -1

    @classmethod
    def numbers(cls, result: FitScore) -> dict[str, Any]:
        """The score, and what failed."""
        return {"value": result.value, "failed": result.failed}


@dataclass(frozen=True, eq=False)
class FitScore:
    """The score of a fit.

    Attributes
    ----------
    value, parts, n_effective
        As in `genlab.measure.Scored`; NaN and empty where the fit failed.
    seconds
        Time of the fit and of what is predicted.
    failed
        What was raised, in a sentence; "" where nothing was.
    warned
        Kind and text of the first warning; both "" where there was none.
    """

    value: float
    parts: Float[np.ndarray, " n"]
    n_effective: float
    seconds: float
    failed: str = ""
    warned: tuple[str, str] = ("", "")

    @property
    def scored(self) -> Scored:
        """The score as the rest of a search takes it."""
        return Scored(self.value, self.parts, self.n_effective)


_IN_HEADER = ("value", "n_effective", "seconds", "failed", "warned")


def fitted_score(
    estimator: Any, scoring: Scoring, data: Dataset, fitted: Any, chosen_by: Any
) -> Scored:
    """Fit an estimator to some examples and score it on others, each as inputs and targets."""
    scoring.check_model(estimator)
    estimator.fit(*fitted)
    inputs, targets = chosen_by
    return scoring.of(estimator, inputs, targets, data.n_classes)


def failure(error: Exception) -> str:
    """What a trial says of an exception."""
    return f"{type(error).__name__}: {error}"


def _since(start: float) -> float:
    return time.perf_counter() - start
