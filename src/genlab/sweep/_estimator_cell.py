"""The cell of an estimator: fitted once to a sample of data, it predicts others."""

from __future__ import annotations

import json
import math
import platform
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar, final

import numpy as np
from jaxtyping import Bool, Float, Int

from genlab._base import specs, streams
from genlab._base.checks import boolean, integer
from genlab._base.environment import is_of_the_place, processor
from genlab.datasets import Dataset, DataSpec, check_held, part_sizes
from genlab.sweep._cell import Report
from genlab.sweep._estimator_spec import EstimatorSpec
from genlab.sweep._estimators import (
    checked_numbers,
    checked_predictions,
    flat,
    seed_estimator,
    weights_for_fit,
)

#: Part of the identity of every estimator cell. Raised when the same spec gives other results.
ESTIMATOR_RESULT_VERSION = 1

# Packages whose threads nobody can limit once they have started.
_THREADED = {"genlab", "jax", "torch", "skorch", "keras", "tensorflow"}
_THREADED |= {"xgboost", "lightgbm", "catboost"}

# What Python and its libraries take before any data.
_PROCESS = 500e6
# Copies of the data that a fit may make.
_COPIES = 4


@final
@dataclass(frozen=True)
class EstimatorCell:
    """An estimator, fitted once: everything that decides its result, and nothing else.

    It is a `Cell` whose results are of type `EstimatorResult`. The training examples of the data
    are fitted, its test examples are predicted: a `DataSpec` of a part of the data, such as
    "drawn", "fold" or "divided", says which they are. A fit or a prediction that raises is a
    result, too: it holds the sentence, is stored and counted, and stops nothing else.

    Parameters
    ----------
    data
        Spec of the data set.
    estimator
        An `EstimatorSpec`, or an estimator that is not fitted, which becomes one. Its class must
        be one that a worker process can import; nothing is pickled.
    seed
        Value of every `random_state`, at any depth, that is None.
    scoring
        Name of a scorer of scikit-learn, such as "roc_auc", which the result's scores are of;
        None takes the accuracy, for a regression R².
    probabilities
        Whether the log-probabilities of the classes are kept for the test examples.

    Raises
    ------
    TypeError, ValueError
        Where a value is not allowed, or the estimator cannot be written as JSON.

    >>> from genlab.datasets import make_mnist1d
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> cell = EstimatorCell(make_mnist1d(n_samples=100).spec, DecisionTreeClassifier(), seed=0)
    >>> EstimatorCell.from_dict(cell.to_dict()) == cell
    True
    >>> cell.run().test_predictions.shape
    (20,)
    """

    #: What its JSON is called.
    KIND: ClassVar[str] = "EstimatorCell"
    #: It begins from no other cell, and is done in one step.
    start: ClassVar[None] = None
    steps: ClassVar[int] = 1

    data: DataSpec
    estimator: EstimatorSpec
    seed: int
    scoring: str | None = None
    probabilities: bool = False
    repeat: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.data, DataSpec):
            raise TypeError(f"`data` must be a DataSpec, got {self.data!r}.")
        if not isinstance(self.estimator, EstimatorSpec):
            object.__setattr__(self, "estimator", EstimatorSpec.of(self.estimator))
        seed = integer("seed", self.seed, low=0, high=streams.MAX_SEED)
        object.__setattr__(self, "seed", seed)
        if self.scoring is not None:
            _check_scoring(self.scoring)
        probabilities = boolean("probabilities", self.probabilities)
        object.__setattr__(self, "probabilities", probabilities)
        object.__setattr__(self, "repeat", integer("repeat", self.repeat, low=0))
        self.data.check_importable()

    @property
    def brief(self) -> bool:
        """Whether it may run in the caller's process, where it takes milliseconds.

        Not where its library has threads of its own, on whose number the bits depend.
        """
        return not self.estimator.packages & _THREADED

    @cached_property
    def key(self) -> str:
        """The cell's identity: SHA-256 of its JSON with the result version."""
        return self.key_of(self.to_dict())

    @classmethod
    def key_of(cls, values: Mapping[str, Any]) -> str:
        """The identity of the cell with this JSON, which is not checked."""
        return specs.sha256({"version": ESTIMATOR_RESULT_VERSION, "cell": values})

    def to_dict(self) -> dict[str, Any]:
        """The cell as JSON values; without what has its default."""
        values = {
            "kind": self.KIND,
            "data": specs.plain(self.data),
            "estimator": self.estimator.values,
            "versions": dict(self.estimator.versions),
            "seed": self.seed,
        }
        if self.scoring is not None:
            values["scoring"] = self.scoring
        if self.probabilities:
            values["probabilities"] = True
        if self.repeat:
            values["repeat"] = self.repeat
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EstimatorCell:
        """The cell that `to_dict` wrote.

        Its classes are imported where it runs, so give it only what you trust.
        """
        if values.get("kind") != cls.KIND:
            raise ValueError(f"`kind` must be {cls.KIND}, got {values.get('kind')!r}.")
        names = ("scoring", "probabilities", "repeat")
        rest = {name: values[name] for name in names if name in values}
        return cls(
            specs.from_dict(values["data"], {"DataSpec": DataSpec}),
            EstimatorSpec.from_dict(values["estimator"], values["versions"]),
            values["seed"],
            **rest,
        )

    def check(self) -> None:
        """Raise ValueError where this process lacks its data or has other library versions."""
        check_held(self.data)
        self.estimator.check_versions()
        if part_sizes(self.data)[1] < 1:
            raise ValueError("`data` must have test examples, which are predicted, got none.")

    def work(self) -> float:
        """Number of values that are fitted and predicted: the largest cells run first."""
        return float(sum(part_sizes(self.data)) * _n_inputs(self.data))

    def memory(self) -> float:
        """Estimate of the most bytes that a worker process holds while it runs this cell."""
        whole = self.data.whole
        n = sum(part_sizes(self.data)) + (0 if whole is None else sum(part_sizes(whole)))
        return _PROCESS + 8.0 * _COPIES * n * _n_inputs(self.data)

    def together_key(self) -> str | None:
        """None: each runs alone."""
        return None

    def most_together(self) -> int:
        """1: each runs alone."""
        return 1

    def run(self) -> EstimatorResult:
        """Fit and predict in this process.

        The bits are those of any other run where this process computes on one thread, as the
        workers of `run_cells` do.
        """
        return _fitted(self)

    @classmethod
    def run_together(
        cls, cells: Sequence[EstimatorCell], report: Report | None = None
    ) -> list[EstimatorResult]:
        """Run cells one after the other, in this process."""
        results = []
        for cell in cells:
            results.append(cell.run())
            if report is not None:
                report(len(results) // len(cells), math.nan)
        return results

    @classmethod
    def pack(cls, result: EstimatorResult) -> bytes:
        """The result as bytes: a line of JSON, then the arrays."""
        arrays = {"test_predictions": result.test_predictions}
        if result.test_log_probabilities is not None:
            arrays["test_log_probabilities"] = result.test_log_probabilities
        if result.test_wrong is not None:
            arrays["test_wrong"] = np.packbits(result.test_wrong)
        if result.test_predictions.dtype.kind == "i":
            arrays["test_predictions"] = result.test_predictions.astype("<i2")
        header: dict[str, Any] = {name: getattr(result, name) for name in _NUMBERS}
        header |= {"failed": result.failed, "warned": result.warned}
        header["arrays"] = [
            [name, array.dtype.newbyteorder("<").str, list(array.shape)]
            for name, array in arrays.items()
        ]
        parts = [array.astype(array.dtype.newbyteorder("<")) for array in arrays.values()]
        return json.dumps(header).encode() + b"\n" + b"".join(part.tobytes() for part in parts)

    @classmethod
    def unpack(cls, packed: bytes) -> EstimatorResult:
        """The result that `pack` wrote; ValueError where the bytes are not one."""
        line, _, rest = packed.partition(b"\n")
        try:
            values = json.loads(line)
            place = 0
            for name, dtype, shape in values.pop("arrays"):
                n = math.prod(shape)
                array = np.frombuffer(rest, dtype, n, place).reshape(shape)
                place += n * array.itemsize
                values[name] = array.astype(np.dtype(dtype).newbyteorder("="))
            predicted = values["test_predictions"]
            if predicted.dtype.kind == "i":
                values["test_predictions"] = predicted.astype(np.int64)
            if "test_wrong" in values:
                wrong = np.unpackbits(values["test_wrong"], count=len(predicted))
                values["test_wrong"] = wrong.astype(bool)
            return EstimatorResult(**values)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(str(error)) from error

    @classmethod
    def environment(cls) -> dict[str, str]:
        """Versions and processor, on which a result's bits depend besides its spec."""
        import scipy
        import sklearn

        modules = {m.__name__: m.__version__ for m in (np, scipy, sklearn)}
        return {**modules, "python": platform.python_version(), "processor": processor()}

    @classmethod
    def diverged_at(cls, result: EstimatorResult) -> int:  # noqa: ARG003
        """−1: a fit that fails says so in `EstimatorResult.failed`."""
        return -1

    @classmethod
    def numbers(cls, result: EstimatorResult) -> dict[str, Any]:
        """The errors and scores, and what failed or warned."""
        names = ("train_error", "test_error", "train_score", "test_score", "failed", "warned")
        return {name: getattr(result, name) for name in names}


_NUMBERS = ("train_error", "test_error", "train_score", "test_score", "seconds")


@dataclass(frozen=True, eq=False)
class EstimatorResult:
    """What an estimator predicted after a fit.

    Attributes
    ----------
    test_predictions
        Predicted label or number of each test example; without any where the fit failed.
    train_error, test_error
        Fraction of examples misclassified, from 0 to 1; for a regression 1 − R², the fraction of
        variance unexplained. NaN where the fit failed.
    train_score, test_score
        The score that the cell names, else the accuracy or R²: to the last bit what scikit-learn
        gives. NaN where the fit failed.
    seconds
        Time of the fit.
    test_wrong
        Whether each test example is misclassified; None for a regression.
    test_log_probabilities
        Logarithm of each class's probability, −inf for a class that was not fitted; None where
        the cell keeps none.
    failed
        What was raised, in a sentence; "" where nothing was.
    warned
        The first warning of the fit; "" where there was none.
    """

    test_predictions: Int[np.ndarray, " n_test"] | Float[np.ndarray, " n_test"]
    train_error: float
    test_error: float
    train_score: float
    test_score: float
    seconds: float
    test_wrong: Bool[np.ndarray, " n_test"] | None = None
    test_log_probabilities: Float[np.ndarray, "n_test classes"] | None = None
    failed: str = ""
    warned: str = ""


def _fitted(cell: EstimatorCell) -> EstimatorResult:
    cell.estimator.check_versions()
    data = cell.data.make()
    estimator = seed_estimator(cell.estimator.make(), cell.seed)
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            weights = weights_for_fit(estimator, data.sample_weight)
            x_train, x_test = flat(data.x_train), flat(data.x_test)
            estimator.fit(x_train, data.y_train, **weights)
            seconds = time.perf_counter() - start
            values = _outcomes(cell, estimator, data, x_train, x_test)
        except Exception as error:
            if is_of_the_place(error):
                raise  # no result of the cell, which another machine may have
            nan = math.nan
            sentence = " ".join(f"{type(error).__name__}: {error}".split())
            return EstimatorResult(
                np.zeros(0), nan, nan, nan, nan, time.perf_counter() - start, failed=sentence
            )
    first = caught[0] if caught else None
    warned = f"{first.category.__name__}: {first.message}" if first else ""
    return EstimatorResult(**values, seconds=seconds, warned=" ".join(warned.split()))


def _outcomes(
    cell: EstimatorCell, estimator: Any, data: Dataset, x_train: Any, x_test: Any
) -> dict[str, Any]:
    """What a fitted estimator predicts, its errors and its scores."""
    values: dict[str, Any] = {}
    for part, x, y in (("test", x_test, data.y_test), ("train", x_train, data.y_train)):
        predicted = estimator.predict(x)
        if data.task == "regression":
            numbers = checked_numbers(predicted, len(y))
            error, score = _unexplained(y, numbers)
        else:
            numbers = checked_predictions(predicted, len(y), data.n_classes)
            n_wrong = int(np.count_nonzero(numbers != y))
            error, score = n_wrong / len(y), (len(y) - n_wrong) / len(y)
        if cell.scoring is not None:
            score = _score(cell.scoring, estimator, x, y)
        values |= {f"{part}_error": error, f"{part}_score": score}
        if part == "test":
            values["test_predictions"] = numbers
            if data.task != "regression":
                values["test_wrong"] = numbers != y
    if cell.probabilities:
        if data.task == "regression":
            raise ValueError("a regression has no classes, and so no probabilities.")
        values["test_log_probabilities"] = _log_probabilities(estimator, x_test, data.n_classes)
    return values


def _unexplained(
    y: Float[np.ndarray, " n"], predicted: Float[np.ndarray, " n"]
) -> tuple[float, float]:
    """1 − R² and R²; NaN where the targets are all the same, and R² has no value."""
    if len(y) < 2:
        return math.nan, math.nan
    score = _r_squared(y, predicted)
    about = float(((y - y.mean()) ** 2).sum())
    if about == 0:
        return math.nan, score
    return float(((y - predicted) ** 2).sum()) / about, score


def _r_squared(y: Float[np.ndarray, " n"], predicted: Float[np.ndarray, " n"]) -> float:
    """R², to the last bit what scikit-learn's `r2_score` gives, without the time of its checks."""
    y, predicted = y[:, None], predicted[:, None]
    unexplained = float(((y - predicted) ** 2).sum(axis=0)[0])
    about = float(((y - np.average(y, axis=0)) ** 2).sum(axis=0)[0])
    if about == 0:
        return float(unexplained == 0)
    return 1 - unexplained / about


def _score(name: str, estimator: Any, x: Any, y: np.ndarray) -> float:
    from sklearn.metrics import get_scorer

    return float(get_scorer(name)(estimator, x, y))


def _check_scoring(name: Any) -> None:
    from sklearn.metrics import get_scorer_names

    if not isinstance(name, str) or name not in get_scorer_names():
        raise ValueError(
            "`scoring` must be the name of a scorer of scikit-learn, such as 'roc_auc' "
            f"(sklearn.metrics.get_scorer_names() lists them), or None, got {name!r}."
        )


def _log_probabilities(estimator: Any, x: Any, n_classes: int) -> Float[np.ndarray, "n classes"]:
    """Log-probabilities with a column for each class."""
    classes = np.asarray(getattr(estimator, "classes_", np.arange(n_classes)))
    if hasattr(estimator, "predict_log_proba"):
        with np.errstate(divide="ignore"):
            given = np.asarray(estimator.predict_log_proba(x), np.float64)
    elif hasattr(estimator, "predict_proba"):
        with np.errstate(divide="ignore", invalid="ignore"):
            given = np.log(np.asarray(estimator.predict_proba(x), np.float64))
    else:
        raise ValueError(f"{type(estimator).__name__} gives no probabilities.")
    if n_nan := np.count_nonzero(np.isnan(given)):
        raise ValueError(f"probabilities must be from 0 to 1, got {n_nan} below 0 or NaN.")
    if given.shape != (x.shape[0], len(classes)):
        raise ValueError(
            f"probabilities must have one row per example and one column for each of "
            f"{len(classes)} classes, got shape {given.shape}."
        )
    columns = np.full((x.shape[0], n_classes), -np.inf)
    columns[:, checked_predictions(classes, len(classes), n_classes)] = given
    return columns


@lru_cache(maxsize=10_000)
def _n_inputs(spec: DataSpec) -> int:
    """Number of inputs of an example; a part has those of the whole."""
    whole = spec.whole
    return math.prod(spec.make().input_shape) if whole is None else _n_inputs(whole)
