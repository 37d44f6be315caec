"""Learning and capacity curves of estimators beside scikit-learn's, in time and in every bit."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn import model_selection
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from benchmarks._row import row
from genlab.datasets import Dataset
from genlab.studies import capacity_curve, learning_curve

ROUNDS = 3
SIZES = np.linspace(0.1, 1.0, 5)
LEAVES = (4, 8, 16, 32, 64)
ESTIMATORS = {
    "a tree": DecisionTreeClassifier(random_state=0),
    "a forest of 100 trees": RandomForestClassifier(random_state=0),
}


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table: times in scikit-learn's, on one core and on all."""
    x, y = load_digits(return_X_y=True)
    data, cv = Dataset(x, y, x[:0], y[:0]), model_selection.StratifiedKFold(5)
    rows = []
    for name, estimator in ESTIMATORS.items():

        def theirs_learning(of: Any = estimator, jobs: int | None = None) -> np.ndarray:
            found = model_selection.learning_curve(of, x, y, train_sizes=SIZES, cv=cv, n_jobs=jobs)
            return np.asarray(found[2])

        def ours_learning(store: str, of: Any = estimator) -> np.ndarray:
            return learning_curve(of, data, sizes=SIZES.tolist(), cv=cv, store=store).scores()

        def theirs_capacity(of: Any = estimator, jobs: int | None = None) -> np.ndarray:
            grid = {"param_name": "max_leaf_nodes", "param_range": LEAVES}
            return np.asarray(
                model_selection.validation_curve(of, x, y, **grid, cv=cv, n_jobs=jobs)[1]
            )

        def ours_capacity(store: str, of: Any = estimator) -> np.ndarray:
            curve = capacity_curve(of, LEAVES, data, parameter="max_leaf_nodes", cv=cv, store=store)
            return curve.scores()

        for what, theirs, ours in (
            ("learning curve", theirs_learning, ours_learning),
            ("capacity curve", theirs_capacity, ours_capacity),
        ):
            rows += _compared(f"{what} of {name}", theirs, ours)
    return rows


def _compared(
    what: str, theirs: Callable[..., np.ndarray], ours: Callable[[str], np.ndarray]
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        ours(os.path.join(folder, "warm.db"))  # what is imported by the first call alone
    ratios, in_parallel, again = [], [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            stored = partial(ours, os.path.join(folder, "s.db"))
            seconds, mine = _timed(stored)
            second, kept = _timed(stored)
        alone, scores = _timed(theirs)
        parallel, _ = _timed(partial(theirs, jobs=-1))
        if not (np.array_equal(mine, scores) and np.array_equal(kept, scores)):
            raise AssertionError(f"{what}: the scores differ from scikit-learn's")
        ratios.append(seconds / alone)
        in_parallel.append(seconds / parallel)
        again.append(second / alone)
    return [
        row(f"{what}: time in scikit-learn's", ratios, most=1.1),
        row(f"{what}: time in scikit-learn's with n_jobs=-1", in_parallel),
        row(f"{what}: time of the second call in scikit-learn's", again),
    ]


def _timed(run: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    start = time.perf_counter()
    found = run()
    return time.perf_counter() - start, found
